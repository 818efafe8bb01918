"""People and what they are appointed to, as one sheet: a row is an appointment, somebody with two has two rows.  Pure.

Faults name row, column and what to write instead. A sheet that was written here and is read again changes
nothing: a row finds the appointment that is there by person, grid and role.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final, TypeVar

from tocsin.core.grids import Grid, Tier
from tocsin.core.ids import GridCode, OrganisationCode, PersonId, derived_id
from tocsin.core.responders import Channel
from tocsin.core.working_time import LOCAL
from tocsin.town.appointments import ALWAYS, Appointment, AppointmentRole
from tocsin.town.grids import within
from tocsin.town.people_ports import StaffRow
from tocsin.town.ports import ContactAddress, Person
from tocsin.town.tables import FAULTS_MAX, Column, Fault, Row, Table, read_table, write_csv

COLUMNS: Final = (
    Column(name="person", zh="人员编号", also=("id", "编号"), required=True, most=64),
    Column(name="name", zh="姓名", required=True, most=100),
    Column(name="home", zh="所属网格", most=64),
    Column(name="grid", zh="任职网格", also=("网格编码",), required=True, most=64),
    Column(name="role", zh="角色", most=32),
    Column(name="tier", zh="层级", most=16),
    Column(name="organisation", zh="机构编码", also=("department",), most=64),
    Column(name="supervisor", zh="督办", most=8),
    Column(name="order", zh="呼叫次序", most=4),
    Column(name="full_time", zh="专职", also=("专兼职",), most=8),
    Column(name="since", zh="聘期开始", most=20),
    Column(name="until", zh="聘期结束", most=20),
    Column(name="language", zh="语言", most=8),
    Column(name="sms", zh="短信号码", also=("手机号", "mobile"), most=30),
    Column(name="voice", zh="语音号码", most=30),
    Column(name="email", zh="邮箱", most=200),
    Column(name="wecom", zh="企业微信账号", most=64),
)
_WAYS: Final = {
    "voice": Channel.VOICE,
    "sms": Channel.SMS,
    "wecom": Channel.WECOM_APP,
    "email": Channel.SMTP,
}
"""Columns of addresses, the channel that is tried first in front."""
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NUMBER: Final = re.compile(r"\+?[0-9][0-9 -]{4,24}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_ROLES: Final = {
    "网格长": AppointmentRole.GRID_LEADER, "网格员": AppointmentRole.GRID_MEMBER, "片区长": AppointmentRole.DISTRICT_LEADER,
    "民警": AppointmentRole.POLICE, "辅警": AppointmentRole.POLICE, "民警辅警": AppointmentRole.POLICE,
    "巡逻队员": AppointmentRole.PATROL, "志愿者": AppointmentRole.VOLUNTEER, "村干部": AppointmentRole.CADRE,
    "社区干部": AppointmentRole.CADRE, "干部": AppointmentRole.CADRE, "工作人员": AppointmentRole.STAFF, "": AppointmentRole.STAFF,
} | {one.value: one for one in AppointmentRole}  # fmt: skip
_TIERS: Final[Mapping[str, Tier | None]] = {
    "村": Tier.VILLAGE, "村级": Tier.VILLAGE, "镇": Tier.TOWNSHIP, "镇级": Tier.TOWNSHIP, "乡镇": Tier.TOWNSHIP,
    "市": Tier.CITY, "市级": Tier.CITY, "不呼叫": None, "none": None,
} | {one.value: one for one in Tier}  # fmt: skip
_SWITCH: Final = {
    "是": True, "专职": True, "true": True, "yes": True, "1": True,
    "否": False, "兼职": False, "false": False, "no": False, "0": False, "": False,
}  # fmt: skip
_LANGUAGES: Final = {"": "zh", "zh": "zh", "中文": "zh", "en": "en", "英文": "en"}
_Of = TypeVar("_Of")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is there already."""

    scope: str
    """Of whoever sends the sheet."""
    grids: Mapping[GridCode, Grid]
    people: Mapping[PersonId, StaffRow]
    organisations: Collection[OrganisationCode]


@dataclass(slots=True)
class PeopleSheet:
    """What a sheet says."""

    people: dict[PersonId, Person] = field(default_factory=dict)
    contacts: list[ContactAddress] = field(default_factory=list)
    appointments: dict[str, Appointment] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    faulty: int = 0


def read_rows(data: bytes) -> Table:
    """Take a file apart; raises `Rejected` where nothing can be read at all."""
    return read_table(data, COLUMNS)


