"""Every refusal and failure as `{code, message, details?}` with a status; never a traceback.

The kinds of `core.errors` decide the status: a person can act on 4xx, a page repeats 503.
"""

from __future__ import annotations

from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tocsin.api.schemas.base import ErrorBody, FieldFault
from tocsin.core.errors import Conflict, NotFound, Rejected, Transient

log = structlog.get_logger()

DETAILS_MAX: Final = 20

_HTTP_CODES: Final = {
    404: (
        "request.unknown_address",
        "there is nothing at this address: see /api/openapi.json for what there is",
    ),
    405: ("request.method", "this address does not know that method: see /api/openapi.json"),
}


class HttpRefusal(Rejected):
    """Refuse a request for a reason of HTTP itself: not signed in, not allowed, too fast, too large."""

    def __init__(self, status: int, code: str, reason: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(code, reason)
        self.status = status
        self.headers = headers or {}


def answer(
    status: int,
    code: str,
    message: str,
    *,
    details: list[FieldFault] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Write an error in the one form that all errors have."""
    body = ErrorBody(code=code, message=message, details=details)
    return JSONResponse(
        body.model_dump(exclude_none=True),
        status_code=status,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def install(app: FastAPI) -> None:
    """Teach an application how each kind of error is answered."""
    app.add_exception_handler(HttpRefusal, _refusal)
    app.add_exception_handler(NotFound, _not_found)
    app.add_exception_handler(Rejected, _rejected)
    app.add_exception_handler(Conflict, _conflict)
    app.add_exception_handler(Transient, _transient)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


async def _refusal(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HttpRefusal)  # noqa: S101 registered for this type
    return answer(error.status, error.code, error.reason, headers=error.headers)


async def _not_found(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, NotFound)  # noqa: S101 registered for this type
    return answer(404, error.code, error.reason)


async def _rejected(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Rejected)  # noqa: S101 registered for this type
    return answer(422, error.code, error.reason)


async def _conflict(_request: Request, _error: Exception) -> JSONResponse:
    return answer(409, "conflict", "somebody else was faster: look at it again, then decide again")


async def _transient(request: Request, error: Exception) -> JSONResponse:
    log.warning("api.transient", path=request.url.path, reason=str(error)[:200])
    return answer(
        503,
        "transient",
        "the database does not answer just now: try the same again in a few seconds",
        headers={"Retry-After": "2"},
    )


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 registered for this type
    faults = [_fault(item) for item in error.errors()[:DETAILS_MAX]]
    first = faults[0] if faults else FieldFault(field="body", message="unreadable")
    return answer(422, "request.invalid", f"{first.field}: {first.message}", details=faults)


def _fault(item: Any) -> FieldFault:
    """Name the field and what is wrong, without echoing what was sent (it may be a password)."""
    where = ".".join(str(part) for part in item.get("loc", ()))
    return FieldFault(field=where[:200] or "body", message=str(item.get("msg", "not allowed"))[:300])


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 registered for this type
    code, message = _HTTP_CODES.get(error.status_code, (f"http.{error.status_code}", str(error.detail)[:300]))
    return answer(error.status_code, code, message, headers=dict(error.headers or {}))


async def _bug(request: Request, error: Exception) -> JSONResponse:
    log.error("api.failed", path=request.url.path, kind=type(error).__name__, exc_info=error)
    return answer(
        500, "internal", "this is our fault and has been logged: try again, or tell the engineer the time"
    )
