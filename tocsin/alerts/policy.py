"""Response policies: from YAML to checked values, and the name of a version.

`parse_policy` refuses with every fault at once, each a sentence that says what to write.
`policy_id` names a text for ever: the same text has the same id, any other text another.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from itertools import pairwise
from typing import Final

import yaml

from tocsin.alerts.policy_model import (
    GRADES,
    AlarmRules,
    Automatic,
    Cause,
    Chatter,
    Delays,
    Expiry,
    Family,
    Late,
    Proofs,
    Reminders,
    ResponsePolicy,
    Soft,
    Unanswered,
    scaled,
    worse,
)
from tocsin.alerts.policy_reader import Reader
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import SEGMENT, PolicyId
from tocsin.core.incidents import Basis, Grade, Mode
from tocsin.core.responders import Channel

__all__ = [
    "GRADES",
    "Automatic",
    "Expiry",
    "Family",
    "Late",
    "ResponsePolicy",
    "Soft",
    "Unanswered",
    "parse_policy",
    "policy_id",
    "scaled",
    "worse",
]

TEXT_CHARACTERS_MAX: Final = 64 * 1024
_PROOFS: Final = (
    Basis.OPERATOR,
    Basis.POSITION,
    Basis.TAG,
    Basis.PHOTO,
    Basis.CAMERA,
    Basis.DECLARED,
    Basis.SCENE,
)


class _Loader(yaml.SafeLoader):
    """The safe loader, with the words of YAML 1.2: `on` and `off` are keys here, no truth values."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)$"), ["t", "f"])


def policy_id(text: str) -> PolicyId:
    """Name the version that a text is: its name, `@`, and 12 digits of the text's SHA-256.

    Line ends and spaces at them do not count. Raises `Rejected` (`policy.form`) without a usable name.
    """
    name = _tree(text).get("name")
    if not isinstance(name, str) or SEGMENT.fullmatch(name) is None:
        raise Rejected(
            "policy.form", "`name` must be 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit"
        )
    canonical = "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"
    return PolicyId(f"{name}@{hashlib.sha256(canonical.encode()).hexdigest()[:12]}")


def parse_policy(text: str) -> ResponsePolicy:
    """Read a policy from YAML.

    Raises `Rejected` (`policy.form` for text that is no YAML mapping, `policy.faults` with one sentence
    per fault, joined by line ends).
    """
    reader = Reader(_tree(text))
    policy = _read(reader)
    faults = reader.finish()
    if policy is not None and not faults:
        faults = _contradictions(policy)
    if policy is None or faults:
        raise Rejected("policy.faults", "\n".join(faults))
    return policy


def _tree(text: str) -> dict[object, object]:
    if len(text) > TEXT_CHARACTERS_MAX:
        raise Rejected(
            "policy.form", f"a policy of {len(text)} characters exceeds the {TEXT_CHARACTERS_MAX} allowed"
        )
    try:
        tree = yaml.load(text, _Loader)  # noqa: S506 a safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Rejected("policy.form", f"the policy is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(tree, dict):
        raise Rejected("policy.form", "the policy must be a YAML mapping that begins with `name:`")
    return tree


