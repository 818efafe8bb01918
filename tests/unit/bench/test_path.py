import pytest

from tocsin.bench import path


@pytest.mark.heavy
async def test_every_sample_leads_to_a_notice_either_way() -> None:
    found = await path.run(samples=6, warm_up=2)
    assert 0 < found["path_ms"]["p50"] <= found["path_ms"]["p99"] <= found["path_ms"]["max"]
    assert found["detection_ms"]["p50"] > 0
    assert found["reading_ms"]["p50"] > 0
    assert found["ran_on"]["samples"] == 6


def test_no_two_samples_share_a_device_or_a_place() -> None:
    places = [path._place(number) for number in range(path.WARM_UP + path.SAMPLES)]
    assert len({place.device for place in places}) == len(places)
    assert len({(place.latitude, place.longitude) for place in places}) == len(places)
