from __future__ import annotations

import io

import pytest
from fastapi import UploadFile

from tocsin.api import sheets
from tocsin.core.errors import Rejected


async def test_a_file_is_read_whole_and_none_is_none() -> None:
    assert await sheets.read(None) is None
    assert await sheets.read(UploadFile(io.BytesIO(b"x"))) == b"x"


@pytest.mark.parametrize("size", [0, 11])
async def test_nothing_and_too_much_are_refused(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "SHEET_BYTES_MAX", 10)
    with pytest.raises(Rejected) as refused:
        await sheets.read(UploadFile(io.BytesIO(b"x" * size), filename="a.csv"))
    assert refused.value.code == "sheet.size"
