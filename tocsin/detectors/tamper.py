"""A camera that was covered, sprayed, defocused or turned.

Compares with a slowly renewed reference, one each for day, dim light and infra-red (`view`): which
parts of the usual view still stand, how sharp they are, and whether all of it has shifted. What
covers a lens is near and therefore out of focus; fog, dusk, dew and smoke come gradually; people and
vehicles are sharp and leave a part of the view: none of these is tamper. Cannot see: a covering
before the camera was started, a view without still edges, pictures more than two minutes apart, a
turn by less than 2.5 % of the width, a cover that creeps in over more than ten seconds, a black
picture that nothing was seen to approach (`dark` tells that).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import msgspec
import numpy as np
from pydantic import Field
from typing_extensions import override

from tocsin.core.frames import Polygon
from tocsin.detectors.base import SECOND_US, Subject, read_state
from tocsin.detectors.conviction import ConvictionParameters, Verdict
from tocsin.detectors.look import STEADY, Gray, Look
from tocsin.detectors.picture import Judge, Judged, Opinion
from tocsin.detectors.view import Match, Reference, ReferenceState, View

_BLACK: Final = 12.0
"""Mean grey below which nothing but a cover that was seen coming can be told from the night."""
_DIM: Final = (45.0, 60.0)
"""Mean grey at which dim light begins and ends: lamps show another scene than the sun does."""
_GLARE: Final = 245.0
"""Mean grey from which a low sun or a headlight blinds the camera."""
_APART_US: Final = 120 * SECOND_US
"""Pictures further apart tell nothing about how sudden a change was."""
_LEARN: Final = 3
"""Pictures that must agree before they are a reference."""
_LEARN_US: Final = 1_500_000
_FOLLOW_US: Final = 950_000
_PIXELS_LEAST: Final = (48, 64)

_COVERED_US: Final = 800_000
_APPROACH_US: Final = 4 * SECOND_US
"""A cover seen on its way counts for this long as the first of two pictures."""
_SPRAYED_US: Final = 4 * SECOND_US
"""Paint hides the view within this time; the fastest fog bank needs three times as long."""
_VEILED_US: Final = 3 * SECOND_US
_BLURRED_US: Final = 1_500_000
_FOCUS_US: Final = 8 * SECOND_US
"""A lens that focuses by itself hunts for so long after a change of light."""
_MOVED_US: Final = 1_500_000
_TURNED_US: Final = 1 * SECOND_US
_HAZY_US: Final = 5 * SECOND_US
"""Who turns the ring of a lens is done by then; fog is not."""
_SEEN_COMING_US: Final = 2 * SECOND_US
"""Between pictures further apart a lorry may have parked unseen."""
_SLOWLY: Final = 6
_DAZZLE_US: Final = 8 * SECOND_US
"""Headlights that shine into the lens pass by; a hand lit by the camera's own lamp stays."""
_WHITE: Final = 250
_DAZZLED: Final = 0.15
_USUAL: Final = 0.6
"""Share of the view that stands on an ordinary day, people and cars before it."""
_SURE: Final = 0.25
"""Phase correlation of a shifted view: 0.45 with a third of it out of sight, 0.15 by chance."""

Light = Literal["day", "dim", "infrared"]
Sign = Literal["usual", "hazy", "busy", "partly", "covered", "veiled", "blurred", "moved", "replaced"]
_CODES: Final = {
    "covered": "covered",
    "veiled": "covered",
    "blurred": "blurred",
    "moved": "moved",
    "replaced": "moved",
}


