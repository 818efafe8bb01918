"""Conditions of several sources that make one: a gauge and a camera agree, rain and then a rise.

Takes the detections of other rules, from sensors and from cameras. When every part has a condition
of its own within the window (in the order of the parts, where that is asked for), it raises; when
none of those that raised it stands any more, it clears. Cannot see: what another collector says when
its members are those of one collector, conditions that began before the window, and a fault that all
its parts share.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from typing import Final, Literal, Self

import msgspec
from pydantic import Field, model_validator

from tocsin.core.clock import to_us
from tocsin.core.detections import Detection, Kind, Phase
from tocsin.core.ids import DetectionId, PictureHash, StreamId, device_of
from tocsin.detectors.base import PICTURES_MAX, SECOND_US, Statement, Subject, read_state, version_of
from tocsin.detectors.form import Form

NUMBER: Final = 1
"""Raised when its code answers differently from before."""
_HEARD_MAX: Final = 128
"""Conditions that one group remembers; the oldest is forgotten first."""


class Part(Form):
    """What counts as one of the sources; what is not given may be anything."""

    detector: str = Field(
        "*", min_length=1, max_length=64, description="Name of the rule that raised it, with * and ?."
    )
    kind: Kind | None = Field(None, description="Kind of the condition.")
    device: str = Field(
        "*",
        min_length=1,
        max_length=256,
        description="The device's name without its collector, with * and ?, as `camera-*`.",
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.detector == "*" and self.kind is None and self.device == "*":
            raise ValueError("name at least one of `detector`, `kind` and `device`")
        return self

    def takes(self, said: Detection) -> bool:
        """Say whether a condition is of this part."""
        return (
            (self.kind is None or said.kind is self.kind)
            and fnmatch.fnmatchcase(said.detector, self.detector)
            and fnmatch.fnmatchcase(said.device.partition("/")[2], self.device)
        )


class TogetherParameters(Form):
    """Which parts, how near in time, in which order."""

    of: tuple[Part, ...] = Field(
        min_length=2,
        max_length=8,
        description="The parts; each needs a condition of another device (of another rule, where `group` is `device`).",
    )
    within_seconds: float = Field(
        600.0,
        gt=0,
        le=86_400,
        description="A condition counts until this long after it last stood, in event time.",
    )
    in_order: bool = Field(
        default=False, description="Whether the parts must begin in the order in which they are written."
    )
    group: Literal["device", "collector", "partition"] = Field(
        "collector",
        description="What the sources have in common; `partition` is everything that one bank watches.",
    )

    def version(self) -> str:
        """Name code and parameters, as detections carry it."""
        return version_of("together", NUMBER, self)

    def group_of(self, said: Detection) -> str:
        """Name the group that a detection belongs to."""
        return {"device": said.device, "collector": said.collector, "partition": ""}[self.group]


class Heard(msgspec.Struct, array_like=True):
    """One condition of another rule."""

    stream: str
    detector: str
    parts: tuple[int, ...]
    raised_us: int
    stood_us: int
    """The last instant at which it stood; -1 while it does."""
    score: float
    pictures: tuple[PictureHash, ...]


class _State(msgspec.Struct, array_like=True):
    heard: list[Heard]
    subject: Subject | None
    members: list[tuple[str, str]]
    raised: str | None


class Together:
    """The sources of one group."""

    def __init__(self, subject: Subject, parameters: TogetherParameters) -> None:
        self.parameters = parameters
        self.raised: DetectionId | None = None
        self._window_us = round(parameters.within_seconds * SECOND_US)
        self._subject = subject
        self._speaker: Subject | None = None
        """Under which stream it raised: that of the source which completed it."""
        self._heard: dict[tuple[str, str], Heard] = {}
        self._members: list[tuple[str, str]] = []

    def hear(self, said: Detection) -> Sequence[Detection]:
        """Take one detection of another rule."""
        key = (str(said.stream), said.detector)
        if said.phase is Phase.CLEAR:
            known = self._heard.get(key)
            if known is None:
                return ()
            known.stood_us = max(known.raised_us, to_us(said.observed))
            return self._settle(to_us(said.observed))
        if said.phase is not Phase.RAISE:
            return ()
        parts = tuple(number for number, part in enumerate(self.parameters.of) if part.takes(said))
        if not parts:
            return ()
        self._heard.pop(key, None)
        while len(self._heard) >= _HEARD_MAX:
            del self._heard[next(iter(self._heard))]
        at_us = to_us(said.observed)
        self._heard[key] = Heard(*key, parts, at_us, -1, said.score, said.evidence.pictures[-2:])
        if self.raised is not None:
            return ()
        chosen = self._complete(self._heard[key])
        return () if chosen is None else self._raise(said, chosen)

    def _complete(self, newest: Heard) -> list[Heard] | None:
        """Choose a condition of its own for every part, the newest among them; None when it cannot be done."""
        after_us = newest.raised_us - self._window_us
        recent = [one for one in self._heard.values() if one.stood_us < 0 or one.stood_us >= after_us]
        recent = [one for one in recent if one.raised_us <= newest.raised_us + self._window_us]
        return self._choose(recent, newest, [])

    def _choose(self, recent: list[Heard], newest: Heard, chosen: list[Heard]) -> list[Heard] | None:
        number = len(chosen)
        if number == len(self.parameters.of):
            return chosen if newest in chosen else None
        for one in recent:
            if number not in one.parts or not self._apart(one, chosen):
                continue
            if self.parameters.in_order and chosen and one.raised_us < chosen[-1].raised_us:
                continue
            found = self._choose(recent, newest, [*chosen, one])
            if found is not None:
                return found
        return None

    def _apart(self, one: Heard, chosen: Sequence[Heard]) -> bool:
        """Two rules of one device are one witness, unless the group is that device."""
        if self.parameters.group == "device":
            return one not in chosen
        device = device_of(StreamId(one.stream))
        return all(device != device_of(StreamId(other.stream)) for other in chosen)

    def _raise(self, said: Detection, chosen: list[Heard]) -> Sequence[Detection]:
        instants = [one.raised_us for one in chosen]
        names = ", ".join(f"{one.detector} at {device_of(StreamId(one.stream))}" for one in chosen)
        self._speaker = msgspec.structs.replace(
            self._subject, collector=said.collector, stream=said.stream, device=said.device
        )
        self._members = [(one.stream, one.detector) for one in chosen]
        pictures = tuple(dict.fromkeys(sha256 for one in chosen for sha256 in one.pictures))
        found = self._speaker.detection(
            Statement(
                phase=Phase.RAISE,
                observed_us=max(instants),
                first_us=min(instants),
                reason=f"{len(chosen)} sources within {self.parameters.within_seconds:g} s: {names}",
                code="together.sequence" if self.parameters.in_order else "together.agree",
                figures=(
                    ("sources", float(len(chosen))),
                    ("seconds", (max(instants) - min(instants)) / SECOND_US),
                ),
                score=sum(one.score for one in chosen) / len(chosen),
                pictures=pictures[-PICTURES_MAX:],
            )
        )
        self.raised = found.id
        return (found,)

    def _settle(self, at_us: int) -> Sequence[Detection]:
        if self.raised is None or self._speaker is None:
            return ()
        standing = [self._heard[key] for key in self._members if key in self._heard]
        if any(one.stood_us < 0 for one in standing):
            return ()
        speaker, self._speaker, self.raised, self._members = self._speaker, None, None, []
        return (
            speaker.detection(
                Statement(
                    phase=Phase.CLEAR,
                    observed_us=at_us,
                    first_us=at_us,
                    reason="none of the sources stands any more",
                    code="together.over",
                )
            ),
        )

    def snapshot(self) -> bytes:
        """Give everything it knows."""
        return msgspec.msgpack.encode(
            _State(list(self._heard.values()), self._speaker, self._members, self.raised)
        )

    def restore(self, state: bytes) -> None:
        """Go on from a snapshot; raises `Rejected` (`detectors.state`) for anything else."""
        known = read_state(state, _State)
        self._heard = {(one.stream, one.detector): one for one in known.heard}
        self._speaker = known.subject
        self._members = list(known.members)
        self.raised = None if known.raised is None else DetectionId(known.raised)
