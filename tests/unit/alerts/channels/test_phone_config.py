import pytest
from pydantic import ValidationError

from tocsin.alerts.channels.config import ChannelsConfig
from tocsin.alerts.config import AlertsConfig

ALIYUN = {
    "kind": "aliyun",
    "access_key_id": "LTAI5tExampleKeyId",
    "access_key_secret": "s3cret",
    "signature": "警钟",
    "templates": {"call": {"code": "SMS_1", "parameters": {"where": "where"}}},
}
TENCENT = {
    "kind": "tencent",
    "secret_id": "AKIDExample",
    "secret_key": "s3cret",
    "app_id": "1400006666",
    "signature": "警钟",
    "templates": {"call": {"code": "2001", "parameters": ["where"]}},
}


def test_two_providers_of_one_channel_are_taken_in_order() -> None:
    config = ChannelsConfig.model_validate({"sms": [ALIYUN, TENCENT]})
    assert [one.name for one in config.sms] == ["aliyun", "tencent"]
    assert "s3cret" not in repr(config)


@pytest.mark.parametrize(
    ("sms", "words"),
    [
        ([ALIYUN, ALIYUN], "same name"),
        ([ALIYUN | {"name": f"p{n}"} for n in range(5)], "at most 4"),
        ([ALIYUN | {"kind": "huawei"}], "kind"),
        ([ALIYUN | {"templates": {}}], "at least 1"),
        ([ALIYUN | {"templates": {"call": {"code": "SMS_1", "parameters": {"x": "link"}}}}], "what"),
        ([ALIYUN | {"templates": {"Call!": {"code": "SMS_1"}}}], "pattern"),
        ([ALIYUN | {"access_key_secret_file": "a"}], "not both"),
        ([TENCENT | {"secret_key_file": "a"}], "not both"),
        ([TENCENT | {"app_id": "wx123"}], "pattern"),
    ],
)
def test_a_fault_of_the_settings_is_told(sms: list[dict[str, object]], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ChannelsConfig.model_validate({"sms": sms})


def test_the_lease_of_a_notice_exceeds_the_limit_of_every_provider() -> None:
    slow = ALIYUN | {"time_limit_seconds": 30.0}
    with pytest.raises(ValidationError, match="lease_seconds"):
        AlertsConfig.model_validate({"relay": {"lease_seconds": 39.0}, "channels": {"sms": [slow]}})
    AlertsConfig.model_validate({"relay": {"lease_seconds": 40.0}, "channels": {"sms": [slow]}})
