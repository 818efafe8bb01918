"""A city's year of incidents, as rows: 32,000 grids, their incidents with states, sources, matters, leads and people.

Made by the database itself, the same every time; only what lists read is there, no events. What belongs together
in a town belongs together here: devices raise smoke and intrusion, people report litter and disputes, what was
rejected was never given to an organisation.
"""

from __future__ import annotations

from typing import Final

from tocsin.store.connect import Pool, connection

TOWNSHIPS: Final = 40
VILLAGES: Final = 20
GRIDS: Final = 40
"""Of each village: 32,000 in all."""
DEPARTMENTS: Final = 47

_PLACES: Final = """
insert into grid (code, name, parent, tier, kind, path, radius_m, level)
values ('3301', 'City', null, 'city', 'basic', '3301', 500, 1);
insert into grid (code, name, parent, tier, kind, path, radius_m, level)
select '3301' || to_char(t, 'FM000'), 'Township ' || t, '3301', 'township', 'basic',
       '3301.3301' || to_char(t, 'FM000'), 500, 2
  from generate_series(1, {townships}) t;
insert into grid (code, name, parent, tier, kind, path, radius_m, level)
select g.code || to_char(v, 'FM000'), 'Village ' || v, g.code, 'village', 'basic',
       g.path || '.' || g.code || to_char(v, 'FM000'), 500, 3
  from grid g, generate_series(1, {villages}) v where g.level = 2;
insert into grid (code, name, parent, tier, kind, path, radius_m, level)
select g.code || to_char(n, 'FM000'), 'Grid ' || n, g.code, 'village', 'basic',
       g.path || '.' || g.code || to_char(n, 'FM000'), 500, 4
  from grid g, generate_series(1, {grids}) n where g.level = 3;
insert into organisation (code, name, kind, tier, grid, can_handle)
select 'dep-' || d, 'Department ' || d, 'department', 'city', '3301', true from generate_series(1, {departments}) d;
insert into organisation (code, name, kind, tier, grid, can_handle)
select 'org-' || code, name, case level when 2 then 'township' else 'village' end, tier, code, true
  from grid where level in (2, 3);
insert into matter_category (code, name) select to_char(c, 'FM00'), 'Category ' || c from generate_series(1, 8) c;
insert into matter (code, name)
select to_char(c, 'FM00') || to_char(m, 'FM00'), 'Matter ' || c || '-' || m
  from generate_series(1, 8) c, generate_series(1, 31) m;
insert into policy (id, name, text, saved) values ('bench', 'bench', 'name: bench', '2025-11-01 00:00:00+00');
"""

