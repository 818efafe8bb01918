from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature

from tocsin.core.errors import Rejected
from tocsin.core.ids import PictureHash
from tocsin.edge import signing

HASH = PictureHash("ab" * 32)


def test_the_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "box" / "key.pem"
    first = signing.public_bytes(signing.load_or_make(path))
    assert signing.public_bytes(signing.load_or_make(path)) == first
    assert path.stat().st_mode & 0o077 == 0


def test_a_signature_holds_for_its_picture_only(tmp_path: Path) -> None:
    key = signing.load_or_make(tmp_path / "key.pem")
    signature = signing.sign(key, HASH)
    signing.verify(signing.public_bytes(key), HASH, signature)
    with pytest.raises(InvalidSignature):
        signing.verify(signing.public_bytes(key), PictureHash("cd" * 32), signature)


def test_a_file_that_is_no_key_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("nonsense")
    with pytest.raises(Rejected, match=r"key\.pem"):
        signing.load_or_make(tmp_path / "key.pem")
