from __future__ import annotations

import random

from tocsin.edge.backoff import Backoff


def test_it_doubles_from_one_second_to_a_minute_with_chance_in_it() -> None:
    backoff = Backoff(random.Random(1))
    delays = [backoff.next() for _ in range(10)]
    for whole, delay in zip([1, 2, 4, 8, 16, 32, 60, 60, 60, 60], delays, strict=True):
        assert whole / 2 <= delay <= whole
    assert len(set(delays[6:])) == 4


def test_two_boxes_do_not_knock_together() -> None:
    assert Backoff(random.Random(1)).next() != Backoff(random.Random(2)).next()


def test_a_minute_of_work_forgives_former_failures() -> None:
    backoff = Backoff(random.Random(1))
    for _ in range(8):
        backoff.next()
    backoff.worked(59.9)
    assert backoff.next() > 15
    backoff.worked(60.0)
    assert backoff.next() <= 1
