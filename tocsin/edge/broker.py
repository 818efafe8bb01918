"""How both MQTT connections of a box are made from their configuration."""

from __future__ import annotations

import logging
import ssl
from typing import Final

import aiomqtt

from tocsin.core.errors import Rejected
from tocsin.edge.config import BrokerConfig, TlsConfig

QUIET: Final = logging.getLogger("tocsin.edge.mqtt")
INCOMING_MAX: Final = 1000
"""Messages that wait for us; receipts are cumulative, so dropping one is harmless."""


def tls_context(config: TlsConfig) -> ssl.SSLContext:
    """Build the context; raises `Rejected` (`config.tls`) when a file cannot be used."""
    try:
        context = ssl.create_default_context(cafile=str(config.ca_file) if config.ca_file else None)
        if config.certificate_file is not None:
            context.load_cert_chain(config.certificate_file, config.key_file)
    except (OSError, ssl.SSLError) as error:
        raise Rejected("config.tls", f"cannot use the TLS files of the broker: {error}") from error
    return context


def client(
    config: BrokerConfig, identifier: str, *, will: aiomqtt.Will | None = None, persistent: bool = False
) -> aiomqtt.Client:
    """Make a client that is not yet connected; enter it to connect.

    `persistent` asks the broker to keep what comes at QoS 1 while we are away.

    Raises `Rejected` (`config.tls`, `config.password_file`).
    """
    made = aiomqtt.Client(
        config.host,
        config.port,
        username=config.username,
        password=config.secret(),
        identifier=identifier,
        keepalive=config.keepalive_seconds,
        tls_context=tls_context(config.tls) if config.tls is not None else None,
        will=will,
        clean_session=not persistent,
        max_queued_incoming_messages=INCOMING_MAX,
        max_inflight_messages=64,
        timeout=10,
        logger=QUIET,
    )
    made.pending_calls_threshold = 1000
    return made
