from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.support.people import Staffed, staffed
from tests.support.response import ANN, CAT, CITY, OTHER, STREET, TOWN
from tocsin.core.ids import OrganisationCode, PersonId
from tocsin.town.people_desk import all_staff, import_people
from tocsin.town.people_sheet import as_sheet
from tocsin.town.ports import Person


class Steps:
    """Be the progress of a job that nobody stops."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> None:
        self.seen.append((done, total))

    async def aside(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)


class Fire:
    async def organisation_names(self, codes: Sequence[OrganisationCode]) -> Mapping[OrganisationCode, str]:
        return {code: "Fire" for code in codes if code == "fire"}


async def bring(site: Staffed, text: str | bytes, scope: str = "") -> tuple[Any, Steps]:
    steps = Steps()
    data = text if isinstance(text, bytes) else text.encode()
    outcome = await import_people(
        site.town, site.people, Fire(), data, scope=scope, made_by=CAT, progress=steps
    )
    return outcome, steps


async def test_people_come_in_with_progress() -> None:
    async with staffed("memory", str) as site:
        outcome, steps = await bring(site, f"person,name,grid,organisation\nli,Li,{STREET},fire\n")
        assert (outcome.faulty, outcome.report) == (0, {"people": 1, "appointments": 1, "changed": 1})
        assert steps.seen[-1] == (100, 100)
        (row,) = await site.people.staff_named([PersonId("li")])
        assert [one.appointment.organisation for one in row.appointments] == ["fire"]


async def test_a_file_with_a_fault_changes_nothing() -> None:
    async with staffed("memory", str) as site:
        outcome, _ = await bring(site, f"person,name,grid\nli,Li,{STREET}\nbo,Bo,99\n")
        assert (outcome.faulty, outcome.faults[0].row, outcome.faults[0].column) == (1, 3, "grid")
        assert await site.people.staff_named([PersonId("li")]) == []


async def test_a_township_brings_in_nobody_of_its_neighbour() -> None:
    async with staffed("memory", str) as site:
        outcome, _ = await bring(site, f"person,name,grid\nli,Li,{OTHER}\n", f"{CITY}.{TOWN}")
        assert [one.code for one in outcome.faults] == ["people.grid"]
        outcome, _ = await bring(site, f"person,name,grid\nann,Ann,{OTHER}\n", f"{CITY}.{OTHER}")
        assert [one.code for one in outcome.faults] == ["people.elsewhere"]
        (ann,) = await site.people.staff_named([ANN])
        assert len(ann.appointments) == 1


async def test_an_export_comes_in_again_and_changes_nothing() -> None:
    async with staffed("memory", str) as site:
        rows = await all_staff(site.people, "")
        outcome, _ = await bring(site, as_sheet(rows))
        assert (outcome.faulty, outcome.report["changed"]) == (0, 0)
        assert await all_staff(site.people, "") == rows


async def test_everybody_is_listed_page_by_page() -> None:
    async with staffed("memory", str) as site:
        many = [Person(id=PersonId(f"p{n:04}"), name=f"n{n % 7}", grid=TOWN, tier=None) for n in range(1500)]
        await site.town.add_people(many, [])
        rows = await all_staff(site.people, f"{CITY}.{TOWN}")
        assert len({row.person.id for row in rows}) == len(rows) == 1503