class TamperParameters(ConvictionParameters):
    """What counts as tampering."""

    need: int = Field(1, ge=1, le=32, description="Judgements of the last `of`; one is enough, see below.")
    of: int = Field(1, ge=1, le=32, description="How many judgements are remembered.")
    clear_seconds: float = Field(
        5.0, gt=0, le=86_400, description="Clear after this long with the usual view."
    )
    pace_seconds: float = Field(
        0.3, ge=0, le=60, description="Judge about three pictures a second at most; more tell nothing new."
    )
    covered: float = Field(
        0.2,
        gt=0,
        lt=0.6,
        description="Covered or replaced when fewer than this share of the usual view stand; people leave more.",
    )
    soft: float = Field(
        0.7,
        gt=0,
        lt=1,
        description="What covers is out of focus: less than this share of the usual sharpness. Vehicles have more.",
    )
    veiled: float = Field(
        0.25,
        gt=0,
        lt=1,
        description="Sprayed when less than this share of the usual contrast is left all over, and suddenly.",
    )
    blurred: float = Field(
        0.75,
        gt=0,
        lt=1,
        description="Defocused when the edges that stand have less than this share of their sharpness, all over.",
    )
    shifted: float = Field(
        0.025,
        ge=0.01,
        le=0.5,
        description="Turned when all of the view has moved by this share of its width.",
    )
    sudden_seconds: float = Field(
        10.0, ge=1, le=120, description="Tampering takes no longer than this; fog, dew and dusk do."
    )
    replaced_seconds: float = Field(
        10.0,
        ge=1,
        le=3600,
        description="How long another sharp view must stand still; longer where lorries park before the lens.",
    )
    settle_seconds: float = Field(
        900.0, gt=0, le=86_400, description="A changed view that stays this long becomes the new reference."
    )


class _Learning(msgspec.Struct, array_like=True):
    light: Light
    since_us: int
    count: int
    view: ReferenceState


class _Marks(msgspec.Struct, array_like=True):
    """Instants of what was seen last, in microseconds; -1 for never."""

    last: int = -1
    usual: int = -1
    """The view was clear, whatever stood in it."""
    clear: int = -1
    """It was as clear as ever."""
    hazy: int = -1
    """Since when it is less clear than usual, by fog or dew."""
    crowded: int = -1
    """Something sharp hid a part of the view."""
    followed: int = -1
    uneven: int = -1
    switched: int = -(1 << 60)
    run: int = -1
    """Begin of the present run of pictures that look like tampering, approach included."""
    full: int = -1
    """The first of them that shows it fully."""
    fulls: int = 0
    pictures: int = 0
    gap: int = 0
    """Longest time between two pictures of the run, the one before it included."""
    turned: bool = False
    """The view was seen to shift in this run."""
    standing: str = ""
    """What is told at present."""
    since: int = -1


class _Memory(msgspec.Struct, array_like=True):
    references: dict[Light, ReferenceState]
    learning: _Learning | None
    light: Light | None
    marks: _Marks


@dataclass(frozen=True, slots=True)
class _Case:
    """One picture and the reference it is most like."""

    look: Look
    view: View
    light: Light
    known: Reference
    match: Match
    own: bool
    """The reference is that of this light."""
    kin: bool
    """Both are with colour or both without: sharpness and contrast may be compared."""


