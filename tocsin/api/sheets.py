"""Files of an upload that stands for work on many rows: read within bounds, before their job waits in line."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import File, Form, UploadFile

from tocsin.core.errors import Rejected

SHEET_BYTES_MAX: Final = 64 * 1024 * 1024

OptionalFile = Annotated[UploadFile | None, File()]
"""A file that may be left out."""
Switch = Annotated[bool, Form()]
Reason = Annotated[str, Form(max_length=500)]


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
