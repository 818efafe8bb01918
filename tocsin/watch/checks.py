"""What is wrong: one look in, findings out.  Pure.

Each check is a function of the look and the limits; a finding says in a sentence what was seen and,
where it helps, what to do.  Whether a finding is told is not decided here: `standing` waits until it
was seen often enough.  docs/watcher.md explains every code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from tocsin.core.watch import WATCHER, Disk, Finding, Level, SeenBeat, Sight, Township, Waiting
from tocsin.core.working_time import LOCAL
from tocsin.watch.limits import LimitsConfig

INGEST: Final = "ingest"
FORGOTTEN: Final = timedelta(minutes=30)
"""After so long a worker of several that fell silent counts as taken away."""
NAMED: Final = 5
"""At most so many are named in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """All that one round knows."""

    sight: Sight | None
    """None when the database could not be asked."""
    fault: str = ""
    """Why it could not."""
    settling: bool = False
    """The database has just come back: workers are given time to find it again."""
    disks: Mapping[str, Disk] = field(default_factory=dict)
    """Of the watcher's own host."""
    quarantined_before: int | None = None
    """Messages held ten minutes ago; None while that is not known."""
    broken_chains: tuple[str, ...] = ()
    """Incidents of the newest sample whose chain does not prove itself."""
    differences: tuple[str, ...] = ()
    """What the newest audit found: sentences that begin with the incident's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is expected."""

    limits: LimitsConfig = field(default_factory=LimitsConfig)
    expect: tuple[str, ...] = ()


Check = Callable[[Look, Rules], Iterator[Finding]]


def judge(look: Look, rules: Rules) -> list[Finding]:
    """Give everything that is wrong in a look, most urgent first; a code and subject come once."""
    found = {finding.key: finding for check in CHECKS for finding in check(look, rules)}
    return sorted(found.values(), key=lambda one: (one.level is not Level.PAGE, one.code, one.subject))


def database(look: Look, rules: Rules) -> Iterator[Finding]:  # noqa: ARG001 all checks look alike
    """See a database that does not answer, or takes no writes."""
    if look.sight is None:
        yield Finding(
            "database.down",
            "database",
            Level.PAGE,
            f"数据库无应答（{look.fault}）：时限、通知均已停止，请立即恢复数据库，并用电话通知值班人员。",
            f"The database does not answer ({look.fault}): no deadline fires and nobody is told. "
            "Bring it back now, and alert people by telephone.",
        )
    elif not look.sight.writable:
        yield Finding(
            "database.read_only",
            "database",
            Level.PAGE,
            "数据库只读：可能连到了切换前的旧主库，时限、通知均已停止。",
            "The database takes no writes: this may be the old primary of a failover. No deadline fires.",
        )


def deadlines(look: Look, rules: Rules) -> Iterator[Finding]:  # noqa: ARG001
    """See deadlines that nobody fires."""
    waiting = look.sight.overdue if look.sight is not None and not look.settling else None
    if look.sight is not None and waiting is not None:
        late = _span(look.sight, waiting)
        yield Finding(
            "deadline.overdue",
            "escalator",
            Level.PAGE,
            f"{waiting.count}起事件的时限已到未处理，最久{late:.0f}秒（事件{waiting.example}）。",
            f"Deadlines of {waiting.count} incidents came and did not fire, the oldest {late:.0f} s ago "
            f"(incident {waiting.example}).",
        )


def notices(look: Look, rules: Rules) -> Iterator[Finding]:  # noqa: ARG001
    """See urgent notices that stay."""
    waiting = look.sight.unsent if look.sight is not None and not look.settling else None
    if look.sight is not None and waiting is not None:
        late = _span(look.sight, waiting)
        yield Finding(
            "notice.unsent",
            "relay",
            Level.PAGE,
            f"{waiting.count}条紧急通知未发出，最久{late:.0f}秒（{waiting.detail}，事件{waiting.example}）。",
            f"{waiting.count} urgent notices were not sent, the oldest has waited {late:.0f} s "
            f"({waiting.detail}, incident {waiting.example}).",
        )


def workers(look: Look, rules: Rules) -> Iterator[Finding]:
    """See roles that no longer beat anywhere, and one worker of several that fell silent."""
    if look.sight is None or look.settling:
        return
    now = look.sight.now
    roles: dict[str, list[SeenBeat]] = {role: [] for role in rules.expect}
    for beat in look.sight.beats:
        if beat.role != WATCHER:
            roles.setdefault(beat.role, []).append(beat)
    for role, beats in sorted(roles.items()):
        limit = rules.limits.flush_seconds if role == INGEST else rules.limits.tick_seconds
        silent = [beat for beat in beats if (now - beat.at).total_seconds() > limit]
        if len(silent) == len(beats):
            if role in rules.expect or silent:
                yield _silent_role(role, silent, look.sight)
            continue
        for beat in silent:
            # Every session of ingest has partitions of its own: another one does not do its work.
            if role == INGEST:
                yield _silent_role(beat.name, [beat], look.sight)
            elif now - beat.at < FORGOTTEN:
                age = (now - beat.at).total_seconds()
                yield Finding(
                    "worker.gone",
                    beat.name,
                    Level.TICKET,
                    f"{beat.name}已{age:.0f}秒无心跳；同类进程仍在工作。",
                    f"{beat.name} has been silent for {age:.0f} s; others of its kind do its work.",
                )


