-- How good detectors are, by what people said; docs/quality.md says how each figure is counted.
-- A period is [since, until) over the instants at which incidents were opened. Days and hours are Beijing's (UTC+8, without
-- summer time), so that no list of time zones is needed.

-- name: detectors
-- Counts what became of the alarms of each detector at each device, by version.
with judged as materialized (
    select i.id, i.grid, tocsin_judgement(i.id) as judgement
      from incident i
     where i.opened >= %(since)s and i.opened < %(until)s and not i.drill and path_within(i.grid_path, %(scope)s)
)
select a.detector, coalesce(said.version, '') as version, ia.kind, ia.device,
       coalesce(d.kind, h.kind, '') as device_kind, a.grid,
       count(*) filter (where j.judgement = 'real') as judged_real,
       count(*) filter (where j.judgement = 'false') as judged_false,
       count(*) filter (where j.judgement = 'unjudged') as not_judged
  from judged j
  join incident_alarm ia on ia.incident = j.id
  join alarm a on a.id = ia.alarm
  left join device d on d.id = ia.device
  left join device_health h on h.device = ia.device
  left join lateral (
       select convert_from(x.body, 'UTF8')::jsonb ->> 'version' as version
         from detection x
        where x.device = ia.device and x.kind = ia.kind and x.detector = a.detector and x.phase = 'raise'
          and x.at <= ia.attached and x.at >= ia.attached - interval '2 days'
        order by x.at desc limit 1) said on true
 where j.judgement <> 'test'
   and not exists (select from detector_drill t
                    where t.device = ia.device and t.kind = ia.kind and t.withdrawn is null
                      and ia.attached >= t.since and ia.attached < t.until + interval '10 minutes')
 group by 1, 2, 3, 4, 5, 6
 order by judged_false desc, judged_real desc, ia.device, a.detector, version
 limit %(most)s;

-- name: hours
-- Counts the same by the hour of the day in which an incident began.
with judged as materialized (
    select i.id, i.began, tocsin_judgement(i.id) as judgement
      from incident i
     where i.opened >= %(since)s and i.opened < %(until)s and not i.drill and path_within(i.grid_path, %(scope)s)
)
select a.detector, ia.kind, extract(hour from j.began at time zone interval '8 hours')::integer as hour,
       count(*) filter (where j.judgement = 'real') as judged_real,
       count(*) filter (where j.judgement = 'false') as judged_false,
       count(*) filter (where j.judgement = 'unjudged') as not_judged
  from judged j
  join incident_alarm ia on ia.incident = j.id
  join alarm a on a.id = ia.alarm
 where j.judgement <> 'test'
   and not exists (select from detector_drill t
                    where t.device = ia.device and t.kind = ia.kind and t.withdrawn is null
                      and ia.attached >= t.since and ia.attached < t.until + interval '10 minutes')
 group by 1, 2, 3
 order by 1, 2, 3
 limit %(most)s;

-- name: days
-- Counts the days on which anything came from each device, and those on which it gave a false alarm.
with judged as materialized (
    select i.id, i.opened, tocsin_judgement(i.id) as judgement
      from incident i
     where i.opened >= %(since)s and i.opened < %(until)s and not i.drill and path_within(i.grid_path, %(scope)s)
),
wrong as (
    select ia.device, (j.opened at time zone interval '8 hours')::date as day, count(*) as number
      from judged j
      join incident_alarm ia on ia.incident = j.id
     where j.judgement = 'false'
       and not exists (select from detector_drill t
                        where t.device = ia.device and t.kind = ia.kind and t.withdrawn is null
                          and ia.attached >= t.since and ia.attached < t.until + interval '10 minutes')
     group by 1, 2
),
worked as (
    select camera as device, (observed at time zone interval '8 hours')::date as day
      from picture where observed >= %(since)s and observed < %(until)s
    union
    select stream.device, (reading_1h.at at time zone interval '8 hours')::date
      from reading_1h join stream on stream.id = reading_1h.stream
     where reading_1h.at >= %(since)s and reading_1h.at < %(until)s
    union
    select device, (at at time zone interval '8 hours')::date
      from detection where at >= %(since)s and at < %(until)s
    union
    select device, day from wrong
)
select w.device, coalesce(d.kind, h.kind, '') as device_kind, count(*) as days,
       coalesce(sum(f.number), 0)::integer as judged_false, count(f.day) as false_days
  from worked w
  left join wrong f on f.device = w.device and f.day = w.day
  left join device d on d.id = w.device
  left join device_health h on h.device = w.device
  left join collector c on c.id = split_part(w.device, '/', 1)
  join grid g on g.code = coalesce(d.grid, c.grid)
 where path_within(g.path, %(scope)s)
 group by 1, 2
 order by judged_false desc, days desc, w.device
 limit %(most)s;

