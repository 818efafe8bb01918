from __future__ import annotations

from tocsin.core.ids import DeviceId, PictureHash
from tocsin.edge.vitals import Vitals

CAMERA = DeviceId("weir/yard")


def test_the_same_picture_again_is_no_sign_of_life() -> None:
    vitals = Vitals()
    vitals.pictured(CAMERA, 10, PictureHash("a"))
    vitals.pictured(CAMERA, 20, PictureHash("a"))
    (camera,) = vitals.list()
    assert (camera.last_us, camera.changed) == (10, False)
    vitals.pictured(CAMERA, 30, PictureHash("b"))
    (camera,) = vitals.list()
    assert (camera.last_us, camera.changed) == (30, True)


def test_a_fault_stands_until_the_next_sign_of_life() -> None:
    vitals = Vitals()
    vitals.expect(CAMERA, "camera")
    vitals.fault(CAMERA, "no answer")
    assert vitals.list()[0].fault == "no answer"
    vitals.pictured(CAMERA, 10, PictureHash("a"))
    assert vitals.list()[0].fault is None


def test_a_device_that_never_spoke_is_listed_without_an_instant() -> None:
    vitals = Vitals()
    vitals.expect(CAMERA, "camera")
    vitals.restarted(CAMERA)
    (camera,) = vitals.list()
    assert (camera.kind, camera.last_us, camera.changed, camera.restarts) == ("camera", None, None, 1)


def test_invented_names_do_not_fill_the_memory() -> None:
    vitals = Vitals(devices_max=3)
    for number in range(10):
        vitals.spoke(DeviceId(f"weir/{number}"), 1)
        vitals.fault(DeviceId(f"weir/{number}"), "x" * 1000)
    assert len(vitals.list()) == 3
    assert all(len(device.fault or "") == 300 for device in vitals.list())
