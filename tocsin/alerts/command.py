"""The base of everything that can be asked of an incident."""

from __future__ import annotations

import msgspec


class AnyCommand(msgspec.Struct, frozen=True, kw_only=True, tag_field="command"):
    """One command; each kind is named by its tag."""
