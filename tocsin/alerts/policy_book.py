"""Which policy holds where, and every version by its id.

Files are read once, at the start: `default.yaml` holds everywhere, `<grid code>.yaml` for that grid and
all below it; without a folder the shipped one holds.  Versions are stored before anything may pin
them.  A policy that runs faster than written is a version of its own: its text begins with
`# speed: <factor>`, so that an incident pins what it ran under.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tocsin.alerts import policies
from tocsin.alerts.config import PolicyConfig
from tocsin.alerts.policy import ResponsePolicy, parse_policy, policy_id, scaled
from tocsin.alerts.ports import AlertsStore, AlertsUnit
from tocsin.core.errors import Rejected
from tocsin.core.grids import Grid
from tocsin.core.ids import PolicyId

DEFAULT: Final = "default"
FILES_MAX: Final = 1000
VERSIONS_KEPT: Final = 256
_SPEED: Final = re.compile(r"# speed: (\d{1,4}(?:\.\d{1,6})?)\n")


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One immutable version."""

    id: PolicyId
    policy: ResponsePolicy
    """As it runs: its durations divided by the speed."""
    text: str
    """As it is stored, the line about its speed included."""


def version_of(text: str, speed: float = 1.0) -> PolicyVersion:
    """Make the version that a text is at a speed; raises `Rejected` as `parse_policy`."""
    if speed != 1.0:
        text = f"# speed: {speed:.6f}\n{text}"
    return PolicyVersion(policy_id(text), run(text), text)


def run(text: str) -> ResponsePolicy:
    """Read a stored text as it ran, its line about the speed obeyed; raises `Rejected` as `parse_policy`."""
    return scaled(parse_policy(text), speed_of(text))


def speed_of(text: str) -> float:
    """Give the speed that the first line of a stored text names; 1 without one."""
    said = _SPEED.match(text)
    return float(said[1]) if said is not None and float(said[1]) > 0 else 1.0


class PolicyBook:
    """Policies by place, and versions by id."""

    def __init__(self, current: Mapping[str, PolicyVersion]) -> None:
        """Take the current version of each place by grid code, `default` for everywhere else."""
        self._current = {DEFAULT: version_of(policies.default_text()), **current}
        self._versions = {version.id: version.policy for version in self._current.values()}

    @classmethod
    def read(cls, config: PolicyConfig) -> PolicyBook:
        """Read the folder of the settings, or the shipped policy.  Blocking; for the start.

        Raises `Rejected` (`policy.files`) with every fault of every file, each in a line.
        """
        texts, faults = {DEFAULT: policies.default_text()}, []
        for path in _files(config.directory):
            try:
                texts[path.stem] = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                faults.append(f"{path}: cannot be read as UTF-8 text ({error})")
        current = {}
        for place, text in texts.items():
            try:
                current[place] = version_of(text, config.speed)
            except Rejected as rejected:
                faults += [f"{place}.yaml: {line}" for line in rejected.reason.splitlines()]
        if faults:
            raise Rejected("policy.files", "\n".join(faults))
        return cls(current)

    async def keep(self, store: AlertsStore) -> None:
        """Store all current versions; must have happened before incidents are opened."""
        async with store.unit() as unit:
            for version in sorted(self._current.values(), key=lambda one: one.id):
                await unit.save_policy(version.id, version.policy.name, version.text)

    def places(self) -> dict[PolicyId, list[str]]:
        """List for each current version the codes of grids for which it holds, `default` for everywhere else."""
        found: dict[PolicyId, list[str]] = {}
        for place, version in sorted(self._current.items()):
            found.setdefault(version.id, []).append(place)
        return found

    def for_grid(self, grid: Grid) -> PolicyVersion:
        """Give the policy under which a new incident in a grid runs: its own, or of the nearest above it."""
        return self.for_path(grid.path)

    def for_path(self, path: str) -> PolicyVersion:
        """Give the same by the path of a grid."""
        for code in reversed(path.split(".")):
            if code in self._current:
                return self._current[code]
        return self._current[DEFAULT]

    async def version(self, unit: AlertsUnit, policy: PolicyId) -> ResponsePolicy:
        """Give a version that an incident pins; raises `NotFound` (`policy.unknown`)."""
        found = self._versions.get(policy)
        if found is None:
            found = run(await unit.policy_text(policy))
            if len(self._versions) >= VERSIONS_KEPT + len(self._current):
                self._versions = {version.id: version.policy for version in self._current.values()}
            self._versions[policy] = found
        return found


def _files(directory: Path | None) -> list[Path]:
    if directory is None:
        return []
    if not directory.is_dir():
        raise Rejected(
            "policy.files", f"{directory} is no folder: make it, or leave alerts.policy.directory out"
        )
    found = sorted(directory.glob("*.yaml"))
    if len(found) > FILES_MAX:
        raise Rejected(
            "policy.files", f"{directory} holds {len(found)} policies: at most {FILES_MAX} are read"
        )
    wrong = [path.name for path in found if path.stem != DEFAULT and not path.stem.isdigit()]
    if wrong:
        raise Rejected(
            "policy.files",
            f"{directory}: {', '.join(wrong[:5])} is neither default.yaml nor named for a grid: write <grid code>.yaml",
        )
    return found
