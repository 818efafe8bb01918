from tocsin.core.readings import Quality


def test_quality_bits_keep_their_stored_values() -> None:
    assert [(q.name, q.value) for q in Quality] == [
        ("CLOCK_UNSET", 1), ("CLOCK_DRIFTING", 2), ("TIME_OUT_OF_RANGE", 4),
        ("HISTORICAL", 8), ("NOT_A_NUMBER", 16), ("OUT_OF_ORDER", 32),
    ]  # fmt: skip
