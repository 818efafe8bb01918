from tests.support.field import key
from tocsin.core.wire import Lane
from tocsin.ingest.ports import LedgerEntry
from tocsin.ingest.receipts import EPOCHS_MAX, ReceiptBook


def note(book: ReceiptBook, now: float, lane: Lane = Lane.DATA, upto: int = 1, epoch: int = 7) -> None:
    book.note(
        key().collector, {key(lane, epoch): LedgerEntry(((1, upto),))}, time_us=1, lanes={lane}, now=now
    )


def told(book: ReceiptBook, now: float):
    return [receipt for _, receipt in book.take(now)]


def test_the_first_receipt_goes_at_once_and_the_next_after_two_seconds():
    book = ReceiptBook(0.2, 2.0)
    note(book, 100)
    assert len(told(book, 100)) == 1
    note(book, 100.5, upto=2)
    assert told(book, 101.9) == []
    assert book.next_due() == 102
    [receipt] = told(book, 102)
    assert receipt.lanes[0].upto == 2


def test_an_alarm_is_told_after_two_hundred_milliseconds():
    book = ReceiptBook(0.2, 2.0)
    note(book, 100)
    told(book, 100)
    note(book, 100.1)
    note(book, 100.1, Lane.ALARM)
    assert told(book, 100.19) == []
    [receipt] = told(book, 100.2)
    assert {lane.lane for lane in receipt.lanes} == {Lane.DATA, Lane.ALARM}


def test_a_duplicate_is_told_too():
    book = ReceiptBook(0.2, 2.0)
    note(book, 100)
    told(book, 100)
    note(book, 110)
    assert len(told(book, 110)) == 1


def test_what_could_not_be_sent_falls_due_again():
    book = ReceiptBook(0.2, 2.0)
    note(book, 100)
    told(book, 100)
    book.failed(key().collector, 101)
    assert book.next_due() == 101


def test_after_a_new_connection_everything_is_told_again():
    book = ReceiptBook(0.2, 2.0)
    note(book, 100)
    told(book, 100)
    book.everything(100.1)
    assert len(told(book, 100.1)) == 1


def test_the_oldest_epochs_are_forgotten():
    book = ReceiptBook(0.2, 2.0)
    for epoch in range(EPOCHS_MAX * len(Lane) + 5):
        note(book, 100, epoch=epoch)
    [receipt] = told(book, 100)
    assert len(receipt.lanes) == EPOCHS_MAX * len(Lane)
    assert receipt.lanes[-1].epoch == EPOCHS_MAX * len(Lane) + 4
