"""Phones whose signature is believed: registered by whoever is signed in on them, ended by them or an administrator."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Response

from tocsin.alerts.proof_ports import PhoneKey
from tocsin.api.access import Access, Caller, Responder
from tocsin.api.deps import Deps
from tocsin.api.params import NAME
from tocsin.api.schemas.proofs import PhoneBody, PhoneMade
from tocsin.api.signing import public_key
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import new_id
from tocsin.town.ports import Role

router = APIRouter(prefix="/api/phones", tags=["phones"])

PHONES_MAX: Final = 5
"""Phones of one person at a time: their own, the one of the post, and room for a new one."""

Owner = Annotated[Caller, Depends(Access(Role.RESPONDER, Role.ADMINISTRATOR))]
PhonePath = Annotated[str, Path(description="The phone's id.", min_length=1, max_length=64, pattern=NAME)]


@router.post("", operation_id="addPhone", summary="This phone signs", status_code=201)
async def add_phone(body: PhoneBody, caller: Responder, deps: Deps) -> PhoneMade:
    """Register the key of the caller's phone: acts that it signs are believed to be theirs and of their time."""
    phone = PhoneKey(
        id=new_id(),
        person=caller.person,
        public_key=public_key(body.public_key),
        name=body.name,
        made=deps.clock.now(),
    )
    if not await deps.proofs.add_phone(phone, PHONES_MAX):
        raise Rejected(
            "phone.too_many",
            f"you have {PHONES_MAX} phones already: sign out on one that you no longer use, or ask the administrator",
        )
    return PhoneMade(phone=phone.id)


@router.delete("/{phone}", operation_id="endPhone", summary="This phone signs no more", status_code=204)
async def end_phone(phone: PhonePath, caller: Owner, deps: Deps) -> Response:
    """End a phone's key: the caller's own, or as administrator anybody's."""
    whose = None if caller.role is Role.ADMINISTRATOR else caller.person
    if not await deps.proofs.revoke_phone(phone, whose):
        raise NotFound("phone.unknown", f"there is no phone {phone[:64]} of yours")
    return Response(status_code=204)
