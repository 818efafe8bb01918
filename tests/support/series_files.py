"""Files of recorded series in the forms that `tocsin eval-series` reads, drawn with known truth."""

from __future__ import annotations

import json
import math
import random
from datetime import datetime, timedelta
from pathlib import Path

BEGIN = datetime(2026, 1, 5)  # noqa: DTZ001 the files themselves say no zone


def nab(folder: Path, *, days: int = 9, spike_day: int = 7) -> Path:
    """Write one series with a daily rhythm and one spike in its window, and one without."""
    chance = random.Random(5)
    window = []
    for name, spiked in (("spike.csv", True), ("quiet.csv", False)):
        rows = ["timestamp,value"]
        for number in range(days * 144):
            moment = BEGIN + timedelta(minutes=10 * number)
            value = 20 + 8 * math.sin(2 * math.pi * number / 144) + chance.gauss(0, 0.3)
            if spiked and number == spike_day * 144 + 30:
                value += 60
            if spiked and number in {spike_day * 144 + 20, spike_day * 144 + 90}:
                window.append(f"{moment:%Y-%m-%d %H:%M:%S}.000000")
            rows.append(f"{moment:%Y-%m-%d %H:%M:%S},{value:.4f}")
        _write(folder / "drawn" / name, rows)
    labels = {"drawn/spike.csv": [window], "drawn/quiet.csv": []}
    _write(folder / "labels" / "combined_windows.json", [json.dumps(labels)])
    return folder


def skab(folder: Path) -> Path:
    """Write one recording of a rig whose pressure rises for three minutes."""
    chance = random.Random(6)
    rows = ["datetime;Pressure;Volume Flow RateRMS;anomaly;changepoint"]
    for second in range(900):
        odd = 600 <= second < 780
        moment = BEGIN + timedelta(seconds=second)
        pressure = chance.gauss(1, 0.05) + (2 if odd else 0)
        rows.append(
            f"{moment:%Y-%m-%d %H:%M:%S};{pressure:.4f};{chance.gauss(32, 0.5):.3f};{float(odd)};"
            f"{float(second in {600, 780})}"
        )
    return _write(folder / "rig.csv", rows)


def nist(folder: Path) -> Path:
    """Write one fire: the flame is hot at once, the room warms from 20 s, smoke follows."""
    rows = ["TIME,TCFIRE,TCA_1,SMA_1,GASA_1,Ion1A,TCRef"]
    for second in range(0, 200, 2):
        flame = 25 + min(600, 60 * max(0, second - 10))
        room = 25 + 0.5 * max(0, second - 20)
        smoke = 0.002 * max(0, second - 40)
        rows.append(f"{second:.2E},{flame:.2E},{room:.2E},{smoke:.2E},0.0,100,25")
    _write(folder / "Activation_Times.csv", ["Act,SDC99-Ion1A,SDC99-Pho1A,SDC98-Ion1A", "-1,36,90,-1"])
    return _write(folder / "NIST_Smoke_Alarms_SDC99.csv", rows)


def office(folder: Path) -> Path:
    """Write quiet readings of an office, each row with a number in front."""
    chance = random.Random(7)
    rows = ['"date","Temperature","CO2","Occupancy"']
    for minute in range(0, 2880, 10):
        moment = BEGIN + timedelta(minutes=minute)
        rows.append(
            f'"{minute}","{moment:%Y-%m-%d %H:%M:%S}",{21 + chance.gauss(0, 0.1):.2f},{500 + chance.gauss(0, 9):.1f},0'
        )
    return _write(folder / "office.txt", rows)


def gauge(folder: Path) -> Path:
    """Write two gauges without header: one spikes once and loses its clock once."""
    rows = []
    for number in range(200):
        local = BEGIN + timedelta(minutes=6 * number)
        epoch = int((local - datetime(1970, 1, 1)).total_seconds()) + 5 * 3600  # noqa: DTZ001 as above
        for device, name in (("aa0001", "level_1"), ("aa0002", "level_2")):
            distance = 200.0 + number % 3
            said = epoch
            if device == "aa0001" and number == 90:
                distance = 520.0
            if device == "aa0001" and number == 120:
                said = 946_684_810
            rows.append(
                f"{device},{local.month}/{local.day}/{local.year} {local:%H:%M:%S},{name},w,{said},{distance},4.1,95"
            )
    return _write(folder / "gauges.csv", rows)


def _write(path: Path, rows: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path
