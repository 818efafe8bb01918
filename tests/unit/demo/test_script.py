from tocsin.core.grids import Tier
from tocsin.demo import script, village
from tocsin.demo.scenes import Event


def test_the_script_begins_and_ends_quietly() -> None:
    assert script.before_camera("cam-square", 0.0).event is Event.NOTHING
    assert script.before_camera("cam-square", 7.0).event is Event.FIRE
    assert script.before_camera("cam-square", script.ROUND_SECONDS + 7.0).event is Event.FIRE
    assert script.at_sensor("gauge-zhuwu", 1.8, 0.0) == 1.8


def test_a_sensor_climbs_to_its_peak_and_falls_back() -> None:
    assert script.at_sensor("gauge-zhuwu", 1.8, 3.0) == 1.8 + (4.1 - 1.8) / 2
    assert script.at_sensor("gauge-zhuwu", 1.8, 30.0) == 4.1
    assert script.at_sensor("gauge-zhuwu", 1.8, 95.0) == 1.8


def test_every_happening_has_its_camera_or_sensor() -> None:
    assert {item.camera for item in script.CAMERA_SCRIPT} <= {camera.device for camera in village.CAMERAS}
    assert {item.device for item in script.SENSOR_SCRIPT} <= {sensor.device for sensor in village.sensors()}


def test_the_stories_show_every_verdict_on_every_tier() -> None:
    window = {Tier.VILLAGE: 180, Tier.TOWNSHIP: 600, Tier.CITY: 1800}
    for tier, seconds in window.items():
        arrivals = [script.BEHAVIOUR[story][tier].arrive for story in script.BEHAVIOUR]
        assert any(a is not None and a <= seconds for a in arrivals)
        assert any(a is not None and a > seconds for a in arrivals)
        assert any(a is None for a in arrivals)
