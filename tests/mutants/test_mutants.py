"""Every planted fault of the core is caught: a promise that no test holds is none."""

import pytest

from tests.mutants.catalogue import FAULTS
from tests.mutants.run import misplaced, run


def test_every_fault_can_be_planted_and_has_a_name_of_its_own() -> None:
    assert misplaced() == []
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 60
    assert all(fault.breaks and fault.tests and fault.text != fault.instead for fault in FAULTS)


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_every_fault_is_caught() -> None:
    survived = [f"{one.fault.name}: {one.fault.breaks} ({one.words})" for one in run() if not one.caught]
    assert survived == []
