"""What keeps an alarm from asking for attention: shelf, maintenance, root cause, false spot.  Pure.

A one-button call is beyond all of them: somebody may be waiting. Each silence ends by itself: a shelf and a
window at their instants, a suppression with its root, a spot with its expiry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from tocsin.alerts.alarm_model import Alarm, FalseSpot, Turn, Window
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.core.detections import Detection, Kind, Phase
from tocsin.core.errors import Rejected
from tocsin.core.frames import Box
from tocsin.core.ids import CollectorId, GridCode, PersonId, collector_of

SPOT_MARGIN: Final = 0.02
"""A taught spot is grown by this part of the picture on each side: boxes tremble."""
SPOT_OVERLAP: Final = 0.5
"""A box lies in a spot when at least this part of its area does."""
LOOK_AGAIN: Final = timedelta(minutes=15)
"""A suppressed alarm is looked at so often even when nobody wakes it: nothing is hidden for ever by a lost wake-up."""
SHELVE_MIN: Final = timedelta(minutes=1)
WINDOW_MOST: Final = timedelta(days=31)
WINDOW_AHEAD_MOST: Final = timedelta(days=366)
"""How long before a window may be written down; one at the end of all calendars could never be read again."""
SPOT_DAYS_MOST: Final = 90
REASON_CHARACTERS_MAX: Final = 500

Said = tuple[Turn, str]
"""A change of state and its reason."""


@dataclass(frozen=True, slots=True)
class Around:
    """What may silence an alarm: the windows that are not over, and the root alarms that stand."""

    windows: tuple[Window, ...] = ()
    roots: tuple[Alarm, ...] = ()


NOTHING_AROUND: Final = Around()


def quiet(alarm: Alarm) -> bool:
    """Say whether an alarm was silenced when it was last looked at."""
    return bool(alarm.maintenance) or alarm.suppressed_by is not None or alarm.shelved_until is not None


def placed(
    alarm: Alarm, now: datetime, grid_path: str, policy: ResponsePolicy, around: Around
) -> tuple[Alarm, list[Said]]:
    """Bring an alarm's silences up to date, and say what changed."""
    if alarm.kind is Kind.CALL:
        return alarm, []
    said: list[Said] = []
    if alarm.shelved_until is not None and alarm.shelved_until <= now:
        alarm = replace(alarm, shelved_until=None, shelved_by=None, shelved_reason="")
        said.append((Turn.UNSHELVED, ""))
    alarm = _in_window(alarm, now, grid_path, around, said)
    return _explained(alarm, policy, around, said), said


def _in_window(alarm: Alarm, now: datetime, grid_path: str, around: Around, said: list[Said]) -> Alarm:
    holding = [one for one in around.windows if one.holds(now) and one.covers(alarm.device, grid_path)]
    if not holding:
        if alarm.maintenance:
            said.append((Turn.IN_SERVICE, ""))
        return replace(alarm, maintenance="")
    if alarm.maintenance in {one.id for one in holding} or not (alarm.raised or alarm.maintenance):
        return alarm
    window = max(holding, key=lambda one: (one.until, one.id))
    if not alarm.maintenance:
        said.append((Turn.OUT_OF_SERVICE, window.reason))
    return replace(alarm, maintenance=window.id)


def _explained(alarm: Alarm, policy: ResponsePolicy, around: Around, said: list[Said]) -> Alarm:
    root = root_of(alarm, policy, around) if alarm.raised else None
    if root is None:
        if alarm.suppressed_by is not None:
            said.append((Turn.UNSUPPRESSED, ""))
        return replace(alarm, suppressed_by=None)
    if alarm.suppressed_by is None:
        said.append((Turn.SUPPRESSED, root.kind.value))
    return replace(alarm, suppressed_by=root.id)


def root_of(alarm: Alarm, policy: ResponsePolicy, around: Around) -> Alarm | None:
    """Find the raised alarm that explains this one: the one it has, else the earliest; None without.

    A root that is suppressed itself takes nobody new in, so that no two can hide each other.
    """
    found = [
        root for root in around.roots if root.raised and root.id != alarm.id and explains(root, alarm, policy)
    ]
    own = [root for root in found if root.id == alarm.suppressed_by]
    fresh = [root for root in found if root.suppressed_by is None]
    return min(own or fresh, key=lambda root: (root.raised_at, root.id), default=None)


def explains(root: Alarm, alarm: Alarm, policy: ResponsePolicy) -> bool:
    """Say whether an alarm of this kind and place is a consequence of a root: same collector, or same mains."""
    if not any(
        root.kind in cause.roots and alarm.kind in cause.explains and alarm.kind is not Kind.CALL
        for cause in policy.alarms.causes
    ):
        return False
    if collector_of(root.device) == collector_of(alarm.device):
        return True
    return root.kind is Kind.POWER_LOSS and root.grid == alarm.grid


def roots_for(kind: Kind, policy: ResponsePolicy) -> frozenset[Kind]:
    """Give the kinds that may explain a kind."""
    causes = [cause.roots for cause in policy.alarms.causes if kind in cause.explains]
    return frozenset().union(*causes) - {Kind.CALL}


