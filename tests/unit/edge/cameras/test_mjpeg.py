from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from tests.support.edge import picture
from tocsin.core.errors import Rejected
from tocsin.core.wire import PICTURE_BYTES_MAX
from tocsin.edge.cameras.mjpeg import Parts, boundary_of

FRAMES = [picture(seed, width=64, height=48) for seed in range(4)]


def stream(*, length: bool, dashes: bytes = b"--") -> bytes:
    sent = b""
    for jpeg in FRAMES:
        told = b"Content-Length: %d\r\n" % len(jpeg) if length else b""
        sent += dashes + b"frame\r\nContent-Type: image/jpeg\r\n" + told + b"\r\n" + jpeg + b"\r\n"
    return sent + dashes + b"frame--\r\n"


@pytest.mark.parametrize("length", [True, False])
@given(cuts=st.lists(st.integers(1, 6000), max_size=12))
def test_pictures_are_whole_however_the_network_cuts_them(*, length: bool, cuts: list[int]) -> None:
    sent, parts, found = stream(length=length), Parts(b"--frame"), []
    for cut in [*cuts, len(sent)]:
        found += parts.feed(sent[:cut])
        sent = sent[cut:]
    assert found == FRAMES


def test_the_boundary_is_that_of_the_header_in_its_forms() -> None:
    for header in (
        "multipart/x-mixed-replace;boundary=frame",
        'multipart/x-mixed-replace; boundary="frame"',
        "Multipart/X-Mixed-Replace; boundary=--frame; charset=x",
    ):
        assert boundary_of(header) == b"--frame"


@pytest.mark.parametrize("header", ["", "image/jpeg", "text/html; boundary=x", "multipart/x-mixed-replace"])
def test_what_is_no_stream_is_told(header: str) -> None:
    with pytest.raises(Rejected, match="motion-JPEG"):
        boundary_of(header)


def test_a_flood_without_pictures_is_refused_and_not_kept() -> None:
    parts = Parts(b"--frame")
    assert list(parts.feed(bytes(PICTURE_BYTES_MAX))) == []
    with pytest.raises(Rejected, match="gives no pictures"):
        list(parts.feed(bytes(10_000)))


def test_a_part_that_is_no_picture_is_passed_over() -> None:
    sent = b"--frame\r\nContent-Length: 5\r\n\r\nhello\r\n" + stream(length=True)
    assert list(Parts(b"--frame").feed(sent)) == FRAMES


def test_what_comes_byte_by_byte_is_not_searched_from_its_beginning_each_time() -> None:
    """A part without a length whose bytes drip in: the search must not grow with what is there already."""
    searched = 0

    class Counted(bytearray):
        @override
        def find(self, what: bytes, begin: int = 0, *_: int) -> int:  # type: ignore[override]
            nonlocal searched
            found = super().find(what, begin)
            searched += (len(self) if found < 0 else found) - begin
            return found

    parts = Parts(b"--frame")
    parts._data = Counted()
    list(parts.feed(b"--frame\r\n\r\n" + FRAMES[0][:3]))
    for _ in range(5000):
        list(parts.feed(b"x"))
    assert list(parts.feed(b"\r\n--frame\r\n\r\n")) == [FRAMES[0][:3] + b"x" * 5000]
    assert searched < 500_000
