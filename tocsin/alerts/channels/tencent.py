"""The signature of calls to Tencent Cloud (腾讯云), TC3-HMAC-SHA256.

cloud.tencent.com/document/api/382/52071 (签名方法 v3).
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Final

ALGORITHM: Final = "TC3-HMAC-SHA256"
SIGNED: Final = "content-type;host"


def authorise(
    secret_id: str,
    secret: str,
    *,
    host: str,
    service: str,
    content_type: str,
    body: bytes,
    at: datetime,
) -> str:
    """Give the `Authorization` of a POST to `/`."""
    seconds, day = int(at.timestamp()), at.strftime("%Y-%m-%d")
    lines = f"content-type:{content_type}\nhost:{host}\n"
    request = "\n".join(("POST", "/", "", lines, SIGNED, _hash(body)))
    scope = f"{day}/{service}/tc3_request"
    text = "\n".join((ALGORITHM, str(seconds), scope, _hash(request.encode())))
    key = f"TC3{secret}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={SIGNED}, Signature={signature}"


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
