"""Acts that a phone signed while it had no network: whose key, over what, and that it is the key's signature.

That an act is never taken twice is said where it is committed: the counter rises in the same transaction.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from fastapi import Request

from tocsin.alerts.proof_ports import ProofStore
from tocsin.alerts.proving import NOTHING, Shown
from tocsin.core.errors import Rejected
from tocsin.core.ids import PersonId

COUNTER_MAX: Final = 2**53
"""What a browser's number can count."""
_PHONE: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_RAW_BYTES: Final = 64
"""Browsers give r and s side by side, other programs DER."""


def public_key(text: str) -> bytes:
    """Read the key of a phone; gives it as it is kept.

    Raises `Rejected` (`phone.key`) unless it is a point of P-256 as SubjectPublicKeyInfo in base64.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if _key(raw) is None:
        raise Rejected(
            "phone.key",
            "send the public key as ECDSA P-256, SubjectPublicKeyInfo, base64: WebCrypto's `spki`",
        )
    return raw


def _key(raw: bytes) -> ec.EllipticCurvePublicKey | None:
    try:
        key = load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1" else None


def fits(key: bytes, signature: str, message: bytes) -> bool:
    """Say whether a signature in base64, raw or DER, is the key's over a message."""
    try:
        given = base64.b64decode(signature, validate=True)
    except ValueError:
        return False
    if len(given) == _RAW_BYTES:
        half = _RAW_BYTES // 2
        given = utils.encode_dss_signature(
            int.from_bytes(given[:half], "big"), int.from_bytes(given[half:], "big")
        )
    known = _key(key)
    if known is None:
        return False
    try:
        known.verify(given, message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


async def signed(request: Request, proofs: ProofStore, person: PersonId) -> Shown:
    """Check the signature that a request carries; nothing is shown when it carries none.

    Raises `Rejected` (`act.signature`, `act.phone`).
    """
    phone = request.headers.get("x-act-phone", "")
    counter = request.headers.get("x-act-counter", "")
    signature = request.headers.get("x-act-signature", "")
    if not (phone or counter or signature):
        return NOTHING
    if not (_PHONE.fullmatch(phone) and counter.isdecimal() and len(counter) <= 16 and len(signature) <= 200):
        raise _unsigned()
    number = int(counter)
    known = await proofs.phone(phone)
    if known is None or known.person != person or known.revoked is not None:
        raise Rejected(
            "act.phone", "this phone is not known for you, or was taken out of use: sign in on it again"
        )
    body = await request.body()
    message = f"{number}\n{_claimed(body)}\n{request.method} {request.url.path}\n".encode() + body
    if not 1 <= number <= COUNTER_MAX or not fits(known.public_key, signature, message):
        raise _unsigned()
    return Shown(phone=phone, counter=number)


def _claimed(body: bytes) -> str:
    """Give `at` as the body spells it; empty when it has none."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return ""
    at = parsed.get("at") if isinstance(parsed, dict) else None
    return at if isinstance(at, str) else ""


def _unsigned() -> Rejected:
    return Rejected(
        "act.signature",
        "the signature does not fit this act: sign `<counter>`, `at`, `<METHOD> <path>` and the body as sent, each on a line of its own",
    )