def names(table: Table) -> tuple[set[PersonId], set[OrganisationCode]]:
    """Give the people and organisations that a sheet names."""
    people = {PersonId(row.get("person")) for row in table.rows}
    return people, {OrganisationCode(code) for row in table.rows if (code := row.get("organisation"))}


def read_people(table: Table, known: Known) -> PeopleSheet:
    """Make people, addresses and appointments of rows; those with a fault are left out and named."""
    made = PeopleSheet(faults=list(table.faults), faulty=table.faulty)
    first: dict[PersonId, Row] = {}
    reached: set[PersonId] = set()
    for row in table.rows:
        faults: list[Fault] = []

        def wrong(column: str, code: str, message: str, at: Row = row, to: list[Fault] = faults) -> None:
            to.append(table.fault(at, column, code, message))

        person = _person(row, known, wrong)
        before = first.setdefault(person.id, row)
        if made.people.get(person.id) not in {None, person}:
            wrong(
                "person",
                "people.twice",
                f"row {before.number} says otherwise of them: write the same in both",
            )
        appointment = _appointment(row, person, known, wrong)
        contacts = [*_contacts(row, person.id, wrong)]
        if appointment is not None and appointment.id in made.appointments:
            wrong("grid", "people.again", "the same appointment stands in an earlier row: leave one out")
        made.faulty += len(faults)
        made.faults += faults[: FAULTS_MAX - len(made.faults)]
        if faults or appointment is None:
            continue
        made.people[person.id] = person
        made.appointments[appointment.id] = appointment
        if contacts and person.id not in reached:
            reached.add(person.id)
            made.contacts += contacts
    return made


_Wrong = Callable[[str, str, str], None]


def _person(row: Row, known: Known, wrong: _Wrong) -> Person:
    name = PersonId(row.get("person"))
    if _ID.fullmatch(name) is None:
        wrong("person", "people.id", "write 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit")
    if not row.get("name"):
        wrong("name", "people.name", "write the person's name")
    there = known.people.get(name)
    home = GridCode(row.get("home") or (there.person.grid if there is not None else row.get("grid")))
    if there is not None and not within(there.grid_path, known.scope):
        wrong(
            "person", "people.elsewhere", f"{name} belongs to another place: its administrator changes them"
        )
    elif home != row.get("grid"):
        _grid(home, "home", known, wrong)
    return Person(
        id=name,
        name=row.get("name"),
        grid=home,
        tier=None,
        language=_word(row, "language", _LANGUAGES, "zh", wrong),
        active=there is None or there.person.active,
    )


def _appointment(row: Row, person: Person, known: Known, wrong: _Wrong) -> Appointment | None:
    code = GridCode(row.get("grid"))
    if not code:
        wrong("grid", "people.grid", "write the code of the grid that they are appointed to")
        return None
    grid = _grid(code, "grid", known, wrong)
    role = _word(row, "role", _ROLES, AppointmentRole.STAFF, wrong)
    organisation = OrganisationCode(row.get("organisation"))
    if organisation and organisation not in known.organisations:
        wrong("organisation", "people.organisation", f"there is no organisation {organisation}: add it first")
    begin, last = _day(row, "since", wrong), _day(row, "until", wrong)
    there = _there(known.people.get(person.id), code, role, begin)
    since = there.since if there is not None else (begin or ALWAYS)
    until = None if last is None else last + timedelta(days=1)
    if there is not None and _last_day(there.until) == _last_day(until):
        until = there.until
    if until is not None and until <= since:
        wrong("until", "people.until", "the last day comes before the first: write a later one")
    own = grid.tier if grid is not None else None
    return Appointment(
        id=derived_id("people-sheet", person.id, code, role, f"{since}") if there is None else there.id,
        person=person.id,
        grid=code,
        role=role,
        organisation=organisation or None,
        tier=own if not row.get("tier") else _word(row, "tier", _TIERS, own, wrong),
        supervisor=_word(row, "supervisor", _SWITCH, False, wrong),
        order=_order(row, wrong),
        full_time=_word(row, "full_time", _SWITCH, False, wrong),
        since=since,
        until=until,
    )


def _there(
    row: StaffRow | None, grid: GridCode, role: AppointmentRole, begin: datetime | None
) -> Appointment | None:
    """Find the appointment that a row is about: of that role, or one of no particular role; of that day, if it says one."""
    held = [one.appointment for one in row.appointments] if row is not None else []
    fitting = [
        one
        for one in held
        if one.grid == grid
        and one.role in {role, AppointmentRole.STAFF}
        and (begin is None or one.since.astimezone(LOCAL).date() == begin.date())
    ]
    return min(fitting, key=lambda one: (one.role is not role, one.since), default=None)


