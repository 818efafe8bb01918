"""Response policies: from YAML to checked values, and the name of a version.

`parse_policy` refuses with every fault at once, each a sentence that says what to write.
`policy_id` names a text for ever: the same text has the same id, any other text another.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Final

import yaml

from tocsin.alerts.policy_model import (
    GRADES,
    Automatic,
    Expiry,
    Family,
    Late,
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
        tree = yaml.safe_load(text)
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
    )
    return None if top.faults else values


def _family(reader: Reader, kinds: frozenset[Kind]) -> Family:
    return Family(
        kinds=kinds, within=reader.duration("within"), distance_m=reader.number("distance", 0, 50_000)
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
