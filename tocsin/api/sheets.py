"""Files of an upload that stands for work on many rows: read within bounds, before their job waits in line."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Form, UploadFile
from pydantic import WithJsonSchema

from tocsin.api.schemas.base import Schema
from tocsin.core.errors import Rejected

SHEET_BYTES_MAX: Final = 64 * 1024 * 1024

Upload = Annotated[
    UploadFile,
    WithJsonSchema(
        {"type": "string", "contentMediaType": "application/octet-stream", "maxLength": SHEET_BYTES_MAX}
    ),
]
"""A file of a form."""
MULTIPART: Final = "multipart/form-data"


class SheetForm(Schema):
    """One sheet."""

    csv: Upload | None = None
    """The sheet: CSV in UTF-8 or GB18030, or XLSX."""


class PeopleForm(Schema):
    """A sheet of people."""

    sheet: Upload | None = None
    """The people: CSV in UTF-8 or GB18030, or XLSX."""


Sheet = Annotated[SheetForm, Form(media_type=MULTIPART)]
"""Parameter type of handlers."""
PeopleSheet = Annotated[PeopleForm, Form(media_type=MULTIPART)]
"""The same for people."""


async def read(file: UploadFile | None) -> bytes | None:
    """Read a file of an upload; None for none. Raises `Rejected` (`sheet.size`)."""
    if file is None:
        return None
    data = await file.read(SHEET_BYTES_MAX + 1)
    if not 0 < len(data) <= SHEET_BYTES_MAX:
        raise Rejected(
            "sheet.size",
            f"{file.filename or 'the file'} has no content, or more than {SHEET_BYTES_MAX >> 20} MiB: send it in parts",
        )
    return data
