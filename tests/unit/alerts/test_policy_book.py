from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.site import CITY, TOWNSHIP, VILLAGE, Site
from tocsin.alerts.config import PolicyConfig
from tocsin.alerts.policies import default_text
from tocsin.alerts.policy_book import PolicyBook, version_of
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import PolicyId

SHORT = default_text().replace("name: default", "name: short").replace("village: 3m", "village: 2m")


def test_without_a_folder_the_shipped_policy_holds_everywhere() -> None:
    book, town = PolicyBook.read(PolicyConfig()), Site().town
    assert {book.for_grid(grid).id for grid in town.grids.values()} == {version_of(default_text()).id}


def test_the_nearest_file_above_a_grid_holds(tmp_path: Path) -> None:
    (tmp_path / f"{TOWNSHIP}.yaml").write_text(SHORT)
    book, town = PolicyBook.read(PolicyConfig(directory=tmp_path)), Site().town
    names = {code: book.for_grid(town.grids[code]).policy.name for code in (CITY, TOWNSHIP, VILLAGE)}
    assert names == {CITY: "default", TOWNSHIP: "short", VILLAGE: "short"}


def test_a_faster_policy_is_a_version_of_its_own_and_is_read_back_as_it_ran() -> None:
    plain, fast = version_of(default_text()), version_of(default_text(), 60)
    assert fast.id != plain.id
    assert fast.policy.windows[Tier.VILLAGE] == timedelta(seconds=3)
    assert fast.policy.late == plain.policy.late


async def test_an_old_version_is_read_from_the_store_as_it_ran() -> None:
    site, fast = Site(), version_of(SHORT, 30)
    await PolicyBook({"default": fast}).keep(site.store)
    async with site.store.unit() as unit:
        assert await site.policies.version(unit, fast.id) == fast.policy
        with pytest.raises(NotFound):
            await site.policies.version(unit, PolicyId("lost@1"))


async def test_keeping_twice_changes_nothing() -> None:
    site = Site()
    await site.policies.keep(site.store)
    await site.policies.keep(site.store)
    assert len(site.store.tables.policies) == 1


def test_all_faults_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    (tmp_path / f"{TOWNSHIP}.yaml").write_text(SHORT.replace("village: 2m", "village: soon"))
    (tmp_path / f"{VILLAGE}.yaml").write_text("[")
    with pytest.raises(Rejected) as refused:
        PolicyBook.read(PolicyConfig(directory=tmp_path))
    assert f"{TOWNSHIP}.yaml" in refused.value.reason
    assert f"{VILLAGE}.yaml" in refused.value.reason


def test_a_file_that_names_no_grid_is_refused(tmp_path: Path) -> None:
    (tmp_path / "village-rules.yaml").write_text(SHORT)
    with pytest.raises(Rejected, match=r"write <grid code>\.yaml"):
        PolicyBook.read(PolicyConfig(directory=tmp_path))
    with pytest.raises(Rejected, match="is no folder"):
        PolicyBook.read(PolicyConfig(directory=tmp_path / "nowhere"))


def test_bytes_that_are_no_text_are_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "default.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(Rejected, match="UTF-8"):
        PolicyBook.read(PolicyConfig(directory=tmp_path))