class TamperJudge(Judge):
    """Judge the whole view against its reference."""

    def __init__(self, parameters: TamperParameters) -> None:
        self._parameters = parameters
        self._references: dict[Light, Reference] = {}
        self._learning: tuple[Light, int, int, Reference] | None = None
        self._light: Light | None = None
        self._marks = _Marks()

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        if look.gray.shape[0] < _PIXELS_LEAST[0] or look.gray.shape[1] < _PIXELS_LEAST[1]:
            return None
        marks, view = self._marks, View.of(look.gray)
        gap_us = max(0, look.at_us - marks.last)
        marks.last = look.at_us
        if view.bright > _GLARE and not look.infrared:
            return None
        if view.bright < _BLACK:
            return self._black(look)
        light = self._light_of(look, view)
        if light != self._light:
            marks.switched = marks.switched if self._light is None else look.at_us
            self._light = light
        case = self._case(look, view, light)
        if case is None:
            self._learn(light, view, look.at_us)
            return None
        sign = self._sign(case)
        if light not in self._references and self._is_new_light(case, sign):
            self._learn(light, view, look.at_us)
            if sign != "usual":
                return None
        return self._weigh(case, sign, gap_us)

    def _light_of(self, look: Look, view: View) -> Light:
        if look.infrared:
            return "infrared"
        return "dim" if view.bright < _DIM[self._light == "dim"] else "day"

    def _case(self, look: Look, view: View, light: Light) -> _Case | None:
        """Compare with this light's reference; where it is unlike, with those of the others too."""
        best: tuple[Light, Reference, Match] | None = None
        for name in (light, *(other for other in self._references if other != light)):
            known = self._references.get(name)
            match = None if known is None else known.compare(view)
            if known is None or match is None:
                continue
            # Another light's reference speaks only where this light has none, or where it knows the view.
            if best is None or (match.stands >= _USUAL and match.stands > best[2].stands):
                best = name, known, match
            if best[2].stands >= _USUAL:
                break
        if best is None:
            return None
        name, known, match = best
        kin = (name == "infrared") == (light == "infrared")
        return _Case(look, view, light, known, match, own=name == light, kin=kin)

    def _sign(self, case: _Case) -> Sign:
        wanted, match = self._parameters, case.match
        if match.uneven:
            self._marks.uneven = case.look.at_us
        if match.stands < 0.75 and match.soft >= wanted.soft and self._has_moved(case):
            self._marks.turned = True
            return "moved"
        if match.stands < wanted.covered and match.gone >= 0.5:
            near = match.soft < wanted.soft and (case.kin or match.left < 0.5)
            return "covered" if near else "replaced"
        # The infra-red lamp lights another contrast, but not so much less.
        if match.seen < wanted.veiled * (1.0 if case.kin else 0.5):
            return "veiled"
        if match.stands < 0.75 and match.soft < wanted.soft and match.left < 0.8:
            return "partly"
        return self._of_the_rest(case)

    def _has_moved(self, case: _Case) -> bool:
        away, sure = case.known.shift(case.view)
        return away >= self._parameters.shifted and sure >= (_SURE if case.match.stands < 0.5 else 2 * _SURE)

    def _of_the_rest(self, case: _Case) -> Sign:
        match = case.match
        if match.stands < _USUAL:
            return "busy"
        if not case.kin:
            return "usual"
        if match.crisp < self._parameters.blurred:
            return "blurred"
        return "usual" if match.seen >= 0.6 and match.crisp >= 0.85 else "hazy"

    def _is_new_light(self, case: _Case, sign: Sign) -> bool:
        """Whether this is the usual view as another kind of light shows it, seen for the first time."""
        return sign in {"usual", "replaced"} or (sign == "busy" and case.match.soft >= self._parameters.soft)

    def _weigh(self, case: _Case, sign: Sign, gap_us: int) -> Opinion:
        marks, at_us = self._marks, case.look.at_us
        if sign in {"usual", "hazy", "busy"}:
            self._end_run()
            if sign == "usual" or (sign == "busy" and case.match.seen >= 0.6):
                marks.usual = at_us
                marks.hazy = -1
                marks.clear = at_us if case.match.seen >= 0.8 else marks.clear
            elif sign == "hazy" and marks.hazy < 0:
                marks.hazy = at_us
            if case.match.stands < 0.7:
                marks.crowded = at_us
            if sign != "busy" or case.match.stands >= 0.5:
                marks.standing = ""
            if case.own and at_us - marks.followed >= _FOLLOW_US:
                marks.followed = at_us
                case.known.follow(case.view, case.match)
            return self._opinion(case.match)
        if marks.run < 0:
            marks.run, marks.gap = at_us, gap_us
        marks.gap = max(marks.gap, gap_us)
        marks.pictures += 1
        if sign != "partly":
            marks.full = at_us if marks.full < 0 else marks.full
            marks.fulls += 1
            if not marks.standing and self._convinces(case, sign):
                marks.standing, marks.since = _CODES[sign], at_us
        self._settle(case)
        return self._opinion(case.match)

    def _end_run(self) -> None:
        marks = self._marks
        marks.run, marks.full, marks.fulls, marks.pictures, marks.turned = -1, -1, 0, 0, False

    def _convinces(self, case: _Case, sign: Sign) -> bool:
        wanted, marks, now = self._parameters, self._marks, case.look.at_us
        held, still = now - marks.full, case.look.steady >= STEADY
        if sign == "moved":
            return held >= _MOVED_US and marks.fulls >= 2 and still
        within = max(wanted.sudden_seconds * SECOND_US, marks.gap)
        if marks.usual < 0 or marks.gap > _APART_US or marks.run - marks.usual > within:
            return False
        if marks.hazy >= 0 and marks.run - marks.hazy >= _HAZY_US:
            return False
        if sign == "replaced":
            if marks.turned:
                return held >= _TURNED_US and marks.fulls >= 3 and still
            # What drove or walked in hid a part of the view before it hid all of it.
            came = marks.crowded >= 0 and marks.run - marks.crowded <= within
            long = (
                wanted.replaced_seconds if marks.gap <= _SEEN_COMING_US else _SLOWLY * wanted.replaced_seconds
            )
            return not came and held >= long * SECOND_US and marks.fulls >= 3 and still
        if sign == "veiled":
            fast = marks.run - marks.clear <= max(_SPRAYED_US, marks.gap)
            return fast and held >= _VEILED_US and marks.fulls >= 3
        if sign == "blurred":
            hunting = now - marks.switched < 2 * _FOCUS_US
            return held >= (_FOCUS_US if hunting else _BLURRED_US) and marks.fulls >= 2
        if float(np.mean(case.view.half >= _WHITE)) > _DAZZLED:
            return held >= _DAZZLE_US and marks.fulls >= 3
        approached = marks.pictures >= 2 and now - marks.run <= _APPROACH_US
        return now - marks.run >= _COVERED_US and (marks.fulls >= 2 or approached)

    def _black(self, look: Look) -> Opinion | None:
        """A black picture is tampering only where the cover was seen to come."""
        marks = self._marks
        if marks.standing == "covered":
            return self._opinion(None)
        seen_coming = marks.uneven >= 0 and look.at_us - marks.uneven <= _APPROACH_US
        if marks.full < 0 and not seen_coming:
            return None
        marks.full = look.at_us if marks.full < 0 else marks.full
        marks.fulls += 1
        if look.at_us - marks.full >= _COVERED_US and marks.fulls >= 2:
            marks.standing, marks.since = "covered", look.at_us
        return self._opinion(None)

    def _settle(self, case: _Case) -> None:
        """Take another view as the usual one after a long time; never one that is covered or blurred."""
        marks = self._marks
        long_enough = case.look.at_us - marks.since >= self._parameters.settle_seconds * SECOND_US
        if marks.standing == "moved" and long_enough and case.look.steady >= STEADY:
            self._references = {case.light: Reference.of(case.view)}
            marks.standing = ""
            self._end_run()

    def _learn(self, light: Light, view: View, at_us: int) -> None:
        """Take a view as reference once three pictures in a row agree about it."""
        if self._learning is not None and self._learning[0] == light:
            _, since, count, known = self._learning
            match = known.compare(view)
            if match is not None and match.stands >= 0.6:
                self._learning = (light, since, count + 1, known)
                if count + 1 >= _LEARN and at_us - since >= _LEARN_US:
                    self._references[light], self._learning = known, None
                    self._marks.usual = at_us
                return
        fresh = Reference.of(view)
        self._learning = (light, at_us, 1, fresh) if fresh.speaks() else None

    def _opinion(self, match: Match | None) -> Opinion:
        state = self._marks.standing
        stands = 0.0 if match is None else match.stands
        figures: tuple[tuple[str, float], ...] = ()
        if match is not None:
            figures = (
                ("stands", round(match.stands, 3)),
                ("seen", round(match.seen, 3)),
                ("crisp", round(match.crisp, 3)),
                ("soft", round(match.soft, 3)),
            )
        verdict = Verdict(
            reason=f"the camera looks {state}: {stands:.0%} of the usual view stands",
            code=f"tamper.{state}",
            figures=figures,
            back="the usual view is back",
            back_code="tamper.back",
        )
        return Opinion(score=(1.0 - stands / 2) if state else 0.0, verdict=verdict)

    @override
    def memory(self) -> bytes:
        learning = None
        if self._learning is not None:
            light, since, count, known = self._learning
            learning = _Learning(light, since, count, known.state())
        states = {light: known.state() for light, known in self._references.items()}
        return msgspec.msgpack.encode(_Memory(states, learning, self._light, self._marks))

    @override
    def remember(self, state: bytes) -> None:
        known = read_state(state, _Memory)
        self._references = {light: Reference.read(kept) for light, kept in known.references.items()}
        self._learning = None
        if known.learning is not None:
            one = known.learning
            self._learning = (one.light, one.since_us, one.count, Reference.read(one.view))
        self._light, self._marks = known.light, known.marks


def tamper(subject: Subject, parameters: TamperParameters, zone: Polygon | None) -> Judged:
    """Make a tamper detector; the zone is not used, because a cover covers all."""
    del zone
    return Judged(subject, parameters, TamperJudge(parameters), None)
