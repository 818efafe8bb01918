"""Which web addresses may be called: a guard against being used to reach the inside of a network.

Addresses of webhooks are entered by administrators and stored; a wrong or hostile one must not make
this process speak to the machine's own services or send alarms in the clear.  A name that resolves
to a private address is not caught here: that is the business of the outgoing firewall.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from tocsin.core.errors import Rejected

URL_CHARACTERS_MAX = 2000


def check_url(url: str, allow: Collection[str] = ()) -> str:
    """Give the address back if it may be called: https to a public host, http(s) to loopback, or a host in `allow`.

    `allow` holds `host` or `host:port`.  Raises `Rejected` (`address.form`, `address.insecure`,
    `address.private`) with a sentence that says what to write instead.
    """
    parts = _split(url)
    host = (parts.hostname or "").lower()
    port = parts.port
    if host in allow or (port is not None and f"{host}:{port}" in allow):
        return url
    number = _number(host)
    loopback = host == "localhost" or (number is not None and number.is_loopback)
    if loopback:
        return url
    if parts.scheme != "https":
        raise Rejected(
            "address.insecure",
            f"{host} would be told in the clear: write https://, or add {host!r} to the channel's `allow`",
        )
    if number is not None and not number.is_global:
        raise Rejected(
            "address.private",
            f"{host} is not a public address: add {host!r} to the channel's `allow` if it is meant",
        )
    return url


def _split(url: str) -> SplitResult:
    if len(url) > URL_CHARACTERS_MAX or not url.isascii() or any(c <= " " or c == "\x7f" for c in url):
        raise Rejected(
            "address.form",
            f"a web address has at most {URL_CHARACTERS_MAX} ASCII characters and no white space",
        )
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise Rejected("address.form", f"not a web address: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Rejected("address.form", "a web address begins with https:// and names a host")
    if parts.username is not None or parts.password is not None:
        raise Rejected("address.form", "a web address must not hold a name or password: use the signature")
    return parts


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        number = ipaddress.ip_address(host.split("%", 1)[0])
    except ValueError:
        return None
    mapped = getattr(number, "ipv4_mapped", None)
    return mapped if mapped is not None else number
