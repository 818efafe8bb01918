"""Faults in what figures count, leave out and add up."""

from __future__ import annotations

from typing import Final

from tests.mutants.fault import Fault

READER: Final = ("tests/unit/town/test_fact_reader.py",)
RULES: Final = ("tests/unit/town/test_figure_rules.py",)
FIGURES: Final = ("tests/unit/town/test_figures.py",)
PERIODS: Final = ("tests/unit/town/test_periods.py",)
REPORTING: Final = ("tests/unit/town/test_reporting.py",)

FAULTS: Final = (
    Fault(
        name="figure-stood-down-counts",
        file="town/figure_rules.py",
        text="return Case(Part.OUT, Reason.STOOD_DOWN)\n        case None:\n            return Case(Part.OUT, Reason.RUNNING)\n\n\ndef arrival",
        instead="return Case(Part.MISS, Reason.STOOD_DOWN)\n        case None:\n            return Case(Part.OUT, Reason.RUNNING)\n\n\ndef arrival",
        breaks="a clock stood down before its deadline is in no share",
        tests=RULES,
    ),
    Fault(
        name="figure-late-is-in-time",
        file="town/figure_rules.py",
        text="return Case(Part.MISS, Reason.LATE, detail=clock.cause)",
        instead="return Case(Part.HIT, Reason.LATE, detail=clock.cause)",
        breaks="who comes late was not there in time",
        tests=RULES,
    ),
    Fault(
        name="figure-ours-charged-to-people",
        file="town/figure_rules.py",
        text="elif blamed == side:",
        instead='elif blamed == side or side == "people":',
        breaks="a miss of ours is never charged to people",
        tests=RULES,
    ),
    Fault(
        name="figure-never-forgotten",
        file="town/figures.py",
        text="self.seconds.append(_NEVER if case.seconds is None else case.seconds)",
        instead="self.seconds.append(0.0 if case.seconds is None else case.seconds)",
        breaks="who never came is longer than anybody, not quicker",
        tests=FIGURES,
    ),
    Fault(
        name="figure-rank-too-low",
        file="town/figures.py",
        text="math.ceil(share * len(times)) - 1",
        instead="math.ceil(share * len(times)) - 2",
        breaks="at least nine of ten lie at or below the ninth tenth",
        tests=FIGURES,
    ),
    Fault(
        name="figure-drill-counts",
        file="town/figures.py",
        text="if facts.drill is not drill or facts.test:",
        instead="if facts.test:",
        breaks="a drill changes no figure",
        tests=FIGURES,
    ),
    Fault(
        name="figure-test-counts",
        file="town/figures.py",
        text="if facts.drill is not drill or facts.test:",
        instead="if facts.drill is not drill:",
        breaks="a test changes no figure",
        tests=FIGURES,
    ),
    Fault(
        name="figure-of-the-place-itself",
        file="town/figures.py",
        text='    if path == scope:\n        return scope.rpartition(".")[2]\n',
        instead="",
        breaks="what happened at the place itself stands in its table under its own code",
        tests=FIGURES,
    ),
    Fault(
        name="figure-machine-judges",
        file="town/fact_reader.py",
        text='if recorded.actor.kind == "person" and event.reason_code in _FALSE:',
        instead="if event.reason_code in _FALSE:",
        breaks="only a person says that an alarm was false",
        tests=READER,
    ),
    Fault(
        name="figure-miss-washed-away",
        file="town/fact_reader.py",
        text="self.past += [clock for clock in self.clocks.values() if clock.verdict is not Verdict.STOOD_DOWN]",
        instead="self.past = []",
        breaks="rejecting and taking it back washes no miss away",
        tests=READER,
    ),
    Fault(
        name="figure-refused-time-granted",
        file="town/fact_reader.py",
        text='            self.count("extensions")\n            if self.working:',
        instead='            self.count("extensions")\n        if self.working:',
        breaks="time that was refused moves no limit",
        tests=READER,
    ),
    Fault(
        name="figure-cause-lost",
        file="town/fact_reader.py",
        text="Verdict.LATE: clock.cause}",
        instead='Verdict.LATE: ""}',
        breaks="a late arrival keeps the cause of its miss",
        tests=READER,
    ),
    Fault(
        name="figure-reached-before",
        file="town/fact_reader.py",
        text="            at = max(at, confirmed)\n",
        instead="",
        breaks="nobody is reached before there is something to reach them for",
        tests=READER,
    ),
    Fault(
        name="period-of-another-zone",
        file="town/periods.py",
        text="return datetime.combine(day, time(), tzinfo=LOCAL).astimezone(UTC)",
        instead="return datetime.combine(day, time(), tzinfo=UTC)",
        breaks="a day begins at midnight of the town",
        tests=PERIODS,
    ),
    Fault(
        name="period-compared-whole",
        file="town/periods.py",
        text="if period.running(now):",
        instead="if False:",
        breaks="half a month is compared with half a month",
        tests=PERIODS,
    ),
    Fault(
        name="page-twice",
        file="town/reporting.py",
        text="(one.facts.opened, one.facts.incident) <= begin:",
        instead="(one.facts.opened, one.facts.incident) < begin:",
        breaks="an incident stands on one page only",
        tests=REPORTING,
    ),
)
