"""Who and where in the demo: a city, a township, four villages, one institution, their staff.

Pure data in the shapes of `town.ports`; invented names in a real order of codes (6 region,
3 town, 3 village, 3 sequence).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from tocsin.core.grids import Grid, GridKind, Position, Tier
from tocsin.core.ids import GridCode, OrganisationCode, PersonId
from tocsin.core.incident_words import Grade
from tocsin.core.organisations import Authority
from tocsin.core.responders import Channel
from tocsin.town.organisations import OrganisationEntry, OrganisationKind
from tocsin.town.ports import ContactAddress, DevicePlace, DutyShift, Person, Role

CITY: Final = GridCode("330199")
TOWNSHIP: Final = GridCode("330199101")


@dataclass(frozen=True, slots=True)
class VillagePlan:
    """One village and how its people behave when they are called."""

    code: GridCode
    name: str
    pinyin: str
    collector: str
    latitude: float
    longitude: float
    story: str
    """`prompt`, `late`, `absent` or `offline`: a row of `script.BEHAVIOUR`."""


VILLAGES: Final = (
    VillagePlan(GridCode("330199101201"), "石桥村", "shiqiao", "box-shiqiao", 30.2741, 119.8801, "prompt"),
    VillagePlan(GridCode("330199101202"), "柳溪村", "liuxi", "box-liuxi", 30.2803, 119.8922, "late"),
    VillagePlan(GridCode("330199101203"), "竹坞村", "zhuwu", "box-zhuwu", 30.2689, 119.9013, "absent"),
    VillagePlan(GridCode("330199101204"), "前塘村", "qiantang", "box-zhuwu", 30.2622, 119.8899, "offline"),
)
COLLECTORS: Final = ("box-shiqiao", "box-liuxi", "box-zhuwu")
SCHOOL: Final = GridCode("330199101201901")


def collector_grid(collector: str) -> GridCode:
    """Give the village in which a collector stands: the first of those it serves."""
    return next(v.code for v in VILLAGES if v.collector == collector)


def grids() -> list[Grid]:
    """List every grid, parents first."""
    city = Grid(
        code=CITY,
        name="临溪市",
        parent=None,
        tier=Tier.CITY,
        path=CITY,
        centre=Position(30.27, 119.89),
        radius_m=20_000,
    )
    town = Grid(
        code=TOWNSHIP,
        name="青石镇",
        parent=CITY,
        tier=Tier.TOWNSHIP,
        path=f"{CITY}.{TOWNSHIP}",
        centre=Position(30.2715, 119.8905),
        radius_m=5_000,
    )
    found = [city, town]
    for village in VILLAGES:
        path = f"{town.path}.{village.code}"
        found.append(
            Grid(
                code=village.code,
                name=village.name,
                parent=TOWNSHIP,
                tier=Tier.VILLAGE,
                path=path,
                centre=Position(village.latitude, village.longitude),
                radius_m=800,
            )
        )
        for sequence in (1, 2):
            code = GridCode(f"{village.code}{sequence:03d}")
            found.append(
                Grid(
                    code=code,
                    name=f"{village.name}第{'一二'[sequence - 1]}网格",
                    parent=village.code,
                    tier=Tier.VILLAGE,
                    path=f"{path}.{code}",
                    centre=Position(village.latitude + 0.001 * sequence, village.longitude),
                    radius_m=400,
                )
            )
    shiqiao = VILLAGES[0]
    found.append(
        Grid(
            code=SCHOOL,
            name="石桥小学",
            parent=shiqiao.code,
            tier=Tier.VILLAGE,
            kind=GridKind.DEDICATED,
            path=f"{town.path}.{shiqiao.code}.{SCHOOL}",
            centre=Position(shiqiao.latitude + 0.002, shiqiao.longitude + 0.002),
            radius_m=200,
        )
    )
    return found


SQUAD: Final = OrganisationCode("qingshi-zhifa")


def organisations() -> list[OrganisationEntry]:
    """List who deals with what beside the departments of the shipped catalogue: committees, the township's own, two more."""
    squad = (*(Authority(code, Grade.II) for code in ("01", "02", "03", "05")), Authority("0602", Grade.III))
    own = (Authority("01", Grade.IV), Authority("04", Grade.III), Authority("06", Grade.IV))
    found = [
        _organisation("fire", "消防救援大队", OrganisationKind.TEAM, Tier.CITY, CITY, ("0401", "0403")),
        _organisation("water", "水务局", OrganisationKind.DEPARTMENT, Tier.CITY, CITY, ("0402",)),
        _organisation(
            "qingshi", "青石镇综合信息室", OrganisationKind.CENTRE, Tier.TOWNSHIP, TOWNSHIP, ("04", "06")
        ),
        replace(
            _organisation(SQUAD, "青石镇综合行政执法队", OrganisationKind.TEAM, Tier.TOWNSHIP, TOWNSHIP, ()),
            authorities=squad,
        ),
    ]
    return found + [
        replace(
            _organisation(
                f"{home.pinyin}-cunwei",
                f"{home.name}村民委员会",
                OrganisationKind.VILLAGE,
                Tier.VILLAGE,
                home.code,
                (),
            ),
            collects=True,
            authorities=own,
        )
        for home in VILLAGES
    ]