_INCIDENTS: Final = """
with drawn as materialized (
    select n, random() as source, random() as kind, random() as grade, random() as ending, random() as stage,
           random() as level, random() as drill, random() as lead, power(random(), 2) as matter,
           power(random(), 1.5) as place, random() as late, random() as said, random() as who
      from generate_series(1, {incidents}) n
),
told as materialized (
    select d.*,
           timestamptz '2025-11-01 00:00:00+00' + (d.n + d.late * 40) * interval '365 days' / {incidents} as opened,
           case when d.source < 0.15 then 'sensor' when d.source < 0.25 then 'video' when d.source < 0.26 then 'button'
                when d.source < 0.31 then 'desk' when d.source < 0.72 then 'member' when d.source < 0.85 then 'citizen'
                when d.source < 0.98 then 'hotline' when d.source < 0.99 then 'superior' else 'feed' end as heard,
           n > {incidents} * 0.97 and d.ending < 0.6 as still_open, d.source < 0.26 as by_device
      from drawn d
),
happened as materialized (
    select t.*,
           case when not t.by_device then case when t.kind < 0.8 then 'other' else 'fall' end
                else (array['smoke', 'fire', 'flood', 'intrusion', 'abandoned', 'crowding', 'loitering', 'video_loss'])
                     [1 + floor(power(t.kind, 2) * 8)::int] end as what,
           case when t.still_open then
                     (case when t.by_device then array['received', 'verified', 'accepted', 'handling', 'handled']
                           else array['reported', 'received', 'filed', 'dispatched', 'accepted', 'handling', 'handled',
                                      'checked'] end)
                     [1 + floor(t.stage * case when t.by_device then 5 else 8 end)::int]
                when t.by_device then case when t.ending < 0.35 then 'rejected' when t.ending < 0.4 then 'merged'
                                           else 'closed' end
                when t.ending < 0.03 then 'rejected' when t.ending < 0.06 then 'merged'
                when t.ending < 0.4 then 'closed' else 'evaluated' end as stands,
           1 + floor(t.place * {villages_all} * {grids})::int as at_grid
      from told t
),
placed as (
    select h.*, g.code, g.path,
           h.stands in ('filed', 'dispatched', 'accepted', 'handling', 'handled', 'checked', 'closed', 'evaluated')
           and not h.by_device as filed
      from happened h
      join (select code, path, row_number() over (order by code) as place from grid where level = 4) g
        on g.place = h.at_grid
)
insert into incident (id, version, state, kind, grade, grid, grid_path, township, device, latitude, longitude, opened,
                      began, confirmed, ended, lateness, drill, policy, alarms, reports, head, source, matter, level,
                      lead, stage, stage_due, reported_by, satisfaction, changed)
select 'incident-' || to_char(p.n, 'FM0000000'), 20, p.stands, p.what,
       case when p.grade < 0.005 then 'I' when p.grade < 0.03 then 'II' when p.grade < 0.15 then 'III' else 'IV' end,
       p.code, p.path, split_part(p.path, '.', 2), case when p.by_device then 'box/camera-' || p.at_grid end, 30, 120,
       p.opened, p.opened, case when p.by_device and p.stands <> 'rejected' then p.opened + interval '30 s' end,
       case when not p.still_open then p.opened + p.late * interval '3 days' end, 'live', p.drill < 0.02, 'bench',
       p.by_device::int, (not p.by_device)::int, sha256(p.n::text::bytea), p.heard,
       case when not p.by_device or p.stands not in ('rejected', 'merged')
            then to_char(1 + floor(p.matter * 8), 'FM00') || to_char(1 + floor(p.kind * 31), 'FM00') else '' end,
       case when not p.filed then null when p.level < 0.72 then 'village' when p.level < 0.94 then 'township' else 'city' end,
       case when not p.filed then null
            when p.level < 0.72 then 'org-' || left(p.code, 10)
            when p.level < 0.94 then 'org-' || left(p.code, 7)
            else 'dep-' || 1 + floor(p.lead * {departments}) end,
       case when p.still_open and not p.by_device
            then case p.stands when 'filed' then 'dispatch' when 'dispatched' then 'accept' when 'handled' then 'check'
                      when 'checked' then 'close' when 'accepted' then 'handle' when 'handling' then 'handle' end end,
       case when p.still_open and not p.by_device and p.stands not in ('reported', 'received')
            then timestamptz '2026-11-01 00:00:00+00' + (p.late - 0.3) * interval '5 days' end,
       case when not p.by_device then 'person-' || floor(p.who * 65000) end,
       case when p.stands = 'evaluated' then 1 + floor(p.said * 5) end, p.opened
  from placed p
 order by p.opened;
"""

_AROUND: Final = """
insert into incident_clock (incident, tier, activated, due, verdict, at, basis)
select i.id, t.tier, i.confirmed, i.confirmed + t.span, case when not i.open then 'arrived' end,
       case when not i.open then i.confirmed + t.span / 2 end, 'position'
  from incident i, (values ('village', interval '3 min'), ('township', interval '10 min')) t (tier, span)
 where i.confirmed is not null;
insert into incident_person (incident, person)
select distinct i.id, 'person-' || (hashtext(i.grid || k) & 65535) % 65000 from incident i, generate_series(1, 3) k;
insert into incident_organisation (incident, organisation, opened)
select i.id, i.lead, i.opened from incident i where i.lead is not null
 union
select i.id, 'dep-' || 1 + (hashtext(i.matter) & 65535) % {departments}, i.opened from incident i where i.matter <> '';
insert into incident_alarm (incident, alarm, device, kind, attached)
select i.id, 'alarm-' || i.id, i.device, i.kind, i.opened from incident i where i.device is not null;
insert into picture (sha256, camera, collector, observed, received, bytes_total, complete, kept, detection)
select encode(sha256(i.id::bytea), 'hex'), i.device, 'box', i.opened, i.opened, 20000, true, true, 'detection-' || i.id
  from incident i where i.device is not null;
"""


async def fill(pool: Pool, incidents: int) -> None:
    """Put the city and its year into an empty database."""
    sizes = {
        "townships": TOWNSHIPS,
        "villages": VILLAGES,
        "villages_all": TOWNSHIPS * VILLAGES,
        "grids": GRIDS,
        "departments": DEPARTMENTS,
        "incidents": incidents,
    }
    async with connection(pool) as database:
        await database.execute(
            "set local statement_timeout = 0; set local max_parallel_workers_per_gather = 0"
        )
        await database.execute("select setseed(0.42)")
        for part in (_PLACES, _INCIDENTS, _AROUND):
            await database.execute(part.format(**sizes).encode())
    async with pool.connection() as idle:  # as autovacuum does in the hours that a year leaves it
        await idle.set_autocommit(True)
        await idle.execute("vacuum analyze")
        await idle.set_autocommit(False)
