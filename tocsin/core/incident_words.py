"""The words of an incident's life: states, verdicts, grades, and what else its events say in one word."""

from __future__ import annotations

from enum import StrEnum, unique

import msgspec


class Word(StrEnum):
    """A word of the log; hashed as the text that it is, because words are looked up for every event."""

    __hash__ = str.__hash__


@unique
class Grade(Word):
    """Severity, worst first: 特别重大, 重大, 较大, 一般."""

    I = "I"  # noqa: E741 the grade's own name in the law
    II = "II"
    III = "III"
    IV = "IV"


@unique
class State(Word):
    """Where in its life an incident stands."""

    REPORTED = "reported"
    """Somebody in the field says so (采集, 上报); nobody at the desk has taken it up."""
    RECEIVED = "received"
    """Taken up (受理); waits for confirmation, or for filing as a matter that is no emergency."""
    VERIFIED = "verified"
    """Confirmed (核实); clocks run; nobody has accepted yet."""
    FILED = "filed"
    """On the working-time track (立案): waits to be dispatched."""
    DISPATCHED = "dispatched"
    """Given to an organisation (派遣), which has not taken it on yet."""
    ACCEPTED = "accepted"
    """Somebody is going, or an organisation has taken it on (签收)."""
    HANDLING = "handling"
    """Somebody is at the scene, or at work on it (处置)."""
    HANDLED = "handled"
    """The scene or the organisation says done (处置反馈); waits to be checked or closed."""
    CHECKED = "checked"
    """The desk has found it done (核查); waits to be closed."""
    CLOSED = "closed"
    """Struck off (结案, 销号); may wait to be called back about and evaluated."""
    EVALUATED = "evaluated"
    """Called back and evaluated (评价): nothing more to do."""
    REJECTED = "rejected"
    MERGED = "merged"

    open: bool
    """Whether it still waits on somebody; a plain attribute, because it is read at every step."""

    def __init__(self, word: str) -> None:
        self.open = word not in {"closed", "evaluated", "rejected", "merged"}


@unique
class Verdict(Word):
    """What became of one tier's clock."""

    ARRIVED = "arrived"
    LATE = "late"
    MISSED = "missed"
    STOOD_DOWN = "stood_down"


@unique
class Basis(Word):
    """Who or what made a statement, and how much it is worth."""

    OPERATOR = "operator"
    AUTOMATIC = "automatic"
    """The policy confirms this kind, or two sources agree."""
    UNANSWERED = "unanswered"
    """Nobody answered in time; the system went on alone."""
    SCENE = "scene"
    """A responder at the place."""
    POSITION = "position"
    """The phone's position within the radius of the place."""
    TAG = "tag"
    """The QR code or NFC tag that hangs at the place."""
    PHOTO = "photo"
    """A photo taken on the spot that shows a code given a moment before."""
    CAMERA = "camera"
    """The camera that raised the alarm sees a person, and somebody says that they are there."""
    DECLARED = "declared"
    """The responder says so, without proof."""
    DEADLINE = "deadline"
    ENDED = "ended"
    """The incident was rejected, merged or closed."""


@unique
class Mode(Word):
    """How tiers are activated."""

    PARALLEL = "parallel"
    STAGED = "staged"
    STAGGERED = "staggered"


@unique
class Readiness(Word):
    """In what time an incident is opened: 平时 or 战时; policies may answer differently."""

    PEACE = "peace"
    ALERT = "alert"
    """A warning is in force: flood season, fire danger, a festival."""


@unique
class Lateness(Word):
    """How an incident that came late is treated (DESIGN section 6)."""

    LIVE = "live"
    LATE = "late"
    """Older than the bound or of unknown age, still raised: waits for an operator, is never confirmed by itself."""
    RETROSPECTIVE = "retrospective"
    """Already over when it was heard of: a record without clocks."""


@unique
class Outcome(Word):
    """What became of one notice."""

    SENT = "sent"
    """The provider took it."""
    DELIVERED = "delivered"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """The provider did not answer: it may have been sent."""
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"
    """Refused or unknown after the last try."""


@unique
class Source(Word):
    """Where an incident was heard of."""

    SENSOR = "sensor"
    VIDEO = "video"
    BUTTON = "button"
    """One press for help (一键呼应)."""
    DESK = "desk"
    """An operator wrote down what somebody told them."""
    MEMBER = "member"
    """A grid member (网格员) on patrol."""
    CITIZEN = "citizen"
    """A villager's photo or message."""
    HOTLINE = "hotline"
    """12345 and its like."""
    SUPERIOR = "superior"
    """Handed down from above."""
    FEED = "feed"
    """Another system: weather, fire, a hotline's interface."""


@unique
class Stage(Word):
    """A stretch of the working-time track that has a limit of its own; it waits on one party."""

    RECEIVE = "receive"
    """The desk takes a report up."""
    DISPATCH = "dispatch"
    """The desk gives it to an organisation."""
    ACCEPT = "accept"
    """The organisation takes it on."""
    HANDLE = "handle"
    """The organisation deals with it."""
    CHECK = "check"
    """The desk finds it done, or sends it back."""
    CLOSE = "close"
    """The desk strikes it off."""
    EVALUATE = "evaluate"
    """The desk calls back and evaluates."""


@unique
class Service(Word):
    """Whom an incident is transferred to."""

    POLICE = "110"
    FIRE = "119"
    MEDICAL = "120"
    TRAFFIC = "122"
    HOTLINE = "12345"
    OTHER = "other"


@unique
class UpStage(Word):
    """A report to the level above (初报, 续报, 终报)."""

    INITIAL = "initial"
    FOLLOW_UP = "follow_up"
    FINAL = "final"


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", omit_defaults=True):
    """Something that happened in an incident's life; each kind is named by its tag."""
