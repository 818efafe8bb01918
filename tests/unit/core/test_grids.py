from tocsin.core.grids import TIERS, Tier


def test_tiers_rise_from_village_to_city() -> None:
    assert [tier.above for tier in TIERS] == [Tier.TOWNSHIP, Tier.CITY, None]
