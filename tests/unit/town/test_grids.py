import pytest
from msgspec.structs import replace

from tests.support.response import CITY, GRIDS, STREET, TOWN, VILLAGE
from tocsin.core.errors import Rejected
from tocsin.town.grids import check_tree, within


def test_a_tree_that_begins_at_its_root_fits() -> None:
    check_tree(GRIDS, {})


def test_a_node_fits_under_a_known_one() -> None:
    check_tree([GRIDS[4]], {VILLAGE: f"{CITY}.{TOWN}.{VILLAGE}"})


def test_an_unknown_parent_is_named() -> None:
    with pytest.raises(Rejected, match=f"names the parent {VILLAGE}, which does not exist"):
        check_tree([GRIDS[4]], {})


def test_a_wrong_path_is_answered_with_the_right_one() -> None:
    with pytest.raises(Rejected, match=f"write '{CITY}.{TOWN}.{VILLAGE}.{STREET}'"):
        check_tree([replace(GRIDS[4], path=STREET)], {VILLAGE: f"{CITY}.{TOWN}.{VILLAGE}"})
    with pytest.raises(Rejected, match=f"write '{CITY}'"):
        check_tree([replace(GRIDS[0], path="x.3301")], {})


@pytest.mark.parametrize(
    ("path", "scope", "inside"),
    [
        ("1.2.3", "", True),
        ("1.2.3", "1.2", True),
        ("1.2", "1.2", True),
        ("1.23", "1.2", False),
        ("1", "1.2", False),
        ("1.2/3", "1.2", False),
    ],
)
def test_a_scope_holds_its_subtree_and_nothing_beside_it(path: str, scope: str, inside: bool) -> None:  # noqa: FBT001
    assert within(path, scope) is inside