def _organisation(  # noqa: PLR0917 a row of the list above
    code: str, name: str, kind: OrganisationKind, tier: Tier, grid: GridCode, categories: tuple[str, ...]
) -> OrganisationEntry:
    return OrganisationEntry(
        code=OrganisationCode(code),
        name=name,
        kind=kind,
        tier=tier,
        grid=grid,
        handles=True,
        authorities=tuple(Authority(category, Grade.I) for category in categories),
    )


_STAFF: Final = (
    ("zhang-wei", "张伟", VILLAGES[0].code, Tier.VILLAGE, "", 1),
    ("li-na", "李娜", VILLAGES[0].code, Tier.VILLAGE, "", 2),
    ("wang-qiang", "王强", VILLAGES[1].code, Tier.VILLAGE, "", 1),
    ("zhao-min", "赵敏", VILLAGES[1].code, Tier.VILLAGE, "", 2),
    ("chen-jun", "陈军", VILLAGES[2].code, Tier.VILLAGE, "", 1),
    ("liu-yang", "刘洋", VILLAGES[2].code, Tier.VILLAGE, "", 2),
    ("huang-lei", "黄磊", VILLAGES[3].code, Tier.VILLAGE, "", 1),
    ("zhou-jing", "周静", VILLAGES[3].code, Tier.VILLAGE, "", 2),
    ("xu-lan", "徐岚", SCHOOL, Tier.VILLAGE, "", 1),
    ("sun-hao", "孙浩", TOWNSHIP, Tier.TOWNSHIP, "", 1),
    ("ma-li", "马丽", TOWNSHIP, Tier.TOWNSHIP, "", 2),
    ("zheng-kai", "郑凯", TOWNSHIP, Tier.TOWNSHIP, SQUAD, 9),
    ("hu-bin", "胡斌", CITY, Tier.CITY, "fire", 1),
    ("guo-tao", "郭涛", CITY, Tier.CITY, "water", 2),
)


def people() -> list[Person]:
    """List the staff: responders, the supervisor, the operator, the engineer, the administrator."""
    staff = [
        Person(id=PersonId(id_), name=name, grid=grid, tier=tier, department=department, order=order)
        for id_, name, grid, tier, department, order in _STAFF
    ]
    office = [
        Person(id=PersonId("he-fang"), name="何芳", grid=TOWNSHIP, tier=None, supervisor=True),
        Person(id=PersonId("operator"), name="值班员 林晓", grid=TOWNSHIP, tier=None),
        Person(id=PersonId("engineer"), name="工程师 高翔", grid=CITY, tier=None),
        Person(id=PersonId("administrator"), name="管理员", grid=CITY, tier=None),
    ]
    return staff + office


def contacts(phones: str) -> list[ContactAddress]:
    """Give everybody who can be called a telephone of the simulation below the URL `phones`, and the log as the second way."""
    found = []
    for person in people():
        if person.tier is not None or person.supervisor:
            found.append(
                ContactAddress(
                    person=person.id, channel=Channel.WEBHOOK, address=f"{phones}/{person.id}", rank=1
                )
            )
            found.append(ContactAddress(person=person.id, channel=Channel.LOG, address=person.id, rank=2))
    return found


def duty() -> list[DutyShift]:
    """Put everybody on duty for their own grid, always."""
    since = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        DutyShift(person=p.id, grid=p.grid, since=since, until=None)
        for p in people()
        if p.tier is not None or p.supervisor
    ]


