import json
import logging

import pytest
import structlog

from tocsin import logs


@pytest.fixture(autouse=True)
def _restore() -> object:
    root = logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**config)
    structlog.contextvars.clear_contextvars()


def test_a_line_is_an_event_with_its_values(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json", role="ingest")
    structlog.get_logger().warning("flush.failed", partition=3, reason="磁盘已满")
    structlog.get_logger().debug("not.shown")
    logging.getLogger("some.library").warning("odd thing")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert lines[0]["event"] == "flush.failed"
    assert (lines[0]["partition"], lines[0]["role"], lines[0]["reason"]) == (3, "ingest", "磁盘已满")
    assert lines[1]["event"] == "odd thing"
    assert len(lines) == 2


def test_libraries_that_tell_what_we_tell_ourselves_stay_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "text")
    logging.getLogger("amqtt.broker").warning("client vanished")
    logging.getLogger("uvicorn.access").info("GET /")
    assert capsys.readouterr().err == ""
