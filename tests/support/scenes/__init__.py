"""Drawn scenes with known truth, and how to play them to a camera's detectors."""

from tests.support.scenes.canvas import WHOLE, Part, Stage, Truth
from tests.support.scenes.fire import Candle, Flames, SmokeColumn, steam
from tests.support.scenes.harmless import (
    Lamp,
    Sunset,
    TailLights,
    Television,
    blinking_lamp,
    red_clothes,
    sodium_lamp,
)
from tests.support.scenes.lens import Covered, Damaged, Dark, Defocused, Frozen, Gone, Spider, Turned
from tests.support.scenes.people import Crowd, Left, Person, Vehicle, loitering, walking
from tests.support.scenes.playing import Oracle, Said, delay_of, false_alarms, frame_of, play, raised
from tests.support.scenes.scene import Scene
from tests.support.scenes.water import BOARD, FloodWater, River
from tests.support.scenes.weather import (
    Clouds,
    Exposure,
    Fog,
    Headlights,
    Jpeg,
    Rain,
    Shadow,
    Shake,
    Snow,
    Wind,
    handheld,
)

__all__ = [
    "BOARD", "WHOLE", "Candle", "Clouds", "Covered", "Crowd", "Damaged", "Dark", "Defocused", "Exposure",
    "Flames", "FloodWater", "Fog", "Frozen", "Gone", "Headlights", "Jpeg", "Lamp", "Left", "Oracle", "Part",
    "Person", "Rain", "River", "Said", "Scene", "Shadow", "Shake", "SmokeColumn", "Snow", "Spider", "Stage",
    "Sunset", "TailLights", "Television", "Truth", "Turned", "Vehicle", "Wind", "blinking_lamp", "delay_of",
    "false_alarms", "frame_of", "handheld", "loitering", "play", "raised", "red_clothes", "sodium_lamp",
    "steam", "walking",
]  # fmt: skip
