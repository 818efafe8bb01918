"""Counts that somebody put base information right: one row for each thing and local day."""

from tocsin.api.access import Caller
from tocsin.api.deps import ApiDeps
from tocsin.core.working_time import LOCAL
from tocsin.town.evaluation import Indicator


async def upkept(deps: ApiDeps, caller: Caller, subject: str) -> None:
    """Note it after it was done; `subject` is like `grid:<code>`."""
    day = deps.clock.now().astimezone(LOCAL).date()
    act = f"upkeep:{caller.person}:{subject}:{day}"
    await deps.evaluation.store.note(act, caller.person, Indicator.UPKEEP, subject)
