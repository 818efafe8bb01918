"""Codes that hang at places, as QR or on an NFC tag: made, listed, taken out of use."""

import io
from typing import Annotated, Final

import segno
from fastapi import APIRouter, Path, Response

from tocsin.alerts.proof_ports import PlaceTag
from tocsin.alerts.proving import new_tag
from tocsin.api import views
from tocsin.api.access import FieldKeeper, Staff, within
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.params import NAME
from tocsin.api.schemas.proofs import TagBody, TagList, TagMade, TagView
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import DeviceId, GridCode, collector_of

router = APIRouter(prefix="/api/tags", tags=["tags"])

DEVICES_MOST: Final = 5000
"""Devices of one collector that are looked through."""

TagPath = Annotated[str, Path(description="The code's id.", min_length=1, max_length=64, pattern=NAME)]


@router.get("", operation_id="listTags", summary="Codes at places")
async def list_tags(caller: Staff, deps: Deps) -> TagList:
    """List the codes of the caller's scope, those out of use too; never their secrets."""
    return TagList(items=[_view(tag) for tag in await deps.proofs.tags(caller.scope)], now=deps.clock.now())


@router.post("", operation_id="addTag", summary="A new code for a place", status_code=201)
async def add_tag(body: TagBody, caller: FieldKeeper, deps: Deps) -> TagMade:
    """Make a code for a place; its address is shown once, for printing and for an NFC tag."""
    if not deps.config.public_url:
        raise Rejected(
            "tag.address", "a code needs an address to lead to: set api.public_url first, with https"
        )
    grid = await deps.town.grid(GridCode(body.grid))
    if grid is None or not within(caller.scope, grid.path):
        raise NotFound("grid.unknown", f"there is no grid {body.grid} in your scope")
    device = None if body.device is None else DeviceId(body.device)
    if device is not None and not await _known(deps, caller.scope, device):
        raise NotFound("device.unknown", f"there is no device {device[:130]} in your scope")
    tag, secret, hashed = new_tag(
        grid.code, body.name, device=device, made=deps.clock.now(), made_by=caller.person
    )
    await deps.proofs.add_tag(tag, hashed)
    address = f"{deps.config.public_url}/tag/{secret}"
    return TagMade(id=tag.id, address=address, svg=as_svg(address))


@router.post("/{tag}/revoke", operation_id="revokeTag", summary="Take a code out of use", status_code=204)
async def revoke_tag(tag: TagPath, caller: FieldKeeper, deps: Deps) -> Response:
    """Take a code out of use: who shows it proves nothing any more."""
    if not await deps.proofs.revoke_tag(caller.scope, tag):
        raise NotFound("tag.missing", f"there is no code {tag[:64]} in your scope")
    return Response(status_code=204)


async def _known(deps: ApiDeps, scope: str, device: DeviceId) -> bool:
    """Say whether a device stands in a scope: a code proves an arrival wherever its device does."""
    found = await deps.field.devices(scope, collector=collector_of(device), most=DEVICES_MOST)
    return any(one.id == device for one in found)


def as_svg(address: str) -> str:
    """Draw an address as a QR code that bears a scratch: a quarter of it may be lost."""
    drawn = io.BytesIO()
    segno.make(address, error="q", micro=False).save(drawn, kind="svg", scale=8, border=4)
    return drawn.getvalue().decode()


def _view(tag: PlaceTag) -> TagView:
    return TagView(
        id=tag.id,
        grid=tag.grid,
        device=tag.device,
        name=tag.name,
        made=tag.made,
        made_by=tag.made_by,
        revoked=tag.revoked,
        place=views.place(tag.place),
    )
