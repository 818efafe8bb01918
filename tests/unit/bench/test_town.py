from __future__ import annotations

from importlib import import_module

import pytest

from tocsin.bench.town import PARTS, run
from tocsin.core.errors import Rejected


@pytest.mark.parametrize("module", sorted(set(PARTS.values())))
def test_every_part_has_its_module(module: str) -> None:
    assert callable(import_module(f"tocsin.bench.{module}").measure)


async def test_a_part_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(Rejected, match="lists") as refused:
        await run("roads")
    assert refused.value.code == "bench.part"
