from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.evaluate.clips import kind_of, read


def listed(folder: Path, text: str) -> Path:
    path = folder / "clips.yaml"
    path.write_text(text, "utf-8")
    return path


def test_an_entry_is_read_whole(tmp_path: Path) -> None:
    (clip,) = read(
        listed(
            tmp_path,
            "clips: [{file: a.mp4, fps: 25, frames: 10, fixed: false, kinds: [line], note: more, "
            "zone: [[0, 0.5], [1, 0.5]], crop: [1, 2, 30, 40], events: [{kind: fire, from_s: 1, to_s: 2}]}]",
        )
    )
    assert (clip.fps, clip.frames, clip.fixed, clip.crop) == (25, 10, False, (1, 2, 30, 40))
    assert clip.zone == ((0, 0.5), (1, 0.5))
    assert kind_of(clip.kinds[0]) is Kind.TRIPWIRE
    assert clip.events[0].kind == "fire"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "clips: [{file: a.mp4, events: [{kind: fier, from_s: 0, to_s: 1}]}]",
            "clip a.mp4.events.0.kind: there",
        ),
        ("clips: [{file: a.mp4, events: [{kind: fire, from_s: 2, to_s: 1}]}]", "must not be less"),
        ("clips: [{fps: 5}]", "clip 1.file"),
        ("clips: [{file: a, zone: [[0, 2], [1, 1]]}]", "zone"),
        ("[]", "write a mapping"),
        ("clips: {", "is not YAML"),
    ],
)
def test_faults_name_the_entry_and_what_to_write(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Rejected, match="eval") as refused:
        read(listed(tmp_path, text))
    assert said in refused.value.reason


def test_a_missing_file_and_one_that_is_no_text_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=r"cannot read .*No such file"):
        read(tmp_path / "none.yaml")
    path = tmp_path / "bytes.yaml"
    path.write_bytes(b"clips: \xff")
    with pytest.raises(Rejected, match="save it as UTF-8"):
        read(path)
