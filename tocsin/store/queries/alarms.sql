-- Alarms in a transaction: whose time has come, what silences them, their journal; and the lists of the faces.

-- name: due
-- Read alarms whose time has come, earliest first; nobody is locked, the places come before the alarms.
select a.id, a.device, a.kind, a.detector, a.grid, a.raised, a.acknowledged, a.severity, a.raised_at,
       a.cleared_at, a.acknowledged_by, a.count, a.incident, a.armed, a.reason, a.reason_code, a.figures, a.detection,
       a.pending, a.raises, a.shelved_until, a.shelved_by, a.shelved_reason, a.suppressed_by, a.maintenance, a.due
  from alarm a
 where a.due <= %(now)s
 order by a.due, a.id
 limit %(most)s;

-- name: look
-- Read alarms by id without locking them.
select a.id, a.device, a.kind, a.detector, a.grid, a.raised, a.acknowledged, a.severity, a.raised_at,
       a.cleared_at, a.acknowledged_by, a.count, a.incident, a.armed, a.reason, a.reason_code, a.figures, a.detection,
       a.pending, a.raises, a.shelved_until, a.shelved_by, a.shelved_reason, a.suppressed_by, a.maintenance, a.due
  from alarm a
 where a.id = any(%(alarms)s)
 order by a.id;

-- name: hold
-- Read and lock alarms by id, leaving out those that others hold.
select a.id, a.device, a.kind, a.detector, a.grid, a.raised, a.acknowledged, a.severity, a.raised_at,
       a.cleared_at, a.acknowledged_by, a.count, a.incident, a.armed, a.reason, a.reason_code, a.figures, a.detection,
       a.pending, a.raises, a.shelved_until, a.shelved_by, a.shelved_reason, a.suppressed_by, a.maintenance, a.due
  from alarm a
 where a.id = any(%(alarms)s)
 order by a.id
   for update skip locked;

-- name: next_due
-- Say when the next alarm must be looked at.
select tocsin_clock() as now, (select min(a.due) from alarm a where a.due is not null) as due;

-- name: standing
-- Read the raised alarms of some kinds of these collectors, or in these grids.
select a.id, a.device, a.kind, a.detector, a.grid, a.raised, a.acknowledged, a.severity, a.raised_at,
       a.cleared_at, a.acknowledged_by, a.count, a.incident, a.armed, a.reason, a.reason_code, a.figures, a.detection,
       a.pending, a.raises, a.shelved_until, a.shelved_by, a.shelved_reason, a.suppressed_by, a.maintenance, a.due
  from alarm a
 where a.raised and a.kind = any(%(kinds)s)
   and (split_part(a.device, '/', 1) = any(%(collectors)s) or a.grid = any(%(grids)s))
 order by a.id;

-- name: wake_explained
-- Make the raised alarms of some kinds of these collectors, or in these grids, due now.
update alarm a set due = %(now)s
 where a.raised and a.kind = any(%(kinds)s)
   and (split_part(a.device, '/', 1) = any(%(collectors)s) or a.grid = any(%(grids)s));

-- name: wake_suppressed
-- Make the alarms that some roots suppress due now.
update alarm a set due = %(now)s where a.suppressed_by = any(%(roots)s);

-- name: wake_covered
-- Make the raised alarms of a device, a collector or a subtree due now, and those that a window holds.
update alarm a set due = %(now)s
  from grid g
 where g.code = a.grid
   and (a.maintenance = %(window)s
        or a.raised and (%(device)s::text is not null and %(device)s in (a.device, split_part(a.device, '/', 1))
                         or %(path)s <> '' and path_within(g.path, %(path)s)));

-- name: kinds_of
-- Name the kinds of which a device, or any device of a collector, ever had an alarm.
select distinct a.kind
  from alarm a
 where %(device)s in (a.device, split_part(a.device, '/', 1))
 order by a.kind;

-- name: journal
-- Add lines to the journal.
insert into alarm_journal (at, alarm, device, kind, detector, grid_path, what, actor, reason)
select new.at, new.alarm, new.device, new.kind, new.detector, coalesce(g.path, new.grid), new.what, new.actor, new.reason
  from json_to_recordset(%(rows)s::json) as new (
       at timestamptz, alarm text, device text, kind text, detector text, grid text, what text, actor text, reason text)
  left join grid g on g.code = new.grid;

-- name: windows
-- Read the maintenance windows that are not over.
select w.id, w.grid, coalesce(g.path, '') as grid_path, w.device, w.since, w.until, w.reason, w.person, w.made, w.ended
  from maintenance w
  left join grid g on g.code = w.grid
 where w.ended is null and w.until > %(now)s
 order by w.id;

-- name: window
-- Read and lock one window.
select w.id, w.grid, coalesce(g.path, '') as grid_path, w.device, w.since, w.until, w.reason, w.person, w.made, w.ended
  from maintenance w
  left join grid g on g.code = w.grid
 where w.id = %(id)s
   for update of w;

