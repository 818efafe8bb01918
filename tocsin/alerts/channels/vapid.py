"""The key by which push services know us (VAPID, RFC 8292), and the tokens it signs.

The key is made once and kept in a file beside the data, readable by its owner alone: browsers subscribe
for this key, so that with another one all of them must subscribe anew.
"""

from __future__ import annotations

import base64
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

TOKEN_VALID: Final = timedelta(hours=12)
"""A push service refuses a token that ends more than 24 hours from now."""
FILE_BYTES_MAX: Final = 8192


@dataclass(frozen=True, slots=True)
class VapidKeys:
    """A key pair on the curve P-256."""

    private: ec.EllipticCurvePrivateKey
    public: str
    """Base64url of the uncompressed point: what a page subscribes with (`applicationServerKey`)."""

    def token(self, audience: str, contact: str, now: datetime) -> str:
        """Sign that we are who may push to `audience`, the origin of a push service."""
        claims = {"aud": audience, "exp": int((now + TOKEN_VALID).timestamp()), "sub": contact}
        key = ECKey.import_key(_pem(self.private))
        return jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, key)


def vapid_keys(path: Path) -> VapidKeys:
    """Read the key from its file, or make it there when there is no file.

    Two processes that start at one time end with the same key. Raises `ValueError` with a sentence when the
    file holds something else or cannot be read or written.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ValueError(f"key_file: {path} cannot be read ({error.strerror})") from error
    try:
        _make(path)
        return _read(path)
    except OSError as error:
        raise ValueError(
            f"key_file: {path} cannot be written ({error.strerror}): make its folder writable, or name another"
        ) from error


def _read(path: Path) -> VapidKeys:
    with path.open("rb") as opened:
        raw = opened.read(FILE_BYTES_MAX)
    try:
        key = serialization.load_pem_private_key(raw, password=None)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"key_file: {path} holds no private key in PEM: move it away and a new one is made"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError(  # noqa: TRY004 a fault of the settings, not of a type
            f"key_file: {path} holds no key on the curve P-256: move it away and a new one is made"
        )
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return VapidKeys(key, base64.urlsafe_b64encode(point).rstrip(b"=").decode())


def _make(path: Path) -> None:
    """Write a new key under another name and link it: whoever links first wins, nobody reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        own.unlink()
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(_pem(ec.generate_private_key(ec.SECP256R1())))
        opened.flush()
        os.fsync(opened.fileno())
    with suppress(FileExistsError):
        os.link(own, path)
    own.unlink()


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