def _contacts(row: Row, person: PersonId, wrong: _Wrong) -> Iterator[ContactAddress]:
    rank = 0
    for column, channel in _WAYS.items():
        address = row.get(column)
        if not address:
            continue
        if channel in {Channel.SMS, Channel.VOICE} and _NUMBER.fullmatch(address) is None:
            wrong(
                column,
                "people.number",
                "write a telephone number: digits, with + and the country's number if foreign",
            )
        if channel is Channel.SMTP and _EMAIL.fullmatch(address) is None:
            wrong(column, "people.email", "write an address like name@example.org")
        rank += 1
        yield ContactAddress(person=person, channel=channel, address=address, rank=rank)


def _grid(code: GridCode, column: str, known: Known, wrong: _Wrong) -> Grid | None:
    grid = known.grids.get(code)
    if code and grid is None:
        wrong(
            column,
            "people.grid",
            f"there is no grid {code} that you may change: add it first, or write another",
        )
    return grid


def _word(row: Row, column: str, words: Mapping[str, _Of], otherwise: _Of, wrong: _Wrong) -> _Of:
    text = row.get(column).lower()
    if text in words:
        return words[text]
    if text:
        wrong(
            column, f"people.{column}", f"{text[:40]!r} is none of {', '.join(one for one in words if one)}"
        )
    return otherwise


def _order(row: Row, wrong: _Wrong) -> int:
    text = row.get("order")
    if not text:
        return 1
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1000:
        wrong("order", "people.order", "write a whole number from 1 (called first) to 1000")
        return 1
    return int(text)


def _day(row: Row, column: str, wrong: _Wrong) -> datetime | None:
    text = row.get(column)
    if not text:
        return None
    found = _DATE.fullmatch(text)
    try:
        day = date(*(int(part) for part in found.groups())) if found is not None else None
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2200:
        wrong(column, f"people.{column}", "write a day as 2026-07-01")
        return None
    return datetime.combine(day, time(), LOCAL)


def as_sheet(rows: Sequence[StaffRow], contacts: Iterable[ContactAddress] = (), scope: str = "") -> bytes:
    """Write people down, one row an appointment within a scope, such that reading it again changes nothing.

    Those without an appointment have no row: the sheet is about who answers where.
    """
    addresses: dict[PersonId, dict[str, str]] = {}
    ways = {channel: column for column, channel in _WAYS.items()}
    for one in contacts:
        if one.channel in ways:
            addresses.setdefault(one.person, {}).setdefault(ways[one.channel], one.address)
    words = {role: word for word, role in reversed([*_ROLES.items()]) if word and not word.isascii()}
    tiers = {tier: word for word, tier in _TIERS.items() if word in {"村级", "镇级", "市级", "不呼叫"}}
    return write_csv(COLUMNS, (line for row in rows for line in _lines(row, words, tiers, addresses, scope)))


def _lines(
    row: StaffRow,
    words: Mapping[AppointmentRole, str],
    tiers: Mapping[Tier | None, str],
    addresses: Mapping[PersonId, Mapping[str, str]],
    scope: str,
) -> Iterator[dict[str, str]]:
    for one in (held.appointment for held in row.appointments if within(held.grid_path, scope)):
        last = _last_day(one.until)
        yield {
            "person": row.person.id,
            "name": row.person.name,
            "home": row.person.grid,
            "grid": one.grid,
            "role": words[one.role],
            "tier": tiers[one.tier],
            "organisation": one.organisation or "",
            "supervisor": "是" if one.supervisor else "否",
            "order": str(one.order),
            "full_time": "专职" if one.full_time else "兼职",
            "since": f"{one.since.astimezone(LOCAL):%Y-%m-%d}",
            "until": "" if last is None else last.isoformat(),
            "language": row.person.language,
            **addresses.get(row.person.id, {}),
        }


def changed(sheet: PeopleSheet, known: Known) -> list[Appointment]:
    """Give the appointments that are not there as they are."""
    held = {one.appointment.id: one.appointment for row in known.people.values() for one in row.appointments}
    return [one for one in sheet.appointments.values() if held.get(one.id) != one]


def _last_day(until: datetime | None) -> date | None:
    return None if until is None else (until - timedelta(microseconds=1)).astimezone(LOCAL).date()
