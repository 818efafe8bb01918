"""The list of clips that `tocsin eval` reads: files, and what happens in them at which second.

The form is that of the README: one entry per clip with `file`, `fps`, `frames`, `fixed`, `kinds`,
`zone`, `crop` and `events`; keys that are not known are left alone, so that a list may say more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected

EVERYWHERE: Final = frozenset({Kind.SMOKE, Kind.FIRE, Kind.TAMPER, Kind.FLOOD})
"""Kinds that are judged on every clip."""
SITE: Final = frozenset(
    {Kind.INTRUSION, Kind.LOITERING, Kind.TRIPWIRE, Kind.CROWDING, Kind.ABANDONED, Kind.FALL}
)
"""Kinds that are judged where a clip names them: what is forbidden in one place is daily life in another."""
_NAMES: Final = {"line": Kind.TRIPWIRE, **{kind.value: kind for kind in EVERYWHERE | SITE}}
_BYTES_MAX: Final = 4 * 1024 * 1024
_CLIPS_MAX: Final = 10_000


def kind_of(name: str) -> Kind:
    """Read the name of a kind as lists of clips write it; `line` is a tripwire."""
    if name not in _NAMES:
        raise ValueError(f"there is no kind {name!r} for clips: write one of {', '.join(sorted(_NAMES))}")
    return _NAMES[name]


def _known(name: str) -> str:
    kind_of(name)
    return name


KindName = Annotated[str, AfterValidator(_known)]
Share = Annotated[float, Field(ge=0, le=1)]


class Event(BaseModel):
    """Something that happens in a clip."""

    model_config = ConfigDict(frozen=True)

    kind: KindName
    from_s: float = Field(ge=0, allow_inf_nan=False)
    to_s: float = Field(ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.to_s < self.from_s:
            raise ValueError("`to_s` must not be less than `from_s`")
        return self


class Clip(BaseModel):
    """One clip."""

    model_config = ConfigDict(frozen=True)

    file: str = Field(min_length=1, max_length=1000)
    fps: float | None = Field(None, gt=0, le=1000)
    """Pictures a second; from the file when not given."""
    frames: int | None = Field(None, ge=1)
    """How many pictures are judged; all when not given."""
    fixed: bool = True
    """Whether the camera stands still; of one that does not, health is not judged."""
    kinds: tuple[KindName, ...] = ()
    """Site kinds that are judged beside those judged everywhere."""
    zone: tuple[tuple[Share, Share], ...] | None = Field(None, min_length=2, max_length=64)
    """Relative; two points are a line."""
    crop: tuple[int, int, int, int] | None = None
    """Left, top, width and height in pixels."""
    events: tuple[Event, ...] = ()


class _List(BaseModel):
    clips: tuple[Clip, ...] = Field(max_length=_CLIPS_MAX)


def read(path: Path) -> tuple[Clip, ...]:
    """Read a list; raises `Rejected` (`eval.clips`) with one sentence per fault."""
    try:
        if path.stat().st_size > _BYTES_MAX:
            raise Rejected("eval.clips", f"{path} is longer than {_BYTES_MAX} bytes: split it")
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Rejected("eval.clips", f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Rejected(
            "eval.clips", f"{path} is no UTF-8 text (byte {error.start}): save it as UTF-8"
        ) from error
    except yaml.YAMLError as error:
        raise Rejected("eval.clips", f"{path} is not YAML: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("clips"), list):
        raise Rejected("eval.clips", f"{path}: write a mapping with the key `clips` and a list of entries")
    try:
        return _List.model_validate(data).clips
    except ValidationError as error:
        raise Rejected("eval.clips", "\n".join(_sentences(error, data["clips"]))) from error


def _sentences(error: ValidationError, entries: list[Any]) -> list[str]:
    said = []
    for fault in error.errors():
        where = [str(part) for part in fault["loc"]]
        if len(where) >= 2 and where[0] == "clips" and where[1].isdigit():
            entry = entries[int(where[1])]
            name = entry.get("file") if isinstance(entry, dict) else None
            where = [f"clip {name or int(where[1]) + 1}", *where[2:]]
        said.append(f"{'.'.join(where)}: {fault['msg'].removeprefix('Value error, ')}")
    return said
