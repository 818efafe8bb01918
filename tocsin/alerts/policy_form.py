"""The form of a policy: every key with what it means, its bounds, and the field that it fills.

This one declaration reads policies and makes their JSON Schema (`docs/policy.schema.json`); a key
that is not declared here does not exist.  What several keys say together is checked in `alerts.policy`.
"""

from __future__ import annotations

from typing import Final

from tocsin.alerts.policy_model import (
    AlarmRules,
    Automatic,
    Cause,
    Chatter,
    Delays,
    Expiry,
    Family,
    Late,
    Plan,
    Proofs,
    Reminders,
    ReportsUp,
    ResponsePolicy,
    Soft,
    Step,
    Unanswered,
)
from tocsin.alerts.policy_reader import (
    Codes,
    Duration,
    Key,
    ListOf,
    Name,
    Number,
    PartOfDay,
    Section,
    Sentence,
    Severities,
    Table,
    Term,
    Word,
    Words,
)
from tocsin.alerts.policy_rules import Rule, When
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode
from tocsin.core.incidents import Basis, Grade, Mode, Readiness
from tocsin.core.responders import Channel

RULES_MAX: Final = 50
PLANS_MAX: Final = 100
METRES: Final = Number(0, 50_000)
_PROOFS: Final = (
    Basis.OPERATOR,
    Basis.POSITION,
    Basis.TAG,
    Basis.PHOTO,
    Basis.CAMERA,
    Basis.DECLARED,
    Basis.SCENE,
)


def _correlation(**values: object) -> Family:
    return Family(kinds=frozenset(), **values)  # type: ignore[arg-type]  # the section reads the other two


def _when(grids: frozenset[GridCode] = frozenset(), **values: object) -> When:
    return When(grids=grids, **values)  # type: ignore[arg-type]  # the section reads the others