def _silent_role(name: str, beats: list[SeenBeat], sight: Sight) -> Finding:
    newest = max(beats, key=lambda one: one.at, default=None)
    if newest is None:
        return Finding(
            "worker.silent",
            name,
            Level.PAGE,
            f"{name}从未有过心跳：该角色没有运行，请启动；若不使用，请从watch.expect中删除。",
            f"{name} has never beaten: it does not run. Start it, or take it out of watch.expect.",
        )
    age = (sight.now - newest.at).total_seconds()
    return Finding(
        "worker.silent",
        name,
        Level.PAGE,
        f"{name}已{age:.0f}秒无心跳（最后在{newest.host}）：该项工作已停止。",
        f"{name} has been silent for {age:.0f} s (last on {newest.host}): its work stands still.",
    )


def clocks(look: Look, rules: Rules) -> Iterator[Finding]:
    """See hosts whose clock differs from the database's, the watcher's own among them."""
    if look.sight is None:
        return
    worst: dict[str, float] = {"": (look.sight.clock - look.sight.now).total_seconds()}
    for beat in look.sight.beats:
        fresh = (look.sight.now - beat.at).total_seconds() <= rules.limits.flush_seconds
        if fresh and abs(beat.skew_s) > abs(worst.get(beat.host, 0.0)):
            worst[beat.host] = beat.skew_s
    for host, skew in sorted(worst.items()):
        if abs(skew) >= rules.limits.skew_seconds:
            name = host or "watcher"
            yield Finding(
                "clock.skew",
                name,
                Level.PAGE,
                f"{name}的时钟与数据库相差{skew:+.1f}秒：请检查时间同步（chrony）。",
                f"The clock of {name} differs from the database's by {skew:+.1f} s: see to time synchronisation.",
            )


def collectors(look: Look, rules: Rules) -> Iterator[Finding]:
    """See collectors that are gone; many of one township are one finding."""
    for township in look.sight.townships if look.sight is not None else ():
        gone = len(township.gone)
        if not gone:
            continue
        many = (
            gone >= rules.limits.collectors_few
            and gone / township.collectors >= rules.limits.collectors_share
        )
        if many:
            yield _township_gone(township)
            continue
        for name in township.gone:
            yield Finding(
                "collector.gone",
                name,
                Level.TICKET,
                f"采集器{name}（{township.name}）失联。",
                f"Collector {name} ({township.name}) is gone.",
            )


def _township_gone(township: Township) -> Finding:
    gone = len(township.gone)
    return Finding(
        "collectors.gone",
        township.code,
        Level.PAGE,
        f"{township.name}{township.collectors}台采集器中{gone}台失联：多半是线路、停电或消息服务器故障。",
        f"{gone} of {township.collectors} collectors of {township.name} are gone: "
        "most likely the link, the power or the broker.",
    )


def disks(look: Look, rules: Rules) -> Iterator[Finding]:
    """See disks that fill up: where the centre writes, on this host, and on the boxes."""
    places = dict(look.disks)
    for beat in look.sight.beats if look.sight is not None else ():
        places |= {f"{beat.host}:{name}": disk for name, disk in beat.disks.items()}
    for place, disk in sorted(places.items()):
        percent = disk.used_share * 100
        full = percent >= rules.limits.disk_page_percent or disk.free_bytes < rules.limits.disk_page_bytes
        if full or percent >= rules.limits.disk_ticket_percent:
            yield _disk(place, disk, Level.PAGE if full else Level.TICKET)
    for box in look.sight.boxes if look.sight is not None else ():
        if 0 < box.disk_free_bytes < rules.limits.box_free_bytes:
            yield Finding(
                "disk.low",
                f"collector:{box.collector}",
                Level.TICKET,
                f"采集器{box.collector}磁盘剩余{_size(box.disk_free_bytes)}，待发{_size(box.outbox_bytes)}。",
                f"Collector {box.collector} has {_size(box.disk_free_bytes)} left on its disk; "
                f"{_size(box.outbox_bytes)} wait in its outbox.",
            )


