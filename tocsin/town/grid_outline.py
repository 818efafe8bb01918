"""Outlines of grids out of GeoJSON: polygons and multipolygons in WGS 84, each fault with its feature.  Pure.

Coordinates are believed to be what the format says, longitude first, in degrees. A file that names
another system (GCJ-02 and BD-09 of Chinese maps among them) is refused, never shifted in silence; what
is swapped, in metres, crosses itself or is too fine is a fault with the feature's number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
import shapely

from tocsin.core.errors import Rejected
from tocsin.town.tables import FAULTS_MAX, Fault

BYTES_MAX: Final = 256 * 1024 * 1024
FEATURES_MAX: Final = 50_000
POINTS_MAX: Final = 20_000
"""Of one outline; a county's border at a metre's accuracy has fewer."""
ALL_POINTS_MAX: Final = 5_000_000

SAME: Final = frozenset(
    {"CRS84", "EPSG:4326", "EPSG::4326", "WGS84", "WGS-84", "EPSG:4490", "EPSG::4490", "CGCS2000"}
)
"""Names of WGS 84, and of CGCS2000, which lies within centimetres of it."""
SYSTEM_KEYS: Final = ("coordinate_system", "coordsys", "坐标系")
LONGITUDES: Final = (70.0, 140.0)
LATITUDES: Final = (0.0, 60.0)
"""Between these lies what we are used for: the one pair that can be mistaken for the other is told."""

Shapes: TypeAlias = np.ndarray[Any, np.dtype[np.object_]]


class _Feature(msgspec.Struct):
    type: str = ""
    properties: dict[str, Any] | None = None
    geometry: msgspec.Raw = msgspec.Raw(b"null")


class _Collection(msgspec.Struct):
    type: str = ""
    features: list[_Feature] | None = None
    crs: Any = None
    coordinate_system: str | None = None
    coordsys: str | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    """One outline that can be used."""

    number: int
    """Its place in the file, the first is 1."""
    properties: Mapping[str, str]
    """Texts by lower-case name."""
    outline: bytes
    """WKB."""
    latitude: float
    longitude: float
    """A point inside, in the middle where the middle is inside."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """What a file says."""

    features: tuple[Feature, ...]
    faults: tuple[Fault, ...]
    """The first 500; their row is the feature's number."""
    faulty: int


def read_outlines(data: bytes) -> Outlines:
    """Read a FeatureCollection; raises `Rejected` (`outline.file`, `outline.system`) where nothing can be read."""
    if len(data) > BYTES_MAX:
        raise Rejected("outline.file", f"the file is larger than {BYTES_MAX >> 20} MiB: send it in parts")
    try:
        read = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_Collection)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Rejected("outline.file", f"this is no GeoJSON: {error}") from error
    if read.type != "FeatureCollection" or read.features is None:
        raise Rejected("outline.file", f"the file is a {read.type or 'mapping'}: send a FeatureCollection")
    if len(read.features) > FEATURES_MAX:
        raise Rejected("outline.file", f"more than {FEATURES_MAX} features: send the file in parts")
    _check_system(_named(read.crs) or read.coordinate_system or read.coordsys or "", "the file")
    return _outlines(read.features)


def geometry_of(outline: bytes) -> bytes:
    """Write an outline as a GeoJSON geometry."""
    text: str = shapely.to_geojson(shapely.from_wkb(outline))
    return text.encode()


def _outlines(features: Sequence[_Feature]) -> Outlines:
    raw = [bytes(one.geometry) for one in features]
    shapes: Shapes = np.array(
        shapely.from_geojson(np.array(raw, dtype=object), on_invalid="ignore"), dtype=object
    )
    faults: dict[int, Fault] = {}
    for at in _each(shapely.is_missing(shapes)):
        mended = _mended(raw[at])
        if isinstance(mended, str):
            faults[at] = _fault(at, "outline.form", mended)
        else:
            shapes[at] = mended
    for at, one in enumerate(features):
        wrong = _system_fault(one.properties)
        if wrong is not None:
            faults.setdefault(at, _fault(at, "outline.system", wrong))
    shapes = shapely.force_2d(shapes)
    counts = shapely.get_num_coordinates(shapes)
    if int(counts.sum()) > ALL_POINTS_MAX:
        raise Rejected("outline.file", f"more than {ALL_POINTS_MAX} points: simplify the outlines to a metre")
    for at, fault in _shape_faults(shapes, counts):
        faults.setdefault(at, fault)
    good = [at for at in range(len(features)) if at not in faults]
    told = [faults[at] for at in sorted(faults)]
    return Outlines(tuple(_features(features, shapes, good)), tuple(told[:FAULTS_MAX]), len(told))


def _features(features: Sequence[_Feature], shapes: Shapes, good: list[int]) -> Iterator[Feature]:
    chosen = shapes[good]
    middles = shapely.centroid(chosen)
    outside = ~shapely.contains(chosen, middles)
    middles[outside] = shapely.point_on_surface(chosen[outside])
    wkb = shapely.to_wkb(shapely.normalize(chosen))
    for at, outline, x, y in zip(
        good, wkb, shapely.get_x(middles).tolist(), shapely.get_y(middles).tolist(), strict=True
    ):
        found = features[at].properties or {}
        texts = {key.strip().casefold(): _text(value) for key, value in found.items()}
        yield Feature(at + 1, texts, outline, y, x)


