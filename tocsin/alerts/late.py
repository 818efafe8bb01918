"""Whether what is heard now still pages anybody (DESIGN section 6): late data never does by itself."""

from __future__ import annotations

from datetime import timedelta

from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.core.detections import Kind
from tocsin.core.incidents import Lateness


def classify(age: timedelta | None, kind: Kind, policy: ResponsePolicy, *, raised: bool) -> Lateness:
    """Say how a detection of an age is treated; None is an age that cannot be known.

    A one-button call of unknown age pages: somebody may be waiting. At the bound itself it is live.
    """
    if (kind is Kind.CALL) if age is None else age <= policy.late_bound(kind):
        return Lateness.LIVE
    # Of unknown age it may be happening now, whatever the newest report says.
    return Lateness.LATE if raised or age is None else Lateness.RETROSPECTIVE
