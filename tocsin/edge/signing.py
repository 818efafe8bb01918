"""The box's own key: signs the hash of every picture, so that evidence can be traced to the box."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tocsin.core.errors import Rejected
from tocsin.core.ids import PictureHash


def load_or_make(path: Path) -> Ed25519PrivateKey:
    """Read the private key; make one, readable by its owner only, where there is none.

    Raises `Rejected` (`key.file`).
    """
    try:
        if not path.exists():
            return _make(path)
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Rejected("key.file", f"cannot use the signing key {path}: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Rejected(
            "key.file", f"the signing key {path} is no Ed25519 key: remove it, the box makes a new one"
        )
    return key


def _make(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    return key


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """Give the 32 bytes by which the centre knows the box."""
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def sign(key: Ed25519PrivateKey, sha256: PictureHash) -> bytes:
    """Sign the 32 bytes of a picture's hash."""
    return key.sign(bytes.fromhex(sha256))


def verify(public: bytes, sha256: PictureHash, signature: bytes) -> None:
    """Check a signature; raises `cryptography.exceptions.InvalidSignature`."""
    Ed25519PublicKey.from_public_bytes(public).verify(signature, bytes.fromhex(sha256))
