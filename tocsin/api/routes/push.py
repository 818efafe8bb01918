"""Pushes to browsers: the server's key, and the caller's own subscriptions."""

import json
import re
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter

from tocsin.alerts.channels.address import check_url
from tocsin.api.access import Anyone
from tocsin.api.deps import Deps
from tocsin.api.schemas.channels import PushBody, PushEndpoint, PushKey
from tocsin.core.errors import NotFound, Rejected

router = APIRouter(prefix="/api/push", tags=["push"])

SUBSCRIPTIONS_MAX: Final = 5
"""Browsers of one person: a phone, a computer, and those that were forgotten."""
INSIDE: Final = (".localhost", ".localdomain", ".local", ".internal", ".lan", ".home.arpa")
"""Ends of names that lead nowhere but into our own network."""
_NAME: Final = re.compile(r"([a-z0-9_-]+\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,59})")
"""A name's last part begins with a letter and has no digit: `127.1`, `0x7f.0x1` and `127.0.0.1.` are numbers in disguise."""


@router.get("/key", operation_id="pushKey", summary="The key by which browsers subscribe")
async def push_key(_: Anyone, deps: Deps) -> PushKey:
    """Give the server's public key; 404 `push.off` where pushes are not set up."""
    return PushKey(key=_key(deps.push_key))


@router.post("", status_code=204, operation_id="subscribePush", summary="Subscribe this browser")
async def subscribe_push(body: PushBody, caller: Anyone, deps: Deps) -> None:
    """Keep the subscription as a contact of the caller; the oldest of more than five goes."""
    _key(deps.push_key)
    _check(body.endpoint)
    address = {"endpoint": body.endpoint, "keys": {"p256dh": body.keys.p256dh, "auth": body.keys.auth}}
    await deps.trials.subscribe(
        caller.person, json.dumps(address, separators=(",", ":"), sort_keys=True), SUBSCRIPTIONS_MAX
    )


@router.delete("", status_code=204, operation_id="unsubscribePush", summary="Unsubscribe this browser")
async def unsubscribe_push(body: PushEndpoint, caller: Anyone, deps: Deps) -> None:
    """Forget the subscription; an unknown one is no error."""
    await deps.trials.unsubscribe(caller.person, body.endpoint)


def _check(endpoint: str) -> None:
    """Refuse an address that is no push service's: we would call it, from inside of our network."""
    check_url(endpoint)
    host = urlsplit(endpoint).hostname or ""
    if _NAME.fullmatch(host) is None or host.endswith(INSIDE):
        raise Rejected("push.endpoint", "a browser's push service has a name: send what the browser gave you")


def _key(key: str) -> str:
    if not key:
        raise NotFound("push.off", "pushes are not set up here: the settings lack alerts.channels.web_push")
    return key
