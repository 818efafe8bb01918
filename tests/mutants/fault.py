"""What a planted fault is: a text in a file of the product, what stands there instead, and who must notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to break one promise."""

    name: str
    """Names the fault in a report: short, unique."""
    file: str
    """Below `tocsin/`."""
    text: str
    """Stands in the file exactly once."""
    instead: str
    breaks: str
    """The promise that no longer holds, as a sentence."""
    tests: tuple[str, ...]
    """Files or test ids; at least one test among them must fail."""