_SOFT: Final = Section(
    (
        Key("seen", Duration(), "Not seen for so long: the person's next channel is tried."),
        Key("accepted", Duration(), "Not accepted for so long: the tier's next person is called."),
    ),
    Soft,
)
_UNANSWERED: Final = Section(
    (
        Key(
            "supervisor",
            Duration(),
            "Nobody has confirmed for so long: supervisors are called, the village is asked to look.",
        ),
        Key(
            "system", Duration(), "Nobody has confirmed for so long: the system confirms alone, where it may."
        ),
        Key("again", Duration(), "How often it asks again, and calls everybody again when all tiers missed."),
        Key("system_confirms", Words(Grade, frozenset), "Proposed grades that the system may confirm alone."),
    ),
    Unanswered,
)
_AUTOMATIC: Final = Section(
    (
        Key("alone", Words(Kind, frozenset), "Kinds that one device confirms alone."),
        Key("certified", Words(Kind, frozenset), "Kinds that one certified device confirms alone."),
        Key("agreeing", Words(Kind, frozenset), "Kinds that several devices confirm when they agree."),
        Key("sources", Number(2, 10, whole=True), "How many distinct devices must agree."),
    ),
    Automatic,
)
_NOTICES: Final = Section(
    (
        Key("recall", Duration(), "How long it is worth telling somebody to stand down."),
        Key("look", Duration(), "How long it is worth asking the village to look."),
        Key("unanswered", Duration(), "How long it is worth telling supervisors that nobody confirms."),
        Key("missed", Duration(), "How long it is worth telling that a tier missed."),
        Key("siren", Duration(), "How long it is worth sounding the siren."),
    ),
    Expiry,
)
_PROOF_BOUNDS: Final = Section(
    (
        Key("position_age", Duration(), "An older position proves nothing.", optional=True),
        Key("photo", Duration(), "How long a challenge code for a photo is good.", optional=True),
        Key(
            "camera",
            Duration(),
            "How far apart a sighting and somebody's word may be.",
            optional=True,
        ),
    ),
    Proofs,
)
_REMINDERS: Final = Section(
    (
        Key(
            "handled",
            Duration(),
            "From *done* until supervisors hear that nobody has closed it.",
            optional=True,
        ),
        Key("again", Duration(), "How often they hear it again.", optional=True),
        Key("most", Number(0, 100, whole=True), "How often at most; 0 never reminds.", optional=True),
        Key(
            "grade",
            Duration(),
            "From a confirmation by the system until supervisors hear that nobody answers for the grade; left out, never.",
            optional=True,
        ),
        Key(
            "evaluate",
            Duration(),
            "From closing until supervisors hear that nobody has evaluated it, and again as often; left out, never.",
            optional=True,
        ),
        Key(
            "received",
            Duration(),
            "From a report until supervisors hear that nobody has taken it up.",
            optional=True,
        ),
        Key(
            "extension",
            Duration(),
            "How often they hear that somebody asked for more time and has no answer.",
            optional=True,
        ),
        Key("overdue", Duration(), "How often a limit that has passed is said again.", optional=True),
        Key("idle", Duration(), "How often a stage without a limit is said.", optional=True),
    ),
    Reminders,
)
_CASE_KEYS: Final = (
    Key(
        "windows",
        Table(Tier, Duration(), whole=True),
        "From confirmation until somebody of the tier is on the scene; rises with the tier.",
    ),
    Key(
        "modes",
        Table(Grade, Word(Mode), whole=True),
        "Which tiers are called by grade: all at once (parallel), one after the other (staged), or one after the other with a warning before (staggered).",
    ),
    Key(
        "stand_by_at",
        Number(0.0, 1.0),
        "Staggered: the next tier is warned at this part of the window.",
    ),
    Key("soft", _SOFT, "Timers that only call further; they give no verdict."),
    Key(
        "call_together",
        Table(Tier, Number(1, 50, whole=True), whole=True),
        "People of a tier who are called at once.",
    ),
    Key(
        "channels",
        Table(Tier, Words(Channel, least=1), whole=True),
        "Channels in the order in which they are tried, as far as a person has them.",
    ),
    Key("unanswered", _UNANSWERED, "What happens while nobody confirms."),
    Key("automatic", _AUTOMATIC, "What is confirmed without a person."),
    Key(
        "stops",
        Table(Tier, Words(_PROOFS, frozenset), whole=True),
        "Which proofs of arrival stop which tier's clock.",
    ),
    Key("accuracy", Number(1, 50_000), "Metres; a vaguer position proves nothing.", "accuracy_m"),
    Key("claim_before", Duration(), "A claimed arrival may lie so long before the incident was opened."),
    Key("notices", _NOTICES, "How long each notice is worth sending; a call expires with its clock."),
    Key("siren", Words(Grade, frozenset), "Grades for which the siren of the village sounds."),
    Key("proofs", _PROOF_BOUNDS, "Within what bounds a proof of arrival holds.", optional=True),
    Key("reminders", _REMINDERS, "When something that waits on somebody is said again.", optional=True),
)
"""What rules by case may change: everything that is asked once an incident is open."""