-- name: recall
-- Counts, for each detector that could have seen it, what other devices, people and drills knew.
-- A detector could have seen what happened in its grid of a kind that it has raised before. Others knew of an incident unless it
-- was alone in it: so the incidents of a grid and kind are counted once, and those that it was alone in are taken off.
with judged as materialized (
    select i.id, i.grid, i.kind, i.reports > 0 as reported
      from incident i
     where i.opened >= %(since)s and i.opened < %(until)s and not i.drill and path_within(i.grid_path, %(scope)s)
       and tocsin_judgement(i.id) = 'real'
),
happened as materialized (
    select j.id, j.grid, j.reported, count(distinct ia.device) as devices, min(ia.device) as device,
           array_agg(distinct coalesce(ia.kind, j.kind)) || j.kind as kinds
      from judged j
      left join incident_alarm ia on ia.incident = j.id
     group by j.id, j.grid, j.reported, j.kind
),
kinds as materialized (
    select distinct h.id, h.grid, k.kind, h.reported, h.devices, h.device
      from happened h cross join lateral unnest(h.kinds) as k (kind)
),
known as (
    select grid, kind, count(*) filter (where devices > 0) as by_devices, count(*) filter (where reported) as by_reports
      from kinds group by grid, kind
),
alone as (
    select grid, kind, device, count(*) as number from kinds where devices = 1 group by grid, kind, device
),
saw as (
    select a.id, count(*) filter (where h.devices > 1) as beside, count(*) filter (where h.reported) as reported
      from happened h
      join incident_alarm ia on ia.incident = h.id
      join alarm a on a.id = ia.alarm and a.grid = h.grid
     group by a.id
),
able as (
    select a.detector, a.kind, a.device, known.by_devices - coalesce(alone.number, 0) as by_devices, known.by_reports,
           coalesce(saw.beside, 0) as beside, coalesce(saw.reported, 0) as reported
      from alarm a
      join known on known.grid = a.grid and known.kind = a.kind
      left join alone on alone.grid = a.grid and alone.kind = a.kind and alone.device = a.device
      left join saw on saw.id = a.id
),
drilled as (
    select t.kind, t.device, a.detector,
           exists (select from detection x
                    where x.device = t.device and x.kind = t.kind and x.phase = 'raise'
                      and (a.detector is null or x.detector = a.detector) and x.at >= t.since - interval '1 hour'
                      and x.observed >= t.since and x.observed < t.until) as seen
      from detector_drill t
      left join device d on d.id = t.device
      left join collector c on c.id = split_part(t.device, '/', 1)
      join grid g on g.code = coalesce(d.grid, c.grid)
      left join alarm a on a.device = t.device and a.kind = t.kind
     where t.withdrawn is null and t.until >= %(since)s and t.until < least(%(until)s, tocsin_clock())
       and path_within(g.path, %(scope)s)
),
counted as (
    select 'drill' as witness, coalesce(detector, '') as detector, kind, device,
           count(*) filter (where seen) as seen, count(*) as expected
      from drilled group by 2, 3, 4
    union all
    select 'source', detector, kind, device, beside, by_devices from able
    union all
    select 'report', detector, kind, device, reported, by_reports from able
    union all
    select 'report', '', j.kind, '', 0, count(*)
      from judged j
     where j.reported and not exists (
           select from kinds join (select distinct grid, kind from alarm) as spoke
               on spoke.grid = kinds.grid and spoke.kind = kinds.kind
            where kinds.id = j.id)
     group by j.kind
)
select witness, detector, kind, device, seen, expected from counted
 where expected > 0
 order by seen::double precision / expected, expected desc, witness, device, detector, kind
 limit %(most)s;

