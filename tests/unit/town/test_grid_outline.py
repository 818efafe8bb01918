from __future__ import annotations

import json

import pytest
import shapely

from tests.support.places import box, collection, feature, outlines
from tocsin.core.errors import Rejected
from tocsin.town.grid_outline import POINTS_MAX, geometry_of, read_outlines


def ring(*points: tuple[float, float], kind: str = "Polygon") -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": {"code": "a"},
        "geometry": {"type": kind, "coordinates": [points]},
    }


def test_polygons_and_multipolygons_come_in_with_a_point_inside() -> None:
    horseshoe = box(0, 0, 3, 3).difference(box(0.5, 1, 2.5, 1))
    both = shapely.MultiPolygon([box(0, 0), box(5, 5, 3, 3)])
    read = read_outlines(collection([feature("u", horseshoe), feature("m", both, 名称="两块")]))
    assert [(one.number, one.properties["code"]) for one in read.features] == [(1, "u"), (2, "m")]
    assert read.features[1].properties["名称"] == "两块"
    for one, shape in zip(read.features, (horseshoe, both), strict=True):
        assert shapely.from_wkb(one.outline).equals(shape)
        assert shape.contains(shapely.Point(one.longitude, one.latitude))
    assert json.loads(geometry_of(read.features[0].outline))["type"] == "Polygon"


def test_a_code_that_is_a_number_is_its_digits_and_heights_are_dropped() -> None:
    high = {
        "type": "Polygon",
        "coordinates": [[[117, 36, 5], [117.1, 36, 5], [117.1, 36.1, 5], [117, 36, 5]]],
    }
    (one,) = read_outlines(
        collection([{"type": "Feature", "properties": {"CODE": 370102.0}, "geometry": high}])
    ).features
    assert one.properties["code"] == "370102"
    assert not shapely.has_z(shapely.from_wkb(one.outline))


def test_a_ring_that_is_not_closed_is_closed() -> None:
    (one,) = read_outlines(collection([ring((117, 36), (117.1, 36), (117.1, 36.1), (117, 36.1))])).features
    assert shapely.from_wkb(one.outline).area == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        (ring((36, 117), (36.1, 117), (36.1, 117.1), (36, 117)), "outline.swapped", "write longitude first"),
        (ring((43.8, 87.5), (43.9, 87.5), (43.9, 87.6), (43.8, 87.5)), "outline.swapped", "write longitude first"),
        (ring((500000, 4000000), (500100, 4000000), (500100, 4000100), (500000, 4000000)), "outline.metres", "EPSG:4326"),
        (ring((117, 36), (117.1, 36.1), (117.1, 36), (117, 36.1), (117, 36)), "outline.crosses", "latitude 36.050000, longitude 117.050000"),
        (ring((117, 36), (117.1, 36), (117.2, 36), (117, 36)), "outline.empty", "three corners"),
        (ring((117, 36), (117.1, 36)), "outline.form", "at least four points"),
        (ring((117, 36), kind="Point"), "outline.form", "a Point: send a Polygon"),
        ({"type": "Feature", "properties": {"code": "a"}, "geometry": None}, "outline.form", "no geometry"),
        ({"type": "Feature", "properties": None}, "outline.form", "no geometry"),
        (feature("a", shapely.LineString([(117, 36), (117.1, 36)])), "outline.kind", "a LineString"),
        (feature("a", box(0, 0), 坐标系="GCJ-02"), "outline.system", "hundreds of metres beside the ground"),
        (feature("a", box(0, 0), coordinate_system="BD-09"), "outline.system", "convert it to WGS 84"),
    ],
)  # fmt: skip
def test_a_faulty_outline_is_told_by_its_number_and_the_others_come_in(
    wrong: dict[str, object], code: str, words: str
) -> None:
    read = read_outlines(collection([feature("good", box(0, 0)), wrong]))
    assert [(one.row, one.code) for one in read.faults] == [(2, code)]
    assert "feature 2: " in read.faults[0].message
    assert words in read.faults[0].message
    assert [one.properties["code"] for one in read.features] == ["good"]


def test_a_border_that_is_too_fine_is_told() -> None:
    fine = shapely.Point(117, 36).buffer(0.1, quad_segs=POINTS_MAX // 4 + 1)
    (fault,) = read_outlines(collection([feature("fine", fine)])).faults
    assert (fault.code, str(POINTS_MAX) in fault.message) == ("outline.points", True)


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4490", "EPSG:4326"])
def test_systems_that_are_ours_may_be_named(name: str) -> None:
    crs = {"type": "name", "properties": {"name": name}}
    assert len(read_outlines(outlines({"a": box(0, 0)}, crs=crs)).features) == 1


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"{", "outline.file", "no GeoJSON"),
        (b"[]", "outline.file", "no GeoJSON"),
        (b'{"type": "Feature"}', "outline.file", "send a FeatureCollection"),
        (outlines({}, crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}), "outline.system", "3857"),
        (outlines({}, coordinate_system="gcj02"), "outline.system", "gcj02"),
        (outlines({}, coordsys="百度坐标"), "outline.system", "百度坐标"),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_or_system_is_refused_by_name(data: bytes, code: str, words: str) -> None:
    with pytest.raises(Rejected) as refused:
        read_outlines(data)
    assert (refused.value.code, words in refused.value.reason) == (code, True)


def test_nothing_is_read_of_an_empty_collection() -> None:
    assert read_outlines(outlines({})).features == ()