-- name: save_window
-- Keep a window; of one that is known only its end.
insert into maintenance (id, grid, device, since, until, reason, person, made, ended)
values (%(id)s, %(grid)s, %(device)s, %(since)s, %(until)s, %(reason)s, %(person)s, %(made)s, %(ended)s)
    on conflict (id) do update set ended = excluded.ended;

-- name: spots
-- Read the false spots of devices that still hold.
select s.id, s.device, s.kind, s.x, s.y, s.width, s.height, s.until, s.reason, s.person, s.made, s.ended
  from false_spot s
 where s.device = any(%(devices)s) and s.ended is null and s.until > %(now)s
 order by s.id;

-- name: spot
-- Read and lock one false spot.
select s.id, s.device, s.kind, s.x, s.y, s.width, s.height, s.until, s.reason, s.person, s.made, s.ended
  from false_spot s
 where s.id = %(id)s
   for update;

-- name: save_spot
-- Keep a false spot; of one that is known only its end.
insert into false_spot (id, device, kind, x, y, width, height, until, reason, person, made, ended)
values (%(id)s, %(device)s, %(kind)s, %(x)s, %(y)s, %(width)s, %(height)s, %(until)s, %(reason)s, %(person)s, %(made)s,
        %(ended)s)
    on conflict (id) do update set ended = excluded.ended;

-- name: newest_detection
-- Read the newest stored detection of an alarm that raised or changed it.
select d.body
  from detection d
 where d.device = %(device)s and d.kind = %(kind)s and d.detector = %(detector)s and d.phase <> 'clear'
 order by d.at desc
 limit 1;

-- name: flushed
-- Say when the slowest of the first sessions last wrote; null when one never did.
select case when count(*) = %(sessions)s then nullif(min(l.last_at), '-infinity') end as at
  from session_lease l
 where l.session < %(sessions)s;

-- name: links
-- Read what is known of the links of all enabled collectors, and whether their loss stands.
select c.id as collector, c.grid, c.link as state, c.link_since as since,
       (select max(h.at) from health h where h.collector = c.id) as heard, c.heartbeat,
       exists (select from alarm a
                where a.device = c.id || '/link' and a.kind = 'link_loss'
                  and a.raised <> (a.pending is not null)) as lost
  from collector c
 where c.enabled
 order by c.id;

-- name: journal_of
-- List the journal of one alarm within a subtree, newest first.
select j.at, j.alarm, j.device, j.kind, j.detector, j.grid_path, j.what, j.actor, j.reason
  from alarm_journal j
 where j.alarm = %(alarm)s and path_within(j.grid_path, %(scope)s)
 order by j.at desc
 limit %(most)s;

-- name: annunciations
-- List what asked for attention in a span, oldest first.
select j.at, j.alarm, j.device, j.kind
  from alarm_journal j
 where j.what = 'raised' and j.at >= %(since)s and j.at < %(until)s and path_within(j.grid_path, %(scope)s)
 order by j.at, j.alarm
 limit %(most)s;

-- name: board
-- List alarms within a subtree that are raised or silenced.
select a.id, a.device, a.kind, a.detector, a.grid, a.raised, a.acknowledged, a.severity, a.raised_at,
       a.cleared_at, a.acknowledged_by, a.count, a.incident, a.armed, a.reason, a.reason_code, a.figures, a.detection,
       a.pending, a.raises, a.shelved_until, a.shelved_by, a.shelved_reason, a.suppressed_by, a.maintenance, a.due,
       g.path as grid_path
  from alarm a
  join grid g on g.code = a.grid
 where path_within(g.path, %(scope)s)
   and (a.raised or a.shelved_until is not null or a.suppressed_by is not null or a.maintenance <> '')
 order by a.raised_at desc, a.id
 limit %(most)s;

-- name: names
-- Find what people call devices.
select d.id as device, d.name from device d where d.id = any(%(devices)s) and d.name <> '';

-- name: maintenance
-- List maintenance windows within a subtree, newest first; that of a device stands where the device does.
select w.id, w.grid, coalesce(g.path, '') as grid_path, w.device, w.since, w.until, w.reason, w.person, w.made, w.ended,
       place.path as place_path, coalesce(g.name, d.name, c.name, '') as name
  from maintenance w
  left join grid g on g.code = w.grid
  left join device d on d.id = w.device
  left join collector c on c.id = split_part(w.device, '/', 1)
  join grid place on place.code = coalesce(w.grid, d.grid, c.grid)
 where path_within(place.path, %(scope)s)
 order by w.made desc, w.id
 limit %(most)s;

-- name: false_spots
-- List false spots within a subtree, newest first, with how often each has filtered.
select s.id, s.device, s.kind, s.x, s.y, s.width, s.height, s.until, s.reason, s.person, s.made, s.ended,
       place.path as place_path, coalesce(d.name, '') as device_name,
       (select count(*) from alarm_journal j
         where j.what = 'filtered' and j.reason = s.id and j.at >= s.made and j.device = s.device) as filtered
  from false_spot s
  left join device d on d.id = s.device
  left join collector c on c.id = split_part(s.device, '/', 1)
  join grid place on place.code = coalesce(d.grid, c.grid)
 where path_within(place.path, %(scope)s)
 order by s.made desc, s.id
 limit %(most)s;
