from __future__ import annotations

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from tests.support.api import World
from tocsin.api.app import PUBLIC, check_roles, end_streams, roles_of, routes
from tocsin.core.errors import InvariantBroken
from tocsin.town.ports import Role


async def nothing() -> None:
    """Do nothing."""


def planted(operation: str) -> APIRoute:
    router = APIRouter()
    router.add_api_route("/api/planted", nothing, operation_id=operation)
    route = router.routes[0]
    assert isinstance(route, APIRoute)
    return route


def test_a_route_without_roles_stops_the_start() -> None:
    with pytest.raises(InvariantBroken, match="/api/planted names no roles"):
        check_roles([planted("planted")])


def test_a_public_route_needs_none() -> None:
    check_roles([planted("getHealth")])


def test_roles_are_read_from_the_route() -> None:
    by_name = {route.operation_id: roles_of(route) for route in routes()}
    assert by_name["confirmIncident"] == {Role.OPERATOR}
    assert {name for name, roles in by_name.items() if roles is None} == PUBLIC


async def test_the_end_of_the_process_ends_live_streams() -> None:
    world = World()
    async with world.app.router.lifespan_context(world.app):
        ended = world.app.state.live.admit(b"session")
    assert ended.is_set()


async def test_a_server_that_is_told_to_stop_can_end_streams_before_it_waits_for_them() -> None:
    world = World()
    ended = world.app.state.live.admit(b"session")
    end_streams(world.app)
    assert ended.is_set()