def _text(value: object) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _shape_faults(shapes: Shapes, counts: np.ndarray[Any, Any]) -> Iterator[tuple[int, Fault]]:
    """Look at all shapes at once; only the faulty ones are looked at one by one."""
    kinds = shapely.get_type_id(shapes)
    polygons = np.isin(kinds, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    for at in _each(~polygons & ~shapely.is_missing(shapes)):
        yield at, _fault(at, "outline.kind", f"a {shapes[at].geom_type}: send a Polygon or MultiPolygon")
    bounds = shapely.bounds(shapes)
    in_degrees = np.all(np.abs(bounds) <= (180, 90, 180, 90), axis=1)
    west, south, east, north = bounds.T
    swapped = (
        (west >= LATITUDES[0]) & (east <= LATITUDES[1]) & (south >= LONGITUDES[0]) & (north <= LONGITUDES[1])
    )
    for at in _each(polygons & (swapped | ~in_degrees)):
        yield at, _degrees_fault(at, bounds[at], swapped=bool(swapped[at]))
    for at in _each(polygons & (counts > POINTS_MAX)):
        yield (
            int(at),
            _fault(at, "outline.points", f"{counts[at]} points: simplify it to at most {POINTS_MAX}"),
        )
    for at in _each(polygons & ~(shapely.area(shapely.convex_hull(shapes)) > 0)):
        yield at, _fault(at, "outline.empty", "it holds no ground: draw at least three corners")
    for at in _each(polygons & ~shapely.is_valid(shapes)):
        yield (
            int(at),
            _fault(
                at,
                "outline.crosses",
                f"{_why(shapes[at])}: move the points so that its border meets itself nowhere",
            ),
        )


def _each(true: np.ndarray[Any, Any]) -> list[int]:
    """Give where something holds."""
    found: list[int] = np.flatnonzero(true).tolist()
    return found


def _why(shape: shapely.Geometry) -> str:
    """Say where a shape is wrong, with latitude first as people write it."""
    what, _, where = shapely.is_valid_reason(shape).partition("[")
    x, _, y = where.rstrip("]").partition(" ")
    names = {
        "Self-intersection": "its border crosses itself",
        "Ring Self-intersection": "its border touches itself",
        "Hole lies outside shell": "a hole lies outside of it",
        "Nested shells": "one part lies inside another",
    }
    said = names.get(what.strip(), what.strip().lower())
    return f"{said} at latitude {float(y):.6f}, longitude {float(x):.6f}" if x and y else said


def _degrees_fault(at: int, bounds: np.ndarray[Any, Any], *, swapped: bool) -> Fault:
    x, y = float(bounds[0]), float(bounds[1])
    if swapped or (abs(x) <= 90 < abs(y) <= 180):
        return _fault(
            at,
            "outline.swapped",
            f"latitude stands before longitude ({x:.4f}, {y:.4f}): write longitude first",
        )
    return _fault(
        at,
        "outline.metres",
        f"({x:.0f}, {y:.0f}) are no degrees: export longitude and latitude in WGS 84 (EPSG:4326)",
    )


def _fault(at: int, code: str, message: str) -> Fault:
    return Fault(at + 1, "geometry", code, f"feature {at + 1}: {message}")


# -- what the format's reader refuses -------------------------------------------------------------------


def _mended(raw: bytes) -> shapely.Geometry | str:
    """Close the rings of a geometry that could not be read; or say what is wrong with it."""
    try:
        read = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return "the geometry cannot be read: export it anew"
    if not isinstance(read, dict):
        return "it has no geometry: draw its outline, or take the feature out"
    kind, parts = read.get("type"), read.get("coordinates")
    if kind not in {"Polygon", "MultiPolygon"} or not isinstance(parts, list):
        return f"a {str(kind)[:40]}: send a Polygon or MultiPolygon"
    try:
        polygons = [
            [_closed(ring) for ring in rings] for rings in (parts if kind == "MultiPolygon" else [parts])
        ]
        made = [shapely.Polygon(rings[0], rings[1:]) for rings in polygons]
    except (ValueError, TypeError, IndexError, KeyError):
        return "a ring needs at least four points, each longitude and latitude: draw it anew"
    return made[0] if kind == "Polygon" else shapely.MultiPolygon(made)


def _closed(ring: list[list[float]]) -> list[tuple[float, float]]:
    points = [(float(point[0]), float(point[1])) for point in ring]
    if len(points) < 3:
        raise ValueError("too few points")
    return points if points[0] == points[-1] else [*points, points[0]]


# -- coordinate systems ---------------------------------------------------------------------------------


def _named(crs: object) -> str:
    """Give the name that a `crs` member holds, as older files have it."""
    found = crs.get("properties") if isinstance(crs, dict) else None
    return str(found.get("name", "")) if isinstance(found, dict) else ""


def _check_system(name: str, what: str) -> None:
    wrong = _system_words(name)
    if wrong is not None:
        raise Rejected("outline.system", f"{what} {wrong}")


def _system_fault(properties: Mapping[str, Any] | None) -> str | None:
    name = (
        next((str(properties[key]) for key in SYSTEM_KEYS if properties.get(key)), "") if properties else ""
    )
    wrong = _system_words(name)
    return None if wrong is None else f"it {wrong}"


def _system_words(name: str) -> str | None:
    """Say why a named system is refused; None for ours and for none."""
    plain = name.upper().replace(" ", "")
    if not plain or any(plain.endswith(one) for one in SAME):
        return None
    if "GCJ" in plain or "火星" in plain or "BD09" in plain or "BD-09" in plain or "百度" in plain:
        return (
            f"is in {name}, which lies hundreds of metres beside the ground: convert it to WGS 84 and say so"
        )
    return f"is in {name[:60]}: export it in WGS 84 (EPSG:4326)"
