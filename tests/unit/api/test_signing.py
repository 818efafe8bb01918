from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.requests import Request

from tests.support.api import CHEN, START, WANG, World
from tocsin.alerts.proof_ports import PhoneKey
from tocsin.alerts.proving import NOTHING, Shown
from tocsin.api.signing import fits, public_key, signed
from tocsin.core.errors import Rejected

KEY = ec.generate_private_key(ec.SECP256R1())
PATH = "/api/incidents/incident-smoke/arrive"
BODY = json.dumps({"act": "act-0001", "at": "2026-11-22T14:00:00.000Z"})


def spki(key: Any = KEY) -> bytes:
    found: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found


def sign(message: str, key: Any = KEY, *, raw: bool = True) -> str:
    der = key.sign(message.encode(), ec.ECDSA(SHA256()))
    if raw:
        r, s = utils.decode_dss_signature(der)
        der = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return base64.b64encode(der).decode()


def message(
    counter: int = 1, at: str = "2026-11-22T14:00:00.000Z", path: str = PATH, body: str = BODY
) -> str:
    return f"{counter}\n{at}\nPOST {path}\n{body}"


def request(headers: dict[str, str], body: str = BODY, path: str = PATH) -> Request:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body.encode(), "more_body": False}

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    return Request(scope, receive)


def carried(signature: str, *, counter: str = "1", phone: str = "phone-1") -> dict[str, str]:
    return {"X-Act-Phone": phone, "X-Act-Counter": counter, "X-Act-Signature": signature}


async def world(**changed: Any) -> World:
    made = World()
    key = {"id": "phone-1", "person": WANG, "public_key": spki(), "name": "", "made": START, **changed}
    assert await made.proofs.add_phone(PhoneKey(**key), 5)
    return made


def test_key_is_read_as_browsers_export_it() -> None:
    assert public_key(base64.b64encode(spki()).decode()) == spki()


@pytest.mark.parametrize(
    "text",
    [
        "%%%%",
        base64.b64encode(b"x" * 91).decode(),
        base64.b64encode(spki(ec.generate_private_key(ec.SECP384R1()))).decode(),
    ],
)
def test_other_keys_are_refused(text: str) -> None:
    with pytest.raises(Rejected) as caught:
        public_key(text)
    assert caught.value.code == "phone.key"


@pytest.mark.parametrize("raw", [True, False])
def test_signature_fits_as_browsers_and_as_other_programs_write_it(*, raw: bool) -> None:
    assert fits(spki(), sign("hello", raw=raw), b"hello")
    assert not fits(spki(), sign("hello", raw=raw), b"hell0")
    assert not fits(b"no key", sign("hello", raw=raw), b"hello")


@pytest.mark.parametrize("text", ["", "%", "é", "AAAA", base64.b64encode(b"\x00" * 64).decode()])
def test_what_is_no_signature_fits_nothing(text: str) -> None:
    assert not fits(spki(), text, b"hello")


async def test_act_without_headers_is_unsigned_and_taken() -> None:
    made = World()
    assert await signed(request({}), made.proofs, WANG) == NOTHING


async def test_signed_act_names_its_phone_and_counter() -> None:
    made = await world()
    shown = await signed(request(carried(sign(message()))), made.proofs, WANG)
    assert shown == Shown(phone="phone-1", counter=1)


@pytest.mark.parametrize("body", ["[]", "{}", "no json", '{"at": 5}'])
async def test_body_without_an_instant_is_signed_with_an_empty_line(body: str) -> None:
    made = await world()
    headers = carried(sign(message(at="", body=body)))
    assert await signed(request(headers, body), made.proofs, WANG) != NOTHING


@pytest.mark.parametrize(
    "headers",
    [
        carried(sign(message(counter=2))),
        carried(sign(message(at="2026-11-22T13:00:00.000Z"))),
        carried(sign(message(path="/api/incidents/incident-flood/arrive"))),
        carried(sign(message(body=BODY.replace("0001", "0002")))),
        carried(sign(message(), ec.generate_private_key(ec.SECP256R1()))),
        carried(sign(message(counter=0)), counter="0"),
        carried(sign(message()), counter="-1"),
        carried(sign(message()), counter="9" * 17),
        carried("x" * 300),
        {"X-Act-Phone": "phone-1"},
    ],
)
async def test_signature_over_anything_else_is_refused(headers: dict[str, str]) -> None:
    made = await world()
    with pytest.raises(Rejected) as caught:
        await signed(request(headers), made.proofs, WANG)
    assert caught.value.code == "act.signature"


@pytest.mark.parametrize("changed", [{"person": CHEN}, {"revoked": START}, {"id": "phone-2"}])
async def test_phone_of_another_or_out_of_use_signs_nothing(changed: dict[str, object]) -> None:
    made = await world(**changed)
    with pytest.raises(Rejected) as caught:
        await signed(request(carried(sign(message()))), made.proofs, WANG)
    assert caught.value.code == "act.phone"
