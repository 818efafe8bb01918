"""Every planted fault, by the part of the core in which it stands."""

from __future__ import annotations

from typing import Final

from tests.mutants import (
    faults_calls,
    faults_cases,
    faults_clocks,
    faults_decide,
    faults_figures,
    faults_notices,
    faults_shell,
    faults_source,
)
from tests.mutants.fault import Fault

FAULTS: Final[tuple[Fault, ...]] = (
    *faults_source.FAULTS,
    *faults_decide.FAULTS,
    *faults_clocks.FAULTS,
    *faults_calls.FAULTS,
    *faults_cases.FAULTS,
    *faults_figures.FAULTS,
    *faults_notices.FAULTS,
    *faults_shell.FAULTS,
)