-- name: behind
-- Lists the incidents behind a number, newest first.
with judged as materialized (
    select i.id, i.kind, i.grid, i.began, i.opened, i.reports, tocsin_judgement(i.id) as judgement
      from incident i
     where i.opened >= %(since)s and i.opened < %(until)s and not i.drill and path_within(i.grid_path, %(scope)s)
),
counted as (
    select ia.incident, ia.device, ia.kind, a.detector
      from judged j
      join incident_alarm ia on ia.incident = j.id
      join alarm a on a.id = ia.alarm
     where not exists (select from detector_drill t
                        where t.device = ia.device and t.kind = ia.kind and t.withdrawn is null
                          and ia.attached >= t.since and ia.attached < t.until + interval '10 minutes')
),
listed as (
    select incident, array_agg(distinct device) as devices, array_agg(distinct detector) as detectors
      from counted group by incident
)
select j.id, j.kind, j.grid, j.began, j.opened, j.judgement, j.reports,
       coalesce(l.devices, '{}') as devices, coalesce(l.detectors, '{}') as detectors
  from judged j
  left join listed l on l.incident = j.id
 where j.judgement <> 'test'
   and (%(judgement)s::text is null or j.judgement = %(judgement)s)
   and (%(hour)s::integer is null or extract(hour from j.began at time zone interval '8 hours') = %(hour)s)
   and case when %(missed)s then j.judgement = 'real' and j.reports > 0
             and not exists (select from incident_alarm ia where ia.incident = j.id)
             and (%(kind)s::text is null or j.kind = %(kind)s)
            when %(detector)s::text is null and %(device)s::text is null and %(kind)s::text is null
            then j.reports > 0 or l.incident is not null
            else exists (select from counted c where c.incident = j.id
                            and (%(detector)s::text is null or c.detector = %(detector)s)
                            and (%(device)s::text is null or c.device = %(device)s)
                            and (%(kind)s::text is null or c.kind = %(kind)s)) end
 order by j.opened desc, j.id desc
 limit %(most)s;

-- name: drills
-- Lists drills that touch a period, newest first, with the first detection that answers each.
select t.id, t.device, t.kind, t.since, t.until, t.reason, t.person, t.made, t.withdrawn,
       x.observed as seen_at, coalesce(x.detector, '') as detector
  from detector_drill t
  left join device d on d.id = t.device
  left join collector c on c.id = split_part(t.device, '/', 1)
  join grid g on g.code = coalesce(d.grid, c.grid)
  left join lateral (
       select observed, detector from detection x
        where x.device = t.device and x.kind = t.kind and x.phase = 'raise'
          and x.at >= t.since - interval '1 hour' and x.observed >= t.since and x.observed < t.until
        order by x.observed limit 1) x on true
 where t.since < %(until)s and t.until >= %(since)s and path_within(g.path, %(scope)s)
 order by t.since desc, t.id
 limit %(most)s;

-- name: add_drill
-- Keeps a drill for a device within a subtree; the same id again changes nothing.
insert into detector_drill (id, device, kind, since, until, reason, person, made)
select %(id)s, place.device, %(kind)s, %(drill_since)s, %(drill_until)s, %(reason)s, %(person)s, %(made)s
  from (select %(device)s::text as device) as place
  left join device d on d.id = place.device
  left join device_health h on h.device = place.device
  left join collector c on c.id = coalesce(h.collector, d.collector)
  join grid g on g.code = coalesce(d.grid, c.grid)
 where path_within(g.path, %(scope)s)
on conflict (id) do update set id = excluded.id
returning id;

-- name: withdraw_drill
-- Takes a drill of a subtree back; the first time counts.
update detector_drill t set withdrawn = coalesce(t.withdrawn, %(at)s)
 where t.id = %(id)s
   and exists (select from (select t.device) as place
                 left join device d on d.id = t.device
                 left join collector c on c.id = split_part(t.device, '/', 1)
                 join grid g on g.code = coalesce(d.grid, c.grid)
                where path_within(g.path, %(scope)s))
returning id;

-- name: windows_between
-- Reads the maintenance windows that held in a span.
select w.id, w.grid, coalesce(g.path, '') as grid_path, w.device, w.since, least(w.until, w.ended) as until, w.reason, w.person,
       w.made, null::timestamptz as ended
  from maintenance w
  left join grid g on g.code = w.grid
 where w.since < %(until)s and least(w.until, w.ended) > %(since)s and least(w.until, w.ended) > w.since
 order by w.id
 limit 10000;

-- name: spots_between
-- Reads the false spots that held in a span.
select id, device, kind, x, y, width, height, until, reason, person, made, ended
  from false_spot
 where made < %(until)s and least(until, ended) > %(since)s
 order by id
 limit 10000;
