from pathlib import Path

import pytest
from pydantic import SecretStr

from tocsin.alerts.channels.secret import SECRET_BYTES_MAX, needed, one_of, read_secret


def test_a_secret_is_read_without_white_space(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(" s3cret\n")
    assert read_secret("key", None, file) == "s3cret"
    assert read_secret("key", SecretStr("in place"), None) == "in place"
    assert read_secret("key", None, None) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot be read"), (b"", "is empty"), (b"\xff\xfe", "not UTF-8"), (b"a" * 5000, "larger than")],
)
def test_a_file_that_holds_no_secret_is_told_in_a_sentence(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError, match=words) as told:
        read_secret("key", None, file)
    assert "key_file" in str(told.value)
    assert SECRET_BYTES_MAX < 5000


def test_a_secret_given_twice_or_not_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="not both"):
        one_of("key", SecretStr("a"), Path("b"))
    with pytest.raises(ValueError, match="set key_file"):
        needed("key", None, None)
    assert needed("key", SecretStr("a"), None) == "a"