ACCOUNTS: Final = (
    ("operator", PersonId("operator"), Role.OPERATOR, TOWNSHIP),
    ("responder", PersonId("zhang-wei"), Role.RESPONDER, TOWNSHIP),
    ("department", PersonId("zheng-kai"), Role.DEPARTMENT, TOWNSHIP),
    ("supervisor", PersonId("he-fang"), Role.SUPERVISOR, TOWNSHIP),
    ("engineer", PersonId("engineer"), Role.ENGINEER, CITY),
    ("administrator", PersonId("administrator"), Role.ADMINISTRATOR, CITY),
)
"""Sign-in name, person, role, root of the scope."""
WORKS_FOR: Final = {"department": SQUAD}
"""The organisation of an account."""


@dataclass(frozen=True, slots=True)
class CameraPlan:
    """One drawn camera."""

    device: str
    village: VillagePlan
    name: str
    scene: str
    """A scene of `demo.scenes`."""
    detectors: tuple[str, ...]


CAMERAS: Final = (
    CameraPlan("cam-square", VILLAGES[0], "文化广场", "square", ("smoke", "fire", "tamper", "frozen")),
    CameraPlan("cam-kitchen", VILLAGES[0], "石桥小学食堂", "kitchen", ("smoke", "fire", "tamper", "frozen")),
    CameraPlan("cam-river", VILLAGES[1], "柳溪水尺", "river", ("tamper", "frozen")),
    CameraPlan("cam-road", VILLAGES[1], "村口道路", "road", ("motion", "tamper", "frozen")),
    CameraPlan("cam-barn", VILLAGES[2], "粮仓", "barn", ("smoke", "fire", "motion", "tamper", "frozen")),
    CameraPlan("cam-pond", VILLAGES[3], "前塘水库", "pond", ("motion", "tamper", "frozen")),
)


@dataclass(frozen=True, slots=True)
class SensorPlan:
    """One simulated sensor: a stream on the village's local MQTT broker."""

    device: str
    quantity: str
    unit: str
    base: float
    noise: float
    village: VillagePlan
    name: str
    seconds: float = 1.0
    """Between two readings."""


_TYPES: Final = (
    ("smoke", "smoke", "", 0.01, 0.003, "烟感"),
    ("temperature", "temperature", "Cel", 21.0, 0.2, "温度"),
    ("humidity", "humidity", "%RH", 58.0, 0.8, "湿度"),
    ("air", "pm25", "ug/m3", 28.0, 2.0, "空气质量"),
    ("gas", "gas", "%", 1.0, 0.2, "燃气"),
    ("door", "door", "", 0.0, 0.0, "门磁"),
    ("button", "button", "", 0.0, 0.0, "一键报警"),
)


def sensors() -> list[SensorPlan]:
    """List the sensors: seven kinds in each village, and water and rain at the rivers; forty in all."""
    found = [
        SensorPlan(f"{kind}-{village.pinyin}", quantity, unit, base, noise, village, f"{village.name}{name}")
        for village in VILLAGES
        for kind, quantity, unit, base, noise, name in _TYPES
    ]
    for village in VILLAGES:
        found.append(
            SensorPlan(f"gauge-{village.pinyin}", "level", "m", 1.8, 0.01, village, f"{village.name}水位")
        )
        found.append(
            SensorPlan(f"rain-{village.pinyin}", "rain", "mm", 0.0, 0.0, village, f"{village.name}雨量")
        )
        found.append(
            SensorPlan(
                f"barn-{village.pinyin}", "temperature", "Cel", 18.0, 0.2, village, f"{village.name}仓库温度"
            )
        )
    return found


def devices() -> list[DevicePlace]:
    """List where cameras and sensors stand."""
    found = []
    for number, camera in enumerate(CAMERAS):
        grid = SCHOOL if camera.device == "cam-kitchen" else camera.village.code
        found.append(
            DevicePlace(
                device=f"{camera.village.collector}/{camera.device}",
                collector=camera.village.collector,
                kind="camera",
                name=camera.name,
                grid=grid,
                latitude=camera.village.latitude + 0.0004 * (number % 3),
                longitude=camera.village.longitude + 0.0003,
            )
        )
    for number, sensor in enumerate(sensors()):
        found.append(
            DevicePlace(
                device=f"{sensor.village.collector}/{sensor.device}",
                collector=sensor.village.collector,
                kind="button" if sensor.quantity == "button" else "sensor",
                name=sensor.name,
                grid=sensor.village.code,
                latitude=sensor.village.latitude + 0.0002 * (number % 5),
                longitude=sensor.village.longitude - 0.0002 * (number % 4),
            )
        )
    return found
