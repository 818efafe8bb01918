from __future__ import annotations

import json

from tocsin.edge.cameras.decode import Order, Pacer


def test_only_frames_an_interval_apart_are_shown() -> None:
    pacer = Pacer(1.0, 1.0)
    assert [p for p in (0.0, 0.5, 0.9995, 1.5, 2.0) if pacer.wants(p)] == [0.0, 0.9995, 2.0]


def test_a_position_that_jumps_back_is_shown() -> None:
    pacer = Pacer(1.0, 1.0)
    assert pacer.wants(100.0)
    assert pacer.wants(3.0)


def test_frames_wait_for_their_instant_at_the_speed_asked_for() -> None:
    pacer = Pacer(0.1, 2.0)
    assert pacer.wait(0.0, 50.0) == 0.0
    assert pacer.wait(4.0, 50.5) == 1.5
    assert pacer.wait(4.0, 60.0) == 0.0
    assert Pacer(0.1, 0.0).wait(9.0, 50.0) == 0.0


def test_an_order_survives_the_command_line() -> None:
    order = Order("x", 1.0, True, 1.0, False, False, [[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)]], 640, 80)
    again = Order(**json.loads(order.to_argument()))
    assert again.to_argument() == order.to_argument()
