from datetime import UTC, datetime

from tocsin.alerts.channels.tencent import authorise


def test_the_signature_is_that_of_the_providers_own_example() -> None:
    """DescribeInstances of cloud.tencent.com/document/api/213/30654, with the secrets as printed there."""
    body = b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
    assert authorise(
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******",
        "Gu5t9xGARNpq86cd98joQYCN3*******",
        host="cvm.tencentcloudapi.com",
        service="cvm",
        content_type="application/json; charset=utf-8",
        body=body,
        at=datetime.fromtimestamp(1551113065, UTC),
    ) == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, "
        "Signature=2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c"
    )
