"""Pictures: reduced for lists, originals for those who handle an incident, each view written down."""

from typing import Annotated, Any, Final, cast

import structlog
from fastapi import APIRouter, Query, Request, Response

from tocsin.alerts.ports import IncidentRow
from tocsin.api import views
from tocsin.api.access import EVERYWHERE, Anyone, Caller, Staff, visible_incident
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.metrics import ORIGINALS
from tocsin.api.params import NAME, CameraQuery, MostQuery, PicturePath
from tocsin.api.reduce import PictureReducer
from tocsin.api.schemas.field import PictureList
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import IncidentId, PictureHash
from tocsin.town.ports import Role

log = structlog.get_logger()
router = APIRouter(prefix="/api/pictures", tags=["pictures"])

JPEG: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"image/jpeg": {}}, "description": "The picture."},
    304: {"description": "Unchanged."},
}


@router.get("", operation_id="listPictures", summary="Pictures of a camera")
async def list_pictures(camera: CameraQuery, caller: Staff, deps: Deps, most: MostQuery = 20) -> PictureList:
    """List a camera's pictures, newest first."""
    rows = await deps.field.pictures(caller.scope, camera=camera, most=most)
    return PictureList(items=[views.picture(row) for row in rows])


@router.get(
    "/{sha256}", operation_id="getPicture", summary="One picture", response_class=Response, responses=JPEG
)
async def get_picture(
    *,
    sha256: PicturePath,
    caller: Anyone,
    request: Request,
    deps: Deps,
    incident: Annotated[
        IncidentId | None,
        Query(
            description="Show the original, for handling this incident; the view is written down.",
            max_length=64,
            pattern=NAME,
        ),
    ] = None,
    reduced: Annotated[
        bool, Query(description="With `incident`: reduced all the same; a department's lists need it.")
    ] = False,
) -> Response:
    """Give a picture reduced to 160 px width, or with `incident` its original to those who handle it.

    A department sees pictures of the incidents that are routed to it, and names the incident.
    """
    if incident is not None and not reduced:
        return await _original(deps, caller, sha256, incident)
    if incident is not None:
        row, _ = await visible_incident(deps, caller, incident)
        shown = await _belongs(deps, row, sha256)
    else:
        shown = caller.role is not Role.DEPARTMENT and await _in_scope(deps, caller, sha256)
    if not shown:
        raise _unknown(sha256)
    tag = f'"{sha256}-160"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=31536000, immutable"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    data = await _bytes(deps, sha256)
    return Response(
        await cast("PictureReducer", request.app.state.reducer).reduce(data),
        media_type="image/jpeg",
        headers=headers,
    )


async def _original(deps: ApiDeps, caller: Caller, sha256: PictureHash, incident: IncidentId) -> Response:
    if caller.role not in {Role.OPERATOR, Role.RESPONDER, Role.DEPARTMENT}:
        raise Rejected(
            "picture.original", "originals are for those who handle the incident: leave `incident` out"
        )
    row, _ = await visible_incident(deps, caller, incident)
    if not await _belongs(deps, row, sha256):
        raise _unknown(sha256)
    data = await _bytes(deps, sha256)
    ORIGINALS.inc()
    log.info(
        "audit.picture_original",
        person=caller.person,
        account=caller.account.name,
        incident=incident,
        picture=sha256,
    )
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


async def _in_scope(deps: ApiDeps, caller: Caller, sha256: PictureHash) -> bool:
    return await deps.field.picture(caller.scope, sha256) is not None


async def _belongs(deps: ApiDeps, row: IncidentRow, sha256: PictureHash) -> bool:
    if row.picture == sha256:
        return True
    evidence = await deps.queries.evidence(row.id)
    if any(sha256 in one.detection.evidence.pictures for one in evidence):
        return True
    if any(sha256 == proof.picture for proof in await deps.proofs.proofs(row.id)):
        return True
    picture = await deps.field.picture(EVERYWHERE, sha256)
    return picture is not None and picture.detection in {one.detection.id for one in evidence}


async def _bytes(deps: ApiDeps, sha256: PictureHash) -> bytes:
    data = await deps.pictures.get(sha256)
    if data is None:
        raise NotFound(
            "picture.not_here", f"picture {sha256[:12]} is known, its bytes have not come yet or are erased"
        )
    return data


def _unknown(sha256: PictureHash) -> NotFound:
    return NotFound("picture.unknown", f"there is no picture {sha256[:12]} that you may see")
