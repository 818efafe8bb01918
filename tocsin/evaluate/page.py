"""The evaluation as one HTML file that needs nothing else: figures, and a picture of every miss and false alarm."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from typing import Final

from tocsin.evaluate.clip import Raised, Watched
from tocsin.evaluate.run import ClipResult, Result
from tocsin.evaluate.score import EventScore

_STYLE: Final = """
body{font:15px/1.5 "Noto Sans SC","PingFang SC","Microsoft YaHei",system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1f2329}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #e5e6eb;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.good{color:#00875a}.bad{color:#c9372c;font-weight:600}
figure{display:inline-block;margin:.4rem .6rem .4rem 0;max-width:100%}figure img{max-width:100%;width:20rem;display:block}
figcaption{font-size:.85rem;color:#646a73;max-width:20rem}.scroll{overflow-x:auto}
"""


def page(result: Result, seen: Mapping[str, Watched]) -> str:
    """Write the page; everything from files is escaped."""
    burst_zh = "，可疑时连拍 3 秒" if result.burst else ""
    burst_en = ", bursts on suspicion" if result.burst else ""
    head = f"""<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>检测评估 · Evaluation</title><style>{_STYLE}</style></head><body>
<h1>检测评估 · Evaluation of the detectors</h1>
<p>{len(result.clips)} 段录像，共 {result.hours * 60:.1f} 分钟；每 {result.every_s:g} 秒一幅画面{burst_zh}。<br>
{len(result.clips)} clips, {result.hours * 60:.1f} minutes; a picture every {result.every_s:g} s{burst_en}.</p>"""
    parts = [head, _kinds(result), _clips(result.clips), _misses(result.clips, seen)]
    return "\n".join([*parts, _wrong(result.clips, seen), "</body></html>"])


def _kinds(result: Result) -> str:
    rows = "".join(
        f"<tr><td>{kind}</td><td class=n>{one.hits} / {one.events}</td>"
        f"<td class=n>{one.low:.0%}–{one.high:.0%}</td>"
        f"<td class=n>{'–' if one.median_delay_s is None else f'{one.median_delay_s:.1f} s'}</td></tr>"
        for kind, one in result.kinds.items()
    )
    wrong = sum(len(clip.false_alarms) for clip in result.clips)
    return (
        "<h2>各类 · By kind</h2><div class=scroll><table><tr><th>类别 kind</th><th class=n>发现 found</th>"
        f"<th class=n>95 % 区间 bounds</th><th class=n>用时中位数 median delay</th></tr>{rows}</table></div>"
        f"<p>误报 false alarms: <b class={'bad' if wrong else 'good'}>{wrong}</b>"
        f"（每小时 per hour: {result.false_alarms_per_hour:g}）</p>"
    )


def _clips(clips: Sequence[ClipResult]) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(clip.file)}</td><td class=n>{clip.seconds:.1f}</td><td class=n>{clip.pictures}</td>"
        f"<td>{'<br>'.join(_event(event) for event in clip.events) or '–'}</td>"
        f"<td class=n>{_count(len(clip.false_alarms))}</td><td class=n>{clip.ms_per_picture:.1f}</td>"
        f"<td class=n>{clip.peak_memory_mb:.0f}</td><td class=bad>{html.escape(clip.failed or '')}</td></tr>"
        for clip in clips
    )
    return (
        "<h2>各段 · By clip</h2><div class=scroll><table><tr><th>文件 file</th><th class=n>秒 s</th>"
        "<th class=n>画面 pictures</th><th>事件 events</th><th class=n>误报 false</th><th class=n>ms</th>"
        f"<th class=n>MB</th><th></th></tr>{rows}</table></div>"
    )


def _event(event: EventScore) -> str:
    when = f"{event.kind} {event.from_s:g}–{event.to_s:g} s"
    if event.hit and event.delay_s is not None:
        return f"<span class=good>{when}: {event.delay_s:.1f} s</span>"
    return f"<span class=bad>{when}: 漏报 missed</span>"


def _count(number: int) -> str:
    return f"<span class=bad>{number}</span>" if number else "0"


def _misses(clips: Sequence[ClipResult], seen: Mapping[str, Watched]) -> str:
    figures = [
        _figure(still.jpeg, f"{clip.file} · {event.kind} · {still.at_s:.1f} s")
        for clip in clips
        for event in clip.events
        if not event.hit
        for still in seen[clip.file].stills
        if event.from_s - 1 <= still.at_s <= event.to_s + 5
    ]
    return "<h2>漏报 · Missed</h2>" + ("".join(figures) or "<p class=good>无 none</p>")


def _wrong(clips: Sequence[ClipResult], seen: Mapping[str, Watched]) -> str:
    figures = []
    for clip in clips:
        wrong = {(one.kind, one.at_s) for one in clip.false_alarms}
        figures += [
            _figure(one.still, f"{clip.file} · {_told(one)}")
            for one in seen[clip.file].raised
            if (one.kind.value, round(one.at_s, 3)) in wrong
        ]
    return "<h2>误报 · False alarms</h2>" + ("".join(figures) or "<p class=good>无 none</p>")


def _told(one: Raised) -> str:
    return f"{one.kind.value} · {one.at_s:.1f} s · {one.reason} · {one.version}"


def _figure(jpeg: bytes, caption: str) -> str:
    data = base64.b64encode(jpeg).decode()
    picture = f"<img alt='' src='data:image/jpeg;base64,{data}'>" if jpeg else ""
    return f"<figure>{picture}<figcaption>{html.escape(caption)}</figcaption></figure>"
