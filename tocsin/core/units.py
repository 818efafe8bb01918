"""The units a reading may have: the IANA registry "SenML Units" (RFC 8428, RFC 8798).

Nothing is converted: a unit is a label that detectors and people compare. `check_unit` refuses a
spelling that the registry does not know and says which one to write instead.
"""

from __future__ import annotations

import difflib
from typing import Final

from tocsin.core.errors import Rejected

PRIMARY: Final[dict[str, str]] = {
    "m": "metre",
    "kg": "kilogram",
    "g": "gram (not recommended: kg)",
    "s": "second",
    "A": "ampere",
    "K": "kelvin",
    "cd": "candela",
    "mol": "mole",
    "Hz": "hertz",
    "rad": "radian",
    "sr": "steradian",
    "N": "newton",
    "Pa": "pascal",
    "J": "joule",
    "W": "watt",
    "C": "coulomb",
    "V": "volt",
    "F": "farad",
    "Ohm": "ohm",
    "S": "siemens",
    "Wb": "weber",
    "T": "tesla",
    "H": "henry",
    "Cel": "degrees Celsius",
    "lm": "lumen",
    "lx": "lux",
    "Bq": "becquerel",
    "Gy": "gray",
    "Sv": "sievert",
    "kat": "katal",
    "m2": "square metre",
    "m3": "cubic metre",
    "l": "litre (not recommended: m3)",
    "m/s": "metre per second",
    "m/s2": "metre per square second",
    "m3/s": "cubic metre per second",
    "l/s": "litre per second (not recommended: m3/s)",
    "W/m2": "watt per square metre",
    "cd/m2": "candela per square metre",
    "bit": "bit",
    "bit/s": "bit per second",
    "lat": "degrees latitude",
    "lon": "degrees longitude",
    "pH": "pH value",
    "dB": "decibel",
    "dBW": "decibel relative to 1 W",
    "Bspl": "bel, sound pressure level (not recommended: dB)",
    "count": "counter value",
    "/": "ratio, value of a switch",
    "%": "ratio in hundredths (not recommended: /)",
    "%RH": "relative humidity, percent",
    "%EL": "remaining battery energy, percent",
    "EL": "remaining battery energy, seconds",
    "1/s": "events per second",
    "1/min": "events per minute (not recommended: 1/s)",
    "beat/min": "heart beats per minute (not recommended: 1/s)",
    "beats": "cumulative heart beats (not recommended: count)",
    "S/m": "siemens per metre",
    "B": "byte",
    "VA": "volt-ampere",
    "VAs": "volt-ampere second",
    "var": "volt-ampere reactive",
    "vars": "volt-ampere-reactive second",
    "J/m": "joule per metre",
    "kg/m3": "kilogram per cubic metre",
    "deg": "degree of angle (not recommended: rad)",
    "NTU": "nephelometric turbidity unit",
}
"""Symbol to meaning, RFC 8428 section 12.1 and later registrations."""

SECONDARY: Final[dict[str, str]] = {
    "ms": "millisecond",
    "min": "minute",
    "h": "hour",
    "MHz": "megahertz",
    "kW": "kilowatt",
    "kVA": "kilovolt-ampere",
    "kvar": "kilovar",
    "Ah": "ampere-hour",
    "Wh": "watt-hour",
    "kWh": "kilowatt-hour",
    "varh": "var-hour",
    "kvarh": "kilovar-hour",
    "kVAh": "kilovolt-ampere-hour",
    "Wh/km": "watt-hour per kilometre",
    "KiB": "kibibyte",
    "GB": "gigabyte",
    "Mbit/s": "megabit per second",
    "B/s": "byte per second",
    "MB/s": "megabyte per second",
    "mV": "millivolt",
    "mA": "milliampere",
    "dBm": "decibel relative to 1 mW",
    "ug/m3": "microgram per cubic metre",
    "mm/h": "millimetre per hour",
    "m/h": "metre per hour",
    "ppm": "parts per million",
    "/100": "hundredth",
    "/1000": "thousandth",
    "hPa": "hectopascal",
    "mm": "millimetre",
    "cm": "centimetre",
    "km": "kilometre",
    "km/h": "kilometre per hour",
    "ppb": "parts per billion",
    "ppt": "parts per trillion",
    "VAh": "volt-ampere-hour",
    "mg/l": "milligram per litre",
    "ug/l": "microgram per litre",
    "g/l": "gram per litre",
}
"""Symbol to meaning, RFC 8798 and later registrations."""

TOLERATED: Final = frozenset({"", "1"})
"""No unit (text readings), and the common spelling of the registry's `/`."""

_COMMON_MISTAKES: Final[dict[str, str]] = {
    "°C": "Cel",
    "℃": "Cel",
    "degC": "Cel",
    "celsius": "Cel",
    "°": "deg",
    "%rh": "%RH",
    "rh": "%RH",
    "percent": "/100",
    "ohm": "Ohm",
    "Ω": "Ohm",
    "lux": "lx",
    "meter": "m",
    "metre": "m",
    "meters": "m",
    "metres": "m",
    "mm/hour": "mm/h",
    "米": "m",
    "sec": "s",
    "seconds": "s",
    "volt": "V",
    "bool": "/",
    "boolean": "/",
    "µg/m3": "ug/m3",
    "μg/m3": "ug/m3",
    "ug/m³": "ug/m3",
    "µg/m³": "ug/m3",
    "μg/m³": "ug/m3",
    "m³/s": "m3/s",
    "W/m²": "W/m2",
    "kph": "km/h",
    "hpa": "hPa",
    "mbar": "hPa",
    "bar": "Pa",
}


def is_unit(text: str) -> bool:
    """Say whether a reading may carry this unit."""
    return text in PRIMARY or text in SECONDARY or text in TOLERATED


def check_unit(text: str) -> str:
    """Give the unit back.

    Raises `Rejected` (`unit.unknown`) with the spelling that was probably meant.
    """
    if is_unit(text):
        return text
    meant = _COMMON_MISTAKES.get(text) or _COMMON_MISTAKES.get(text.lower())
    if meant is None:
        near = difflib.get_close_matches(text[:16], [*PRIMARY, *SECONDARY], n=1, cutoff=0.7)
        meant = near[0] if near else None
    advice = (
        f"write {meant!r}"
        if meant
        else "see the IANA registry `SenML Units`, `/` for a plain ratio or switch"
    )
    raise Rejected("unit.unknown", f"{text[:32]!r} is no SenML unit: {advice}")
