from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.detecting import burning, yard
from tests.support.video import film
from tocsin.core.errors import Rejected
from tocsin.evaluate.clips import Clip
from tocsin.evaluate.page import page
from tocsin.evaluate.run import document, evaluate

FIRE = {"kind": "fire", "from_s": 2.0, "to_s": 9.0}
MISSED = {"kind": "flood", "from_s": 2.0, "to_s": 4.0}


@pytest.mark.heavy  # two interpreters are started
def test_every_clip_in_a_child_of_its_own_and_one_that_breaks_harms_no_other(tmp_path: Path) -> None:
    film(tmp_path / "fire.mp4", [yard(i) for i in range(8)] + [burning(i) for i in range(32)], 4)
    (tmp_path / "broken.mp4").write_bytes(b"\x00" * 500)
    clips = [
        Clip.model_validate({"file": "broken.mp4"}),
        Clip.model_validate({"file": "fire.mp4", "fps": 4, "events": [FIRE, MISSED]}),
    ]
    done: list[str] = []
    result, seen = evaluate(
        clips, tmp_path, every_s=0.5, burst=False, stills=True, done=lambda clip: done.append(clip.file)
    )
    assert done == ["broken.mp4", "fire.mp4"]
    assert result.clips[0].failed is not None
    data = json.loads(json.dumps(document(result)))
    fire = data["clips"][1]
    assert {"file", "seconds", "pictures", "ms_per_picture", "events", "false_alarms"} <= set(fire)
    assert set(fire["events"][0]) == {"kind", "from_s", "to_s", "hit", "delay_s"}
    assert [event["hit"] for event in fire["events"]] == [True, False]
    assert {"events", "hits", "median_delay_s"} <= set(data["kinds"]["fire"])
    assert data["false_alarms_per_hour"] == 0
    text = page(result, seen)
    assert text.count("<img") == 5, "a picture of the miss at each known instant near it"
    assert "<script" not in text


def test_what_cannot_work_is_said_before_the_first_clip(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=r"not in .*gone\.mp4"):
        evaluate([Clip(file="gone.mp4")], tmp_path, every_s=1, burst=False, stills=False)
    with pytest.raises(Rejected, match="every"):
        evaluate([], tmp_path, every_s=0, burst=False, stills=False)