def consequences(kind: Kind, policy: ResponsePolicy) -> frozenset[Kind]:
    """Give the kinds that a kind explains."""
    causes = [cause.explains for cause in policy.alarms.causes if kind in cause.roots]
    return frozenset().union(*causes) - {Kind.CALL}


def reach(roots: Iterable[Alarm]) -> tuple[list[CollectorId], list[GridCode]]:
    """Give the collectors and, for the mains, the grids in which roots explain others."""
    known = list(roots)
    collectors = {collector_of(root.device) for root in known}
    return sorted(collectors), sorted({root.grid for root in known if root.kind is Kind.POWER_LOSS})


def spot_for(detection: Detection, began: datetime, spots: Iterable[FalseSpot]) -> FalseSpot | None:
    """Find the spot at which a detection was called false; None when it must be heard.

    Every box must lie in a spot; a detection without boxes is false only where the whole picture or sensor
    is. The end of a condition is never filtered, nor is a call.
    """
    if detection.phase is Phase.CLEAR or detection.kind is Kind.CALL:
        return None
    mine = [
        spot
        for spot in spots
        if spot.device == detection.device
        and spot.kind is detection.kind
        and spot.ended is None
        and began < spot.until
    ]
    whole = next((spot for spot in mine if spot.box is None), None)
    if whole is not None:
        return whole
    boxes = detection.evidence.boxes
    taught = [(spot, spot.box) for spot in mine if spot.box is not None]
    hit = [next((spot for spot, box in taught if lies_in(one, box)), None) for one in boxes]
    return hit[0] if hit and all(spot is not None for spot in hit) else None


def lies_in(box: Box, spot: Box) -> bool:
    """Say whether enough of a box lies in a spot grown by its margin."""
    left, top = max(box.x, spot.x - SPOT_MARGIN), max(box.y, spot.y - SPOT_MARGIN)
    right = min(box.x + box.width, spot.x + spot.width + SPOT_MARGIN)
    bottom = min(box.y + box.height, spot.y + spot.height + SPOT_MARGIN)
    area = box.width * box.height
    if area <= 0:  # a point: inside or not
        return left <= right and top <= bottom
    return max(right - left, 0.0) * max(bottom - top, 0.0) >= SPOT_OVERLAP * area


def around_boxes(boxes: Iterable[Box]) -> Box | None:
    """Give the one box that holds all boxes; None when there is none, or it has no area."""
    known = list(boxes)
    if not known:
        return None
    left, top = min(box.x for box in known), min(box.y for box in known)
    right, bottom = max(box.x + box.width for box in known), max(box.y + box.height for box in known)
    return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None


def shelve(
    alarm: Alarm, person: PersonId, reason: str, *, span: timedelta, now: datetime, policy: ResponsePolicy
) -> Alarm:
    """Put an alarm aside for a while; again moves the end.

    Raises `Rejected` (`alarm.call`, `alarm.shelve_time`, `reason.empty`, `reason.too_long`).
    """
    refuse_call(alarm.kind, "shelved")
    words = checked_reason(reason, "shelving")
    most = policy.alarms.shelve_max
    if not SHELVE_MIN <= span <= most:
        raise Rejected(
            "alarm.shelve_time",
            f"an alarm can be shelved for 1 to {int(most.total_seconds() // 60)} minutes: choose a shorter time, "
            "or add a maintenance window",
        )
    return replace(alarm, shelved_until=now + span, shelved_by=person, shelved_reason=words)


def refuse_call(kind: Kind, what: str) -> None:
    """Refuse to silence a one-button call; raises `Rejected` (`alarm.call`)."""
    if kind is Kind.CALL:
        raise Rejected(
            "alarm.call",
            f"a one-button call cannot be {what}: somebody may be waiting; answer it, or have the button repaired",
        )


def check_span(since: datetime, until: datetime, now: datetime) -> None:
    """Refuse a maintenance window that is over, empty or too long; raises `Rejected` (`maintenance.span`)."""
    if until <= since or until <= now:
        raise Rejected(
            "maintenance.span", "a maintenance window ends after it begins, and after now: write a later end"
        )
    if since - now > WINDOW_AHEAD_MOST:
        raise Rejected(
            "maintenance.span",
            f"a maintenance window begins within {WINDOW_AHEAD_MOST.days} days: write an earlier begin",
        )
    if until - since > WINDOW_MOST:
        raise Rejected(
            "maintenance.span",
            f"a maintenance window lasts at most {WINDOW_MOST.days} days: write an earlier end and add another when it is over",
        )


def checked_reason(reason: str, what: str) -> str:
    """Give a reason without white space around it; raises `Rejected` (`reason.empty`, `reason.too_long`)."""
    words = " ".join(reason.split())
    if not words or "\x00" in words:
        raise Rejected(
            "reason.empty", f"{what} needs a reason that the next shift can read: write it in a few words"
        )
    if len(words) > REASON_CHARACTERS_MAX:
        raise Rejected(
            "reason.too_long",
            f"a reason of {len(words)} characters exceeds the {REASON_CHARACTERS_MAX} allowed: shorten it",
        )
    return words