_WHEN: Final = Section(
    (
        Key("kinds", Words(Kind, frozenset, least=1), "Kinds of incident.", optional=True),
        Key("grades", Words(Grade, frozenset, least=1), "Grades as they are now.", optional=True),
        Key("grids", Codes(), "Codes of grids, each with all that lies below it.", optional=True),
        Key(
            "hours",
            PartOfDay(),
            "Part of the day in Asia/Shanghai in which the incident was opened; may wrap around midnight.",
            optional=True,
        ),
        Key(
            "readiness",
            Word(Readiness),
            "In what time it was opened: peace (平时) or alert (战时).",
            optional=True,
        ),
    ),
    _when,
)
_RULE: Final = Section(
    (
        Key("name", Name(), "Name of the rule, for explanations and faults."),
        Key("when", _WHEN, "For which incidents it holds; all that is named must hold."),
        Key(
            "then",
            Section(_CASE_KEYS, dict).partial(),
            "New values; what is not named stays. The later of two rules wins, value by value.",
        ),
    ),
    Rule,
)
_FAMILY: Final = (
    Key("within", Duration(), "How far apart in time they may be."),
    Key("distance", METRES, "How far apart they may be, metres.", "distance_m"),
)
_ALARMS: Final = Section(
    (
        Key(
            "delays",
            Table(
                Kind,
                Section(
                    (
                        Key(
                            "on",
                            Duration(zero=True),
                            "How long it must stand before it is an alarm.",
                            optional=True,
                        ),
                        Key(
                            "off",
                            Duration(zero=True),
                            "How long it must be gone before it is none.",
                            optional=True,
                        ),
                    ),
                    Delays,
                ),
            ),
            "On- and off-delay by kind; kinds without an entry have none.",
            optional=True,
        ),
        Key(
            "chatter",
            Section(
                (
                    Key("count", Number(2, 10, whole=True), "Raised so often", optional=True),
                    Key("within", Duration(), "within so long: it chatters;", optional=True),
                    Key("hold", Duration(), "it stays raised until it was quiet so long.", optional=True),
                ),
                Chatter,
            ),
            "When an alarm chatters.",
            optional=True,
        ),
        Key("stale", Duration(), "An alarm raised for longer is stale.", optional=True),
        Key("shelve_max", Duration(), "Longest time for which one person may shelve.", optional=True),
        Key(
            "causes",
            ListOf(
                Section(
                    (
                        Key("roots", Words(Kind, frozenset, least=1), "While one of these stands,"),
                        Key("explains", Words(Kind, frozenset, least=1), "these are suppressed."),
                    ),
                    Cause,
                ),
                20,
            ),
            "Alarms that explain others of the same collector.",
            optional=True,
        ),
    ),
    AlarmRules,
)
_REPORTS_UP: Final = Section(
    (
        Key(
            "initial",
            Table(Grade, Duration()),
            "From confirmation until the level above must have heard of it.",
            optional=True,
        ),
        Key(
            "follow_up",
            Table(Grade, Duration()),
            "From one report to the next while it is open.",
            optional=True,
        ),
        Key("final", Table(Grade, Term()), "From closing until the last report.", optional=True),
    ),
    ReportsUp,
)
_PLAN: Final = Section(
    (
        Key("id", Name(), "Name of the plan."),
        Key("zh", Sentence(40), "Its title in Chinese."),
        Key("en", Sentence(80), "Its title in English."),
        Key("kinds", Words(Kind, frozenset, least=1), "Kinds of incident that it is for."),
        Key("grades", Words(Grade, frozenset, least=1), "Grades that it is for; all without.", optional=True),
        Key(
            "steps",
            ListOf(
                Section(
                    (
                        Key("id", Name(), "Name of the step; what was ticked keeps it."),
                        Key("zh", Sentence(100), "What is to be done, in Chinese."),
                        Key("en", Sentence(200), "The same in English."),
                        Key("tier", Word(Tier), "Whose it is; everybody's without.", optional=True),
                    ),
                    Step,
                ),
                40,
            ),
            "What is to be done, in order.",
        ),
    ),
    Plan,
)
POLICY: Final = Section(
    (
        Key("name", Name(), "Name of the policy; with the hash of its text it names the version."),
        *_CASE_KEYS,
        Key(
            "grades",
            Table(Kind, Severities()),
            "Proposal by kind: the severity from which a grade holds, worst grade first.",
        ),
        Key("opens", Words(Kind, frozenset), "Kinds that open incidents; all others are alarms only."),
        Key(
            "radius",
            Number(1, 50_000),
            "Metres around the place, where neither device nor grid says otherwise.",
            "radius_m",
        ),
        Key(
            "late",
            Section(
                (
                    Key("bound", Duration(), "An older detection never confirms by itself."),
                    Key("call", Duration(), "The same for a one-button call."),
                ),
                Late,
            ),
            "From what age a detection never pages by itself.",
        ),
        Key("rearm", Duration(), "A condition must have been clear for so long to open an incident again."),
        Key("punctual", Duration(), "A deadline that is handled later than this counts as our outage."),
        Key(
            "families",
            ListOf(
                Section(
                    (Key("kinds", Words(Kind, frozenset, least=1), "Signs of one happening."), *_FAMILY),
                    Family,
                ),
                50,
            ),
            "Kinds that are signs of one happening when near in time and place.",
        ),
        Key("correlation", Section(_FAMILY, _correlation), "The same for kinds in no family."),
        Key("alarms", _ALARMS, "How alarms behave before anybody answers them (ISA-18.2).", optional=True),
        Key(
            "reports_up",
            _REPORTS_UP,
            "By when the level above must have been told, by grade; grades without an entry need not be reported.",
            optional=True,
        ),
        Key(
            "plans",
            ListOf(_PLAN, PLANS_MAX),
            "Checklists (预案); the first that is for a kind and grade is shown.",
            optional=True,
        ),
        Key("rules", ListOf(_RULE, RULES_MAX), "What is different in some cases.", optional=True),
    ),
    ResponsePolicy,
)
