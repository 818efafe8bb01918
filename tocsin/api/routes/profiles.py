"""What the steps of a case are called: display profiles, and which one is in force."""

from __future__ import annotations

import structlog
from fastapi import APIRouter, Response

from tocsin.api.access import EVERYWHERE, Administrator, Anyone, Caller, within
from tocsin.api.deps import Deps
from tocsin.api.schemas.profiles import (
    MoveNameView,
    NameView,
    ProfileBody,
    ProfileList,
    ProfileView,
    StepNameView,
)
from tocsin.core.errors import NotFound
from tocsin.core.ids import GridCode
from tocsin.town.profiles import LIFE, PROFILES, Name, Profile, profile

log = structlog.get_logger()
router = APIRouter(prefix="/api/profiles", tags=["profiles"])


@router.get("", operation_id="listProfiles", summary="What the steps of a case are called")
async def list_profiles(caller: Anyone, deps: Deps) -> ProfileList:
    """List the display profiles, and say which is in force in the caller's tree of places."""
    current = await deps.profiles.profile_of(_root(caller))
    return ProfileList(items=[_view(one) for one in PROFILES.values()], current=current)


@router.put("/current", operation_id="chooseProfile", summary="Choose the names", status_code=204)
async def choose_profile(body: ProfileBody, caller: Administrator, deps: Deps) -> Response:
    """Choose the profile for a tree of places, or for all that have chosen none."""
    chosen = profile(body.profile)
    root = None if body.root is None else GridCode(body.root)
    found = None if root is None else await deps.town.grid(root)
    known = root is None or (found is not None and found.parent is None)
    if not known or not within(caller.scope, EVERYWHERE if root is None else root):
        raise NotFound("profile.root", "name the code of a root of your scope: a grid that has none above it")
    await deps.profiles.choose_profile(root, chosen.id, caller.person, deps.clock.now())
    log.info("profile.chosen", root=root or "", profile=chosen.id, person=caller.person)
    return Response(status_code=204)


def _root(caller: Caller) -> GridCode | None:
    return GridCode(caller.scope.split(".", 1)[0]) if caller.scope else None


def _view(value: Profile) -> ProfileView:
    return ProfileView(
        id=value.id,
        title=_name(value.title),
        loop=list(value.loop),
        steps=[
            StepNameView(state=state, zh=value.states[state].zh, en=value.states[state].en) for state in LIFE
        ],
        moves=[MoveNameView(move=move, zh=name.zh, en=name.en) for move, name in value.moves.items()],
        note=_name(value.note),
    )


def _name(value: Name) -> NameView:
    return NameView(zh=value.zh, en=value.en)
