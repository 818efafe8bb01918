import pytest
from paho.mqtt import client as paho

from tocsin.core.errors import Rejected
from tocsin.ingest.config import MqttConfig
from tocsin.ingest.connecting import choose_version, make_client, password, tls_context


def test_the_first_line_is_the_password(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hush\nnot this\n")
    assert password(MqttConfig(password_file=secret)) == "hush"
    assert password(MqttConfig()) is None


@pytest.mark.parametrize("content", ["", "\n", None])
def test_a_password_that_is_not_there_says_what_to_write(tmp_path, content):
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_text(content)
    with pytest.raises(Rejected) as refused:
        password(MqttConfig(password_file=secret))
    assert refused.value.code == "mqtt.password_file"
    assert str(secret) in refused.value.reason


def test_certificates_that_are_not_there_are_named(tmp_path):
    with pytest.raises(Rejected) as refused:
        tls_context(MqttConfig(tls=True, ca_file=tmp_path / "none.pem"))
    assert refused.value.code == "mqtt.tls"
    assert tls_context(MqttConfig()) is None


def test_a_session_of_311_that_shall_last_is_not_clean():
    assert make_client(MqttConfig(), "a", paho.MQTTv311, persistent=True)._clean_session is False
    assert make_client(MqttConfig(), "a", paho.MQTTv5, persistent=True).manual_ack_set is not None


def test_a_fixed_protocol_asks_nobody():
    assert choose_version(MqttConfig(protocol="5", port=1)) == paho.MQTTv5
    assert choose_version(MqttConfig(protocol="3.1.1", port=1)) == paho.MQTTv311
