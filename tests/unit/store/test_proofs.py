"""What the contract suite of proofs cannot ask: what stands in the tables themselves."""

from __future__ import annotations

from tests.support.database import Database
from tests.support.response import START, settle
from tocsin.alerts.proof_ports import PhoneKey, PlaceTag
from tocsin.core.ids import GridCode, PersonId
from tocsin.store.proofs import PgProofStore


async def test_secret_of_a_tag_is_kept_as_its_hash_only(database: Database) -> None:
    await settle(database)
    store = PgProofStore(database.pool)
    tag = PlaceTag(
        id="tag-1", grid=GridCode("3301101201"), device=None, name="gate", made=START, made_by="ann"
    )
    await store.add_tag(tag, b"h" * 32)
    assert await database.execute("select secret from place_tag") == [(b"h" * 32,)]
    assert not hasattr(tag, "secret")


async def test_phone_goes_with_its_person(database: Database) -> None:
    await settle(database)
    store = PgProofStore(database.pool)
    key = PhoneKey(id="phone-1", person=PersonId("ann"), public_key=b"k", name="", made=START)
    assert await store.add_phone(key, 5)
    await database.execute("delete from contact where person = 'ann'")
    await database.execute("delete from duty_shift where person = 'ann'")
    await database.execute("delete from person where id = 'ann'")
    assert await store.phone("phone-1") is None
