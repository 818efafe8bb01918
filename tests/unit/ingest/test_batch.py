from tests.support.field import collector
from tests.support.ingest import deliver, envelope, level
from tocsin.core.wire import LinkState
from tocsin.ingest.batch import Batch
from tocsin.ingest.decode import Link, Message, Refused


def test_everything_of_a_batch_is_acknowledged_and_can_be_taken_alone():
    entry, sealed = collector(), envelope(1, [level()])
    batch = Batch(
        [Message(deliver(sealed, packet=1), entry, sealed)],
        [Link(deliver(b"online", "t", 2), entry, LinkState.ONLINE)],
        [Refused(deliver(b"", "t", 3), "c", "r")],
    )
    assert [token.packet for token in batch.tokens()] == [1, 2, 3]
    assert [single.tokens() for single in batch.singles()] == [[token] for token in batch.tokens()]
    assert (len(batch), len(Batch())) == (3, 0)
