"""Serve `/metrics`, `/healthz` and `/readyz` of a role that has no HTTP interface of its own.

A thread of the standard library's server: it answers while the event loop is busy, and so shows
a loop that hangs. `/healthz` says that the process lives; `/readyz` lists what is missing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Final

import prometheus_client
from prometheus_client.exposition import MetricsHandler
from typing_extensions import override

from tocsin.core.errors import Rejected

Faults = Callable[[], list[str]]
"""Sentences that say what keeps the role from working; empty when it is ready. Called from a thread."""

_TEXT: Final = "text/plain; charset=utf-8"


@contextmanager
def serve(host: str, port: int, faults: Faults) -> Iterator[int]:
    """Serve until the block ends; gives the port, chosen by the system when `port` is 0.

    Raises `Rejected` (`telemetry.port`) when the port is taken.
    """

    class Handler(MetricsHandler):
        registry = prometheus_client.REGISTRY

        @override
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                super().do_GET()
            elif path == "/healthz":
                self._say(200, "alive\n")
            elif path == "/readyz":
                missing = faults()
                self._say(503 if missing else 200, "\n".join(missing or ["ready"]) + "\n")
            else:
                self._say(404, "only /metrics, /healthz and /readyz are here\n")

        def _say(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", _TEXT)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise Rejected(
            "telemetry.port",
            f"cannot listen on {host}:{port} for metrics ({error.strerror}): stop the other program, or choose another port",
        ) from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="telemetry", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
