"""Versions of the rules of response, and what another policy would have changed."""

import asyncio
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Path

from tocsin.alerts.policy import parse_policy
from tocsin.alerts.rehearsal import rehearse
from tocsin.alerts.simulate_compare import as_json
from tocsin.api.access import Desk, Keeper
from tocsin.api.deps import Deps
from tocsin.api.schemas.policies import PolicyList, PolicyText, PolicyView, SimulateBody, SimulationView
from tocsin.core.ids import PolicyId

router = APIRouter(prefix="/api/policies", tags=["policies"])

LISTED_MAX: Final = 200
INCIDENTS_MAX: Final = 10_000
"""Incidents of one simulation asked for by a page: some seconds of one core; the command line takes more."""
LOAD_MAX: Final = 100
SEED: Final = 1
_ONE_AT_A_TIME: Final = asyncio.Semaphore(1)

VersionPath = Annotated[
    str,
    Path(
        description="A version's id.",
        min_length=14,
        max_length=80,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}@[0-9a-f]{1,12}$",
    ),
]


@router.get("", operation_id="listPolicies", summary="Versions of the rules")
async def list_policies(caller: Desk, deps: Deps) -> PolicyList:  # noqa: ARG001 the caller is the check
    """List stored versions, newest first, with where they hold and how many open incidents run under them."""
    places = deps.policy_places
    items = [
        PolicyView(
            id=row.id,
            name=row.name,
            saved=row.saved,
            current_for=list(places.get(row.id, ())),
            open_incidents=row.open_incidents,
        )
        for row in await deps.policies.policies(LISTED_MAX)
    ]
    return PolicyList(items=items, now=deps.clock.now())


@router.get("/{version}", operation_id="getPolicy", summary="One version")
async def get_policy(version: VersionPath, caller: Desk, deps: Deps) -> PolicyText:  # noqa: ARG001 the caller is the check
    """Give a version's text as it was stored."""
    return PolicyText(id=version, text=await deps.policies.policy_text(PolicyId(version)))


@router.post("/simulate", operation_id="simulatePolicy", summary="Try a policy on the past")
async def simulate_policy(body: SimulateBody, caller: Keeper, deps: Deps) -> SimulationView:
    """Run the recorded incidents of the caller's scope under another policy; nothing is changed."""
    policy = parse_policy(body.text)
    until = deps.clock.now()
    async with _ONE_AT_A_TIME:
        result = await rehearse(
            deps.policies,
            policy,
            scope=caller.scope,
            since=until - timedelta(days=body.days),
            until=until,
            seed=SEED,
            most=INCIDENTS_MAX,
        )
    for figures in (result.recorded, result.before, result.after):
        if figures is not None:
            del figures.load[LOAD_MAX:]
    return SimulationView(**as_json(result), now=deps.clock.now())
