from __future__ import annotations

from types import SimpleNamespace

from tests.support.api import World
from tocsin.api.deps import deps_of


def test_a_handler_gets_the_ports_of_its_own_application() -> None:
    one, other = World(), World()
    assert deps_of(SimpleNamespace(app=one.app)) is one.deps  # type: ignore[arg-type]
    assert deps_of(SimpleNamespace(app=other.app)) is other.deps  # type: ignore[arg-type]
