"""Response policies that come with the product, as YAML files."""

from __future__ import annotations

from importlib import resources


def default_text() -> str:
    """Read the policy that holds where nobody wrote another one."""
    return resources.files(__name__).joinpath("default.yaml").read_text(encoding="utf-8")