def _disk(place: str, disk: Disk, level: Level) -> Finding:
    return Finding(
        "disk.low",
        place,
        level,
        f"磁盘{place}已用{disk.used_share:.0%}，剩余{_size(disk.free_bytes)}。",
        f"Disk {place} is {disk.used_share:.0%} full, {_size(disk.free_bytes)} left.",
    )


def quarantine(look: Look, rules: Rules) -> Iterator[Finding]:
    """See messages that are put aside, one-button calls and alarms first."""
    sight = look.sight
    if sight is None:
        return
    if sight.calls_held:
        yield Finding(
            "quarantine.calls",
            "alarm",
            Level.PAGE,
            f"{sight.calls_held}条报警类消息被隔离，可能有人求助：请立即查看“隔离消息”。",
            f"{sight.calls_held} messages of the alarm lane were put aside; one may be a call for help. "
            "Look at the quarantine now.",
        )
    before = look.quarantined_before
    if before is not None and sight.quarantined - before >= rules.limits.quarantine_more:
        more = sight.quarantined - before
        yield Finding(
            "quarantine.growing",
            "quarantine",
            Level.TICKET,
            f"十分钟内新增{more}条隔离消息，共{sight.quarantined}条：请查看原因。",
            f"{more} messages were put aside within ten minutes, {sight.quarantined} in all: look for the cause.",
        )


def providers(look: Look, rules: Rules) -> Iterator[Finding]:  # noqa: ARG001
    """See providers that are down; the last one of a channel pages."""
    for one in look.sight.providers if look.sight is not None else ():
        level = Level.PAGE if one.alone else Level.TICKET
        rest = ("该渠道已无可用通道", "nothing is left of this channel") if one.alone else ("已改用备用通道", "another one serves")  # fmt: skip
        yield Finding(
            "provider.down",
            f"{one.channel}:{one.provider}",
            level,
            f"通知渠道{one.channel}的{one.provider}不可用（{one.reason}），{rest[0]}。",
            f"Provider {one.provider} of {one.channel} is down ({one.reason}); {rest[1]}.",
        )


def duty(look: Look, rules: Rules) -> Iterator[Finding]:  # noqa: ARG001
    """See grids for which nobody is on duty now or within a day; many of them are one finding."""
    sight = look.sight
    if sight is None or not sight.uncovered:
        return
    first = sight.uncovered[0]
    if sight.uncovered_grids > NAMED:
        begins = f"{first.since.astimezone(LOCAL):%m-%d %H:%M}"
        yield Finding(
            "duty.uncovered",
            "duty",
            Level.TICKET,
            f"{sight.uncovered_grids}个网格在24小时内无人值班或联系不上，最早{begins}（{first.name}）：请运行tocsin duty check。",
            f"{sight.uncovered_grids} grids have nobody on duty, or nobody who can be reached, within a day, first at "
            f"{begins} ({first.name}): run `tocsin duty check`.",
        )
        return
    for one in sight.uncovered:
        since, until = (f"{at.astimezone(LOCAL):%m-%d %H:%M}" for at in (one.since, one.until))
        what = ("值班人员均无可用联系方式", "whom a channel reaches ") if one.silent else ("无人值班", "")
        yield Finding(
            "duty.uncovered",
            one.grid,
            Level.TICKET,
            f"网格{one.name}（{one.grid}）自{since}至{until}{what[0]}：请安排值班。",
            f"Grid {one.name} ({one.grid}) has nobody {what[1]}on duty from {since} to {until}: see to its shifts.",
        )


def audits(look: Look, rules: Rules) -> Iterator[Finding]:  # noqa: ARG001
    """See logs that do not prove themselves, and rows that differ from a replay of the log."""
    if look.broken_chains:
        named = "、".join(look.broken_chains[:NAMED])
        yield Finding(
            "chain.broken",
            "incident_event",
            Level.PAGE,
            f"{len(look.broken_chains)}起事件的日志校验失败（{named}）：记录可能被改动，请保全数据库。",
            f"The logs of {len(look.broken_chains)} incidents do not prove themselves ({', '.join(look.broken_chains[:NAMED])}): "
            "records may have been changed. Secure the database.",
        )
    if look.differences:
        yield Finding(
            "audit.difference",
            "replay",
            Level.PAGE,
            f"时限或通知与事件日志重放不一致：{look.differences[0]}（共{len(look.differences)}处）。",
            f"Deadlines or notices differ from a replay of the log: {look.differences[0]} ({len(look.differences)} in all).",
        )


CHECKS: Final[tuple[Check, ...]] = (
    database,
    deadlines,
    notices,
    workers,
    clocks,
    collectors,
    disks,
    quarantine,
    providers,
    duty,
    audits,
)


def _span(sight: Sight, waiting: Waiting) -> float:
    return (sight.now - waiting.oldest).total_seconds()


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 10**9 else f"{count / 1e6:.0f} MB"
