from tocsin.core.detections import GB28181_ALARM_TYPE, Kind


def test_standard_alarm_types_are_one_to_one() -> None:
    assert len(set(GB28181_ALARM_TYPE.values())) == len(GB28181_ALARM_TYPE)
    assert GB28181_ALARM_TYPE[Kind.INTRUSION] == 6
