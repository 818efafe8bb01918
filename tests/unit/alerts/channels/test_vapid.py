import base64
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.support.providers_push import base64url
from tocsin.alerts.channels.vapid import vapid_keys

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _verify(token: str, public: str) -> None:
    """Check a token as a push service does, by the curve alone."""
    signed, _, signature = token.rpartition(".")
    raw = _decoded(signature)
    pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(public))
    key.verify(pair, signed.encode(), ec.ECDSA(hashes.SHA256()))


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "push.pem"
    first, second = vapid_keys(file), vapid_keys(file)
    assert first.public == second.public
    assert len(first.public) == 87
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["push.pem"]
    assert "PRIVATE" not in repr(first)


def test_the_token_says_who_where_and_until_when(tmp_path: Path) -> None:
    keys = vapid_keys(tmp_path / "push.pem")
    token = keys.token("https://push.example.net", "mailto:ops@example.org", NOW)
    _verify(token, keys.public)
    point = _decoded(keys.public)
    key = ECKey.import_key(
        {"kty": "EC", "crv": "P-256", "x": base64url(point[1:33]), "y": base64url(point[33:])}
    )
    found = jwt.decode(token, key, algorithms=["ES256"])
    assert found.header == {"typ": "JWT", "alg": "ES256"}
    assert found.claims == {
        "aud": "https://push.example.net",
        "exp": int(NOW.timestamp()) + 12 * 3600,
        "sub": "mailto:ops@example.org",
    }


def test_the_check_of_these_tests_takes_the_example_of_rfc_8292() -> None:
    token = (
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9."
        "eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0."
        "i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA"
    )
    public = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
    _verify(token, public)
    with pytest.raises(InvalidSignature):
        _verify(token.replace("J0eXAi", "J0eXAj"), public)


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no private key in PEM"),
        (b"nonsense", "no private key in PEM"),
        (_pem(ec.generate_private_key(ec.SECP384R1())), "curve P-256"),
        (_pem(rsa.generate_private_key(65537, 2048)), "curve P-256"),
    ],
)
def test_a_file_that_holds_something_else_is_left_alone_and_told(
    tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "push.pem"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        vapid_keys(file)
    assert file.read_bytes() == content


def test_a_place_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ValueError, match="key_file"):
        vapid_keys(tmp_path / "file" / "push.pem")
    with pytest.raises(ValueError, match="cannot be read"):
        vapid_keys(tmp_path)