def _read(top: Reader) -> ResponsePolicy | None:
    soft, unanswered, automatic = top.section("soft"), top.section("unanswered"), top.section("automatic")
    late, notices = top.section("late"), top.section("notices")
    values = ResponsePolicy(
        name=top.name("name"),
        windows=top.by_key("windows", Tier, Reader.duration),
        modes=top.by_key("modes", Grade, lambda r, key: r.one(key, Mode)),
        stand_by_at=top.number("stand_by_at", 0.0, 1.0),
        soft=Soft(seen=soft.duration("seen"), accepted=soft.duration("accepted")),
        call_together=top.by_key("call_together", Tier, lambda r, key: int(r.number(key, 1, 50, whole=True))),
        channels=top.by_key("channels", Tier, lambda r, key: r.several(key, Channel, least=1)),
        unanswered=Unanswered(
            supervisor=unanswered.duration("supervisor"),
            system=unanswered.duration("system"),
            again=unanswered.duration("again"),
            system_confirms=frozenset(unanswered.several("system_confirms", Grade)),
        ),
        automatic=Automatic(
            alone=frozenset(automatic.several("alone", Kind)),
            certified=frozenset(automatic.several("certified", Kind)),
            agreeing=frozenset(automatic.several("agreeing", Kind)),
            sources=int(automatic.number("sources", 2, 10, whole=True)),
        ),
        grades=top.grades("grades"),
        opens=frozenset(top.several("opens", Kind)),
        stops=top.by_key("stops", Tier, lambda r, key: frozenset(r.several(key, Basis, allowed=_PROOFS))),
        radius_m=top.number("radius", 1, 50_000),
        accuracy_m=top.number("accuracy", 1, 50_000),
        late=Late(bound=late.duration("bound"), call=late.duration("call")),
        claim_before=top.duration("claim_before"),
        rearm=top.duration("rearm"),
        punctual=top.duration("punctual"),
        families=tuple(
            _family(r, frozenset(r.several("kinds", Kind, least=1))) for r in top.items("families")
        ),
        correlation=_family(top.section("correlation"), frozenset()),
        notices=Expiry(
            recall=notices.duration("recall"),
            look=notices.duration("look"),
            unanswered=notices.duration("unanswered"),
            missed=notices.duration("missed"),
            siren=notices.duration("siren"),
        ),
        siren=frozenset(top.several("siren", Grade)),
        alarms=_alarms(top) if top.has("alarms") else AlarmRules(),
        proofs=_proofs(top) if top.has("proofs") else Proofs(),
        reminders=_reminders(top) if top.has("reminders") else Reminders(),
    )
    return None if top.faults else values


def _family(reader: Reader, kinds: frozenset[Kind]) -> Family:
    return Family(
        kinds=kinds, within=reader.duration("within"), distance_m=reader.number("distance", 0, 50_000)
    )


def _alarms(top: Reader) -> AlarmRules:
    reader, usual = top.section("alarms"), AlarmRules()
    chatter = reader.section("chatter") if reader.has("chatter") else None
    delays = reader.section("delays") if reader.has("delays") else None
    return AlarmRules(
        delays={} if delays is None else {k: _delays(delays.section(k)) for k in Kind if delays.has(k)},
        chatter=usual.chatter
        if chatter is None
        else Chatter(
            count=int(chatter.number("count", 2, 100, whole=True)),
            within=chatter.duration("within"),
            hold=chatter.duration("hold"),
        ),
        stale=reader.duration("stale") if reader.has("stale") else usual.stale,
        shelve_max=reader.duration("shelve_max") if reader.has("shelve_max") else usual.shelve_max,
        causes=tuple(
            Cause(
                roots=frozenset(cause.several("roots", Kind, least=1)),
                explains=frozenset(cause.several("explains", Kind, least=1)),
            )
            for cause in (reader.items("causes") if reader.has("causes") else [])
        ),
    )


def _delays(reader: Reader) -> Delays:
    return Delays(
        on=reader.duration("on", zero=True) if reader.has("on") else timedelta(),
        off=reader.duration("off", zero=True) if reader.has("off") else timedelta(),
    )


def _proofs(top: Reader) -> Proofs:
    reader, usual = top.section("proofs"), Proofs()
    return Proofs(
        position_age=reader.duration("position_age") if reader.has("position_age") else usual.position_age,
        photo=reader.duration("photo") if reader.has("photo") else usual.photo,
        camera=reader.duration("camera") if reader.has("camera") else usual.camera,
    )


def _reminders(top: Reader) -> Reminders:
    reader, usual = top.section("reminders"), Reminders()
    return Reminders(
        handled=reader.duration("handled") if reader.has("handled") else usual.handled,
        again=reader.duration("again") if reader.has("again") else usual.again,
        most=int(reader.number("most", 0, 100, whole=True)) if reader.has("most") else usual.most,
    )


def _contradictions(policy: ResponsePolicy) -> list[str]:
    faults = []
    for below, above in pairwise(TIERS):
        if policy.windows[above] <= policy.windows[below]:
            faults.append(f"windows.{above}: must be longer than windows.{below}")
    if policy.unanswered.system <= policy.unanswered.supervisor:
        faults.append("unanswered.system: must be longer than unanswered.supervisor")
    seen: set[Kind] = set()
    for place, family in enumerate(policy.families):
        faults.extend(
            f"families[{place}].kinds: {kind} stands in an earlier family; name each kind once"
            for kind in sorted(family.kinds & seen)
        )
        seen |= family.kinds
    return faults
