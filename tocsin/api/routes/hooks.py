"""Where providers report: receipts, replies by short message, keys of calls.

The address holds a secret; a wrong one and an unknown name are answered alike.  The body is read by the
form that the settings name; the answer is the one by which the provider stops repeating.
"""

from typing import Annotated, cast

import structlog
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from tocsin.api.deps import Deps
from tocsin.api.errors import HttpRefusal
from tocsin.api.throttle import FailureWindow

router = APIRouter(prefix="/api/hooks", tags=["hooks"])
log = structlog.get_logger()


@router.post("/{provider}/{secret}", operation_id="takeHook", summary="Receipts and replies of a provider")
async def take_hook(
    request: Request,
    deps: Deps,
    provider: Annotated[
        str, Path(description="Name of the hook in the settings.", max_length=32, pattern=r"^[a-z0-9_-]+$")
    ],
    secret: Annotated[str, Path(description="Its secret.", max_length=200, pattern=r"^[A-Za-z0-9_-]+$")],
) -> Response:
    """Keep what the provider says and answer as it expects; the same request again changes nothing."""
    hook = deps.hooks.find(provider, secret)
    if hook is None:
        refusals = cast("FailureWindow", request.app.state.hook_refusals)
        now = deps.clock.monotonic()
        if refusals.wait_seconds("", now) == 0:  # whoever guesses must not fill the disk with our log
            refusals.fail("", now)
            log.warning("hook.refused", hook=provider)
        raise HttpRefusal(
            404, "hook.unknown", "there is no such hook: copy its address from the settings anew"
        )
    return JSONResponse(await deps.hooks.take(hook, await request.body()))
