from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.core.errors import Rejected
from tocsin.edge import broker
from tocsin.edge.config import BrokerConfig, TlsConfig


def test_tls_without_a_file_trusts_the_systems_authorities() -> None:
    context = broker.tls_context(TlsConfig())
    assert context.check_hostname


def test_a_tls_file_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nonsense")
    for name in ("ca.pem", "none.pem"):
        with pytest.raises(Rejected) as refusal:
            broker.tls_context(TlsConfig(ca_file=tmp_path / name))
        assert refusal.value.code == "config.tls"


async def test_a_password_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="cannot read the password"):
        broker.client(BrokerConfig(password_file=tmp_path / "none"), "x")


async def test_a_client_keeps_its_name() -> None:
    assert broker.client(BrokerConfig(), "tocsin-weir").identifier == "tocsin-weir"
