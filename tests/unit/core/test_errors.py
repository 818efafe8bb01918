from tocsin.core.errors import NotFound, Rejected, TocsinError


def test_a_refusal_carries_code_and_sentence() -> None:
    refusal = NotFound("grid.unknown", "grid 12 is not known: import it first")
    assert isinstance(refusal, Rejected)
    assert isinstance(refusal, TocsinError)
    assert (refusal.code, str(refusal)) == (
        "grid.unknown",
        "grid.unknown: grid 12 is not known: import it first",
    )
