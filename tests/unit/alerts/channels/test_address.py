import pytest

from tocsin.alerts.channels.address import check_url
from tocsin.core.errors import Rejected


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.org/a?b=c",
        "http://localhost:8080/x",
        "http://127.0.0.1:9/x",
        "http://[::1]:9/x",
        "https://8.8.8.8/x",
    ],
)
def test_public_https_and_loopback_may_be_called(url: str) -> None:
    assert check_url(url) == url


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hooks.example.org/", "address.insecure"),
        ("https://10.0.0.7/", "address.private"),
        ("https://192.168.1.1/", "address.private"),
        ("https://169.254.169.254/latest/meta-data", "address.private"),
        ("https://[::ffff:10.0.0.7]/", "address.private"),
        ("https://[fe80::1]/", "address.private"),
        ("https://0.0.0.0/", "address.private"),
        ("ftp://hooks.example.org/", "address.form"),
        ("file:///etc/passwd", "address.form"),
        ("https://", "address.form"),
        ("https://name:secret@hooks.example.org/", "address.form"),
        ("https://hooks.example.org/a b", "address.form"),
        ("https://hooks.example.org/\r\nx: y", "address.form"),
        ("https://hooks.example.org:99999/", "address.form"),
        ("https://[half", "address.form"),
        ("https://例え.example/", "address.form"),
        ("https://hooks.example.org/" + "a" * 2000, "address.form"),
    ],
)
def test_any_other_address_is_refused_with_its_code(url: str, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        check_url(url)
    assert refused.value.code == code


def test_configured_hosts_may_be_called_in_the_clear_and_inside() -> None:
    assert check_url("http://hooks.lan/", {"hooks.lan"})
    assert check_url("https://10.0.0.7:8443/", {"10.0.0.7:8443"})
    with pytest.raises(Rejected):
        check_url("https://10.0.0.7:8444/", {"10.0.0.7:8443"})
