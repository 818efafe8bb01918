from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.responders import Channel, Directory, Responder


def responder(name: str, tier: Tier, *, supervisor: bool = False) -> Responder:
    return Responder(
        person=PersonId(name),
        tier=tier,
        grid=GridCode("1"),
        order=1,
        channels=(Channel.LOG,),
        supervisor=supervisor,
    )


def test_supervisors_are_never_in_a_tier() -> None:
    ann, bo, sue = (
        responder("ann", Tier.VILLAGE),
        responder("bo", Tier.CITY),
        responder("sue", Tier.TOWNSHIP, supervisor=True),
    )
    directory = Directory(GridCode("1"), (ann, bo, sue))
    assert directory.on(Tier.VILLAGE) == (ann,)
    assert directory.on(Tier.TOWNSHIP) == ()
    assert directory.supervisors() == (sue,)


def test_a_drill_has_only_its_own_people_supervisors_included() -> None:
    ann, bo, sue = (
        responder("ann", Tier.VILLAGE),
        responder("bo", Tier.CITY),
        responder("sue", Tier.TOWNSHIP, supervisor=True),
    )
    directory = Directory(GridCode("1"), (ann, bo, sue))
    assert directory.only((bo.person,)).responders == (bo,)
    assert directory.only((sue.person, ann.person)).responders == (ann, sue)
    assert directory.only(()) is directory
