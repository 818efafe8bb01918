"""Plants every fault, two at a time, and says which were caught; `make mutants`.

A fault that survives names a promise that no test holds.  One whose text is no longer found stands for
code that has changed: write it anew, or take it out with the rule that it broke.
"""

from __future__ import annotations

import multiprocessing
import queue
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Final

from tests.mutants.catalogue import FAULTS
from tests.mutants.fault import Fault
from tests.mutants.sandbox import GREEN, RED, build, check, places, planted

AT_ONCE: Final = 2
FAULT_SECONDS: Final = 20.0
"""A fault may make a loop endless, which is noticed like a test that fails."""
SOUND_SECONDS: Final = 240.0
_PRELOAD: Final = [
    "pytest",
    "hypothesis",
    "hypothesis.stateful",
    "msgspec",
    "pydantic",
    "structlog",
    "prometheus_client",
    "psycopg",
    "psycopg_pool",
    "yaml",
    "_pytest.assertion.rewrite",
]


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one fault."""

    fault: Fault
    caught: bool
    words: str = ""
    """Why it was not."""


def misplaced(faults: Iterable[Fault] = FAULTS) -> list[str]:
    """Name the faults that cannot be planted: their text is gone, or stands there more than once."""
    return [
        f"{fault.name}: its text stands {found} times in tocsin/{fault.file}, not once"
        for fault in faults
        if (found := places(fault)) != 1
    ]


def run(faults: Sequence[Fault] = FAULTS) -> list[Judged]:
    """Judge faults in copies of the product; raises `RuntimeError` when its tests fail without any."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    with tempfile.TemporaryDirectory(prefix="tocsin-mutants-") as scratch:
        folders: queue.Queue[Path] = queue.Queue()
        for number in range(AT_ONCE):
            folders.put(build(Path(scratch) / str(number)))

        def sound(tests: Sequence[str]) -> tuple[int, str]:
            folder = folders.get()
            try:
                return _check_apart(context, folder, tests, SOUND_SECONDS)
            finally:
                folders.put(folder)

        def unsound(fault: Fault, number: int) -> tuple[int, str]:
            folder = folders.get()
            try:
                with planted(folder, fault, number):
                    return _check_apart(context, folder, fault.tests, FAULT_SECONDS)
            finally:
                folders.put(folder)

        with ThreadPoolExecutor(AT_ONCE) as threads:
            tests = sorted({test for fault in faults for test in fault.tests})
            # In each copy, which also compiles it.
            for code, words in threads.map(sound, [tests] * AT_ONCE):
                if code != GREEN:
                    raise RuntimeError(f"the tests fail without any fault:\n{words[-4000:]}")
            said = threads.map(unsound, faults, range(len(faults)))
            return [_judged(fault, *one) for fault, one in zip(faults, said, strict=True)]


def _check_apart(
    context: ForkServerContext, folder: Path, tests: Sequence[str], seconds: float
) -> tuple[int, str]:
    """Run tests in a process of their own; one that does not end in time is killed and counts as red."""
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sender, folder, tests), daemon=True)
    process.start()
    sender.close()
    try:
        if not receiver.poll(seconds):
            return RED, f"did not end within {seconds:.0f} s"
        said: tuple[int, str] = receiver.recv()
    except EOFError:
        return -1, "the process died"
    else:
        return said
    finally:
        process.kill()
        process.join()
        receiver.close()


def _send(sender: Connection, folder: Path, tests: Sequence[str]) -> None:
    sender.send(check(folder, tests))


def _judged(fault: Fault, code: int, words: str) -> Judged:
    if code == RED:
        return Judged(fault, caught=True)
    why = (
        "every test passed" if code == GREEN else f"nothing was judged (pytest gave {code}):\n{words[-2000:]}"
    )
    return Judged(fault, caught=False, words=why)


def main(names: Sequence[str]) -> int:
    """Judge all faults, or those whose names hold one of the words given; 0 when all were caught."""
    wanted = [fault for fault in FAULTS if not names or any(name in fault.name for name in names)]
    faults = misplaced(wanted)
    if faults:
        sys.stderr.write("\n".join([*faults, ""]))
        return 1
    began = time.monotonic()
    judged = run(wanted)
    for one in judged:
        if not one.caught:
            sys.stderr.write(f"SURVIVED {one.fault.name}: {one.fault.breaks}\n  {one.words}\n")
    caught = sum(one.caught for one in judged)
    sys.stdout.write(f"{caught} of {len(judged)} planted faults caught in {time.monotonic() - began:.0f} s\n")
    return 0 if caught == len(judged) else 1
