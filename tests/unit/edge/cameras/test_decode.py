from __future__ import annotations

import json
from collections.abc import Sequence

from tocsin.edge.cameras.decode import BurstOrders, Order, Pacer


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


def played(bursts: BurstOrders, positions: Sequence[float]) -> list[float | str]:
    """Show frames; give what is taken, and where the burst is over."""
    taken: list[float | str] = []
    for position in positions:
        if bursts.over(position):
            taken.append("over")
        since = bursts.takes(position)
        if since is not None:
            taken.append(round(since, 3))
    return taken


def test_a_burst_is_every_frame_of_the_next_seconds_of_video() -> None:
    bursts = BurstOrders()
    assert played(bursts, [0.9, 1.0]) == []
    bursts.order(0.2)
    assert bursts.running
    assert played(bursts, [1.1, 1.2, 1.3, 1.4, 1.5]) == [0.0, 0.1, 0.2, "over"]
    assert not bursts.running


def test_a_burst_begins_when_every_frame_is_decoded() -> None:
    bursts = BurstOrders()
    played(bursts, [0.0])
    bursts.order(0.2)
    assert played(bursts, [3.0, 6.0, 6.1, 6.2]) == [0.0, 0.1], (
        "key frames that the decoder held are none of it"
    )


def test_a_burst_ends_where_the_video_jumps_back() -> None:
    bursts = BurstOrders()
    bursts.order(3.0)
    assert played(bursts, [8.9, 9.0, 0.0, 0.1]) == [0.0, "over"]


def test_a_video_without_neighbouring_frames_gives_its_burst_up() -> None:
    bursts = BurstOrders()
    bursts.order(3.0)
    assert played(bursts, [float(second) for second in range(100)]) == ["over"]
    assert not bursts.running


def test_an_order_during_a_burst_disturbs_nothing_and_none_is_endless() -> None:
    bursts = BurstOrders()
    bursts.order(1e9)
    assert played(bursts, [0.0, 0.1]) == [0.0]
    bursts.order(1.0)
    assert played(bursts, [9.1, 11.2]) == [9.0, "over"]
    assert not bursts.running
