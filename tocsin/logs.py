"""Set up structured logs: one event name and key-values per line.

On a terminal for people, else JSON for machines. Each warning and error has an entry in
`docs/troubleshooting.md` under its event name.
"""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog

Form = Literal["auto", "text", "json"]


def configure(level: str = "info", form: Form = "auto", role: str = "") -> None:
    """Send structlog and the standard library's logs to standard error in one form.

    Repeatable. Libraries speak only from warning up; `amqtt` and `aiomqtt` only from error up,
    because they log every dropped connection that we handle and log ourselves.
    """
    text = form == "text" or (form == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False)
        if text
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.getLevelName(level.upper()))
    for name in (
        "uvicorn",
        "uvicorn.access",
        "httpx",
        "httpcore",
        "asyncio",
        "psycopg.pool",
        "paho",
        "transitions",
    ):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("amqtt", "aiomqtt", "mqtt", "libav"):
        logging.getLogger(name).setLevel(logging.ERROR)
    structlog.contextvars.clear_contextvars()
    if role:
        structlog.contextvars.bind_contextvars(role=role)
