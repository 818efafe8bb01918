import pytest

from tocsin.alerts.channels.phone_number import callable_number, mobile
from tocsin.core.errors import Rejected


@pytest.mark.parametrize(
    "address", ["13800138000", "+8613800138000", "8613800138000", "008613800138000", " 138 0013 8000 "]
)
def test_a_mobile_number_is_taken_in_every_usual_form(address: str) -> None:
    assert mobile(address) == callable_number(address) == "13800138000"


@pytest.mark.parametrize(
    "address",
    ["", "1380013800", "138001380001", "12800138000", "+85291234567", "+1 212 555 0100", "10086", "1" * 100],
)
def test_any_other_number_is_refused_with_a_sentence(address: str) -> None:
    with pytest.raises(Rejected, match="eleven digits") as refused:
        mobile(address)
    assert refused.value.code == "phone.mobile"
    assert not address.strip() or address not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "plain"), [("0571-88886666", "057188886666"), ("010 62781234", "01062781234")]
)
def test_a_landline_can_be_called_but_takes_no_message(address: str, plain: str) -> None:
    assert callable_number(address) == plain
    with pytest.raises(Rejected):
        mobile(address)


@pytest.mark.parametrize("address", ["110", "119", "4001234567", "88886666", "+8657188886666"])
def test_emergency_and_service_numbers_are_not_called(address: str) -> None:
    with pytest.raises(Rejected) as refused:
        callable_number(address)
    assert refused.value.code == "phone.number"
