"""The ledger of points: asked for by one, granted by another, spent before somebody's eyes."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime

from tocsin.api.access import EVERYWHERE, Access, Caller, Keeper
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.params import NAME, MostQuery
from tocsin.api.routes.scores import Scored, path_of
from tocsin.api.schemas.evaluation import (
    ApprovalBody,
    BalanceView,
    CategoryView,
    EntryList,
    EntryView,
    PointsBody,
    RedemptionBody,
)
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import PersonId, derived_id
from tocsin.town.points import Entry, EntryKind
from tocsin.town.ports import Role

router = APIRouter(prefix="/api/points", tags=["evaluation"])

Giver = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR))]
"""Those who may ask for points for somebody of their scope."""
Approver = Annotated[Caller, Depends(Access(Role.SUPERVISOR, Role.ADMINISTRATOR))]
"""Those who may grant what somebody else asked for."""
HolderQuery = Annotated[
    PersonId | None,
    Query(alias="holder", description="Only the points of this person.", max_length=64, pattern=NAME),
]
EntryPath = Annotated[str, Path(description="The entry's id.", min_length=1, max_length=64, pattern=NAME)]


@router.get("", operation_id="listPoints", summary="Entries of the ledger")
async def list_points(
    caller: Scored,
    deps: Deps,
    holder: HolderQuery = None,
    *,
    waiting: Annotated[bool, Query(description="Only those that wait for an answer.")] = False,
    before: Annotated[
        AwareDatetime | None, Query(description="Only those entered before, with offset: for the next page.")
    ] = None,
    most: MostQuery = 100,
) -> EntryList:
    """List entries of the caller's scope, newest first; a responder's own alone."""
    own = caller.role is Role.RESPONDER
    found = await deps.evaluation.store.entries(
        EVERYWHERE if own else caller.scope,
        caller.person if own else holder,
        waiting=waiting,
        most=most,
        before=before,
    )
    categories = await deps.evaluation.store.categories()
    return EntryList(
        items=[_view(one) for one in found],
        categories=[CategoryView(code=one.code, zh=one.zh, en=one.en) for one in categories],
    )


@router.post("", operation_id="givePoints", summary="Ask for points", status_code=201)
async def give_points(body: PointsBody, caller: Giver, deps: Deps) -> EntryView:
    """Ask for points for somebody, or to take an entry back; it counts once somebody else has granted it."""
    holder = PersonId(body.holder)
    await path_of(deps, caller, holder)
    entry = Entry(
        id=derived_id("points", caller.person, body.act),
        holder=holder,
        kind=EntryKind.AWARD,
        category=body.category,
        points=body.points or 0,
        reason=body.reason,
        source=body.source,
        made=deps.clock.now(),
        made_by=caller.person,
    )
    if body.corrects is not None:
        return await _take_back(deps, caller, entry, body)
    if body.category is None or body.points is None:
        raise Rejected(
            "points.form", "write `category` and `points`, or name the entry to take back in `corrects`"
        )
    await deps.evaluation.store.award(entry)
    return await _kept(deps, caller, entry.id)


@router.post("/redeem", operation_id="redeemPoints", summary="Spend points", status_code=201)
async def redeem_points(body: RedemptionBody, caller: Keeper, deps: Deps) -> BalanceView:
    """Hand something out for somebody's points, as far as they reach; gives what is left."""
    holder = PersonId(body.holder)
    await path_of(deps, caller, holder)
    await deps.evaluation.store.redeem(
        Entry(
            id=derived_id("redemption", caller.person, body.act),
            holder=holder,
            kind=EntryKind.REDEMPTION,
            category=None,
            points=-body.points,
            reason=body.reason,
            source=body.source,
            made=deps.clock.now(),
            made_by=caller.person,
        )
    )
    return BalanceView(holder=holder, points=await deps.evaluation.store.balance(holder))


@router.get("/balance", operation_id="getBalance", summary="What somebody may spend")
async def get_balance(caller: Scored, deps: Deps, holder: HolderQuery = None) -> BalanceView:
    """Give the balance of a person of the caller's scope; without one, and for a responder, the caller's own."""
    person = caller.person if caller.role is Role.RESPONDER or holder is None else holder
    if person != caller.person:
        await path_of(deps, caller, person)
    return BalanceView(holder=person, points=await deps.evaluation.store.balance(person))


@router.post("/{entry}/approve", operation_id="approvePoints", summary="Grant or refuse an entry")
async def approve_points(entry: EntryPath, body: ApprovalBody, caller: Approver, deps: Deps) -> EntryView:
    """Answer an entry that somebody else made for somebody else; once."""
    await _find(deps, caller, entry)
    await deps.evaluation.store.answer(entry, caller.person, granted=body.granted)
    return await _kept(deps, caller, entry)


async def _take_back(deps: ApiDeps, caller: Caller, entry: Entry, body: PointsBody) -> EntryView:
    if body.points is not None or body.category is not None:
        raise Rejected("points.form", "an entry is taken back whole: leave `points` and `category` out")
    corrected = await _find(deps, caller, body.corrects or "")
    await deps.evaluation.store.correct(
        replace(
            entry,
            kind=EntryKind.CORRECTION,
            category=corrected.category,
            points=-corrected.points,
            corrects=corrected.id,
        )
    )
    return await _kept(deps, caller, entry.id)


async def _find(deps: ApiDeps, caller: Caller, entry: str) -> Entry:
    found = await deps.evaluation.store.entry(caller.scope, entry)
    if found is None:
        raise NotFound("points.unknown", f"there is no entry {entry} in your scope")
    return found


async def _kept(deps: ApiDeps, caller: Caller, entry: str) -> EntryView:
    return _view(await _find(deps, caller, entry))


def _view(one: Entry) -> EntryView:
    return EntryView(
        id=one.id,
        holder=one.holder,
        kind=one.kind,
        category=one.category,
        points=one.points,
        reason=one.reason,
        source=one.source,
        corrects=one.corrects,
        made=one.made,
        made_by=one.made_by,
        granted=one.granted,
        answered=one.answered,
        answered_by=one.answered_by,
    )
