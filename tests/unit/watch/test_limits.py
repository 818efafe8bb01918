import pytest

from tocsin.watch.limits import LimitsConfig


def test_what_pages_is_never_less_than_what_is_a_ticket() -> None:
    with pytest.raises(ValueError, match=r"disk_ticket_percent 96 must not exceed disk_page_percent 95"):
        LimitsConfig(disk_ticket_percent=96)


def test_every_limit_has_a_reason_and_a_bound() -> None:
    for name, field in LimitsConfig.model_fields.items():
        assert field.description, name
        assert len(field.metadata) == 2, f"{name} needs a lower and an upper bound"
