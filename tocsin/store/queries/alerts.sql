-- The response engine's transaction: places, alarms, incidents, deadlines, outbox.
-- Rows come in as one JSON array each; `now` is the instant of the transaction.

-- name: now
-- Ask for the instant of this transaction, once.
select tocsin_clock();

-- name: lock_places
-- Take the advisory locks of (kind, township) in ascending order of their numbers, until commit.
select pg_advisory_xact_lock(number)
  from (select distinct hashtextextended('tocsin.place/' || kind || '/' || township, 0) as number
          from unnest(%(kinds)s::text[], %(townships)s::text[]) as place (kind, township)
         order by number) as ordered;

-- name: sites
-- Find where devices stand; an unknown one stands where its collector does.
select wanted.id as device, coalesce(d.certified, false) as certified, coalesce(d.kind, '') as device_kind,
       d.latitude as device_latitude, d.longitude as device_longitude,
       (select t.code from grid t
         where t.code = any(string_to_array(g.path collate "default", '.')) and t.tier = 'township'
         order by length(t.path) desc limit 1) as township,
       g.code, g.name, g.parent, g.tier, g.kind, g.path, g.latitude, g.longitude, g.accuracy_m, g.radius_m
  from unnest(%(devices)s::text[]) as wanted (id)
  left join device d on d.id = wanted.id
  left join collector c on c.id = split_part(wanted.id, '/', 1)
  join grid g on g.code = coalesce(d.grid, c.grid);

-- name: township
-- Find the nearest ancestor that answers for the township tier, the grid itself included.
select coalesce((select t.code from grid t
                  where t.code = any(string_to_array(g.path collate "default", '.')) and t.tier = 'township'
                  order by length(t.path) desc limit 1), g.code) as township
  from grid g
 where g.code = %(code)s;

-- name: alarms
-- Read and lock alarms by device, kind and detector.
select a.id, a.device, a.kind, a.detector, a.grid, a.raised, a.acknowledged, a.severity, a.raised_at,
       a.cleared_at, a.acknowledged_by, a.count, a.incident, a.armed, a.reason, a.reason_code, a.figures, a.detection,
       a.pending, a.raises, a.shelved_until, a.shelved_by, a.shelved_reason, a.suppressed_by, a.maintenance, a.due
  from alarm a
 where (a.device, a.kind, a.detector)
       in (select * from unnest(%(devices)s::text[], %(kinds)s::text[], %(detectors)s::text[]))
 order by a.id
   for update;

-- name: alarm
-- Read and lock one alarm.
select a.id, a.device, a.kind, a.detector, a.grid, a.raised, a.acknowledged, a.severity, a.raised_at,
       a.cleared_at, a.acknowledged_by, a.count, a.incident, a.armed, a.reason, a.reason_code, a.figures, a.detection,
       a.pending, a.raises, a.shelved_until, a.shelved_by, a.shelved_reason, a.suppressed_by, a.maintenance, a.due
  from alarm a
 where a.id = %(alarm)s
   for update;

-- name: save_alarms
-- Insert or update alarms.
insert into alarm (id, device, kind, detector, grid, raised, acknowledged, severity, raised_at, cleared_at,
                   acknowledged_by, count, incident, armed, reason, reason_code, figures, detection,
                   pending, raises, shelved_until, shelved_by, shelved_reason, suppressed_by, maintenance, due)
select id, device, kind, detector, grid, raised, acknowledged, severity, raised_at, cleared_at,
       acknowledged_by, count, incident, armed, reason, reason_code, figures, detection,
       pending, raises, shelved_until, shelved_by, shelved_reason, suppressed_by, maintenance, due
  from json_to_recordset(%(rows)s::json) as new (
       id text, device text, kind text, detector text, grid text, raised boolean, acknowledged boolean,
       severity float8, raised_at timestamptz, cleared_at timestamptz, acknowledged_by text, count integer,
       incident text, armed boolean, reason text, reason_code text, figures jsonb, detection text,
       pending timestamptz, raises timestamptz[], shelved_until timestamptz, shelved_by text, shelved_reason text,
       suppressed_by text, maintenance text, due timestamptz)
 order by id
    on conflict (id) do update set
       (grid, raised, acknowledged, severity, raised_at, cleared_at, acknowledged_by, count, incident, armed,
        reason, reason_code, figures, detection, pending, raises, shelved_until, shelved_by, shelved_reason,
        suppressed_by, maintenance, due)
       = (excluded.grid, excluded.raised, excluded.acknowledged, excluded.severity, excluded.raised_at,
          excluded.cleared_at, excluded.acknowledged_by, excluded.count, excluded.incident, excluded.armed,
          excluded.reason, excluded.reason_code, excluded.figures, excluded.detection, excluded.pending,
          excluded.raises, excluded.shelved_until, excluded.shelved_by, excluded.shelved_reason,
          excluded.suppressed_by, excluded.maintenance, excluded.due);

-- name: open_incidents
-- List open incidents of some kinds in a township, oldest first; drills and records of the past take nothing in.
select i.id, i.kind, i.grid, i.latitude, i.longitude, i.accuracy_m, i.began,
       coalesce(a.newest, i.opened) as last_alarm,
       coalesce(a.devices, array[]::text[]) as devices, i.device, i.stage is not null as filed
  from incident i
  left join lateral (select max(ia.attached) as newest, array_agg(distinct ia.device) as devices
                       from incident_alarm ia where ia.incident = i.id) a on true
 where i.open and i.township = %(township)s and i.kind = any(%(kinds)s)
   and not i.drill and i.lateness <> 'retrospective'
 order by i.opened, i.id;

-- name: lock_incidents
-- Lock incidents in ascending id and give the ends of their chains.
select id, version, head from incident where id = any(%(incidents)s) order by id for update;

-- name: events
-- Read the events of incidents, in order.
select incident, body from incident_event where incident = any(%(incidents)s) order by incident, version;

-- name: insert_incidents
-- Begin incidents; the path and the township of their grid are frozen here, and the raise that opened them.
insert into incident (id, version, state, kind, grade, grid, grid_path, township, device, alarm, raised, latitude,
                      longitude, accuracy_m, opened, began, confirmed, ended, lateness, drill, policy, alarms, reports,
                      next_due, head, readiness, source, matter, level, lead, stage, stage_due, beyond, exercise,
                      reported_by, satisfaction, changed)
select n.id, n.version, n.state, n.kind, n.grade, n.grid, g.path,
       coalesce((select t.code from grid t
                  where t.code = any(string_to_array(g.path collate "default", '.')) and t.tier = 'township'
                  order by length(t.path) desc limit 1), g.code),
       n.device, n.alarm, a.raised_at, n.latitude, n.longitude, n.accuracy_m, n.opened, n.began, n.confirmed,
       n.ended, n.lateness, n.drill, n.policy, n.alarms, n.reports, n.next_due, decode(n.head, 'base64'), n.readiness,
       n.source, n.matter, n.level, n.lead, n.stage, n.stage_due, n.beyond, n.exercise, n.reported_by, n.satisfaction,
       n.changed
  from json_to_recordset(%(rows)s::json) as n (
       id text, version integer, state text, kind text, grade text, grid text, device text, alarm text,
       latitude float8, longitude float8, accuracy_m float8, opened timestamptz, began timestamptz, confirmed timestamptz,
       ended timestamptz, lateness text, drill boolean, policy text, alarms integer, reports integer,
       next_due timestamptz, head text, readiness text, source text, matter text, level text, lead text, stage text,
       stage_due timestamptz, beyond boolean, exercise text, reported_by text, satisfaction smallint, changed timestamptz)
  join grid g on g.code = n.grid
  left join alarm a on a.id = n.alarm
 order by n.id;

-- name: update_incidents
-- Bring the list rows of changed incidents up to date.
update incident i
   set (version, state, kind, grade, began, confirmed, ended, lateness, alarms, reports, next_due, head,
        matter, level, lead, stage, stage_due, beyond, satisfaction, changed)
       = (n.version, n.state, n.kind, n.grade, n.began, n.confirmed, n.ended, n.lateness, n.alarms, n.reports,
          n.next_due, decode(n.head, 'base64'),
          n.matter, n.level, n.lead, n.stage, n.stage_due, n.beyond, n.satisfaction, n.changed)
  from json_to_recordset(%(rows)s::json) as n (
       id text, version integer, state text, kind text, grade text, began timestamptz, confirmed timestamptz,
       ended timestamptz, lateness text, alarms integer, reports integer, next_due timestamptz, head text,
       matter text, level text, lead text, stage text, stage_due timestamptz, beyond boolean, satisfaction smallint,
       changed timestamptz)
 where i.id = n.id;

-- name: insert_events
-- Append to the chains, in the order given.
insert into incident_event (incident, version, kind, actor, occurred, recorded, body, prev_hash, hash)
select incident, version, kind, actor, occurred, recorded,
       decode(body, 'base64'), decode(prev_hash, 'base64'), decode(hash, 'base64')
  from json_to_recordset(%(rows)s::json) as new (
       incident text, version integer, kind text, actor text, occurred timestamptz, recorded timestamptz,
       body text, prev_hash text, hash text);

-- name: save_clocks
-- Write the tiers' clocks that are new or different.
insert into incident_clock as c (incident, tier, activated, due, verdict, at, basis, cause)
select incident, tier, activated, due, verdict, at, basis, cause
  from json_to_recordset(%(rows)s::json) as new (
       incident text, tier text, activated timestamptz, due timestamptz, verdict text, at timestamptz,
       basis text, cause text)
    on conflict (incident, tier) do update set
       (activated, due, verdict, at, basis, cause)
       = (excluded.activated, excluded.due, excluded.verdict, excluded.at, excluded.basis, excluded.cause)
 where (c.activated, c.due, c.verdict, c.at, c.basis, c.cause)
       is distinct from (excluded.activated, excluded.due, excluded.verdict, excluded.at, excluded.basis, excluded.cause);

-- name: forget_clocks
-- Take away the clocks of incidents that begin anew; those that they still have are written after.
delete from incident_clock c using json_to_recordset(%(rows)s::json) as again (incident text)
 where c.incident = again.incident;

-- name: save_called
-- Note who was called.
insert into incident_person (incident, person)
select distinct incident, person from json_to_recordset(%(rows)s::json) as new (incident text, person text)
    on conflict do nothing;

-- name: save_attached
-- Note which alarms belong to an incident, and when the newest of them came.
insert into incident_alarm as a (incident, alarm, device, kind, attached)
select incident, alarm, device, kind, max(attached)
  from json_to_recordset(%(rows)s::json) as new (
       incident text, alarm text, device text, kind text, attached timestamptz)
 group by incident, alarm, device, kind
    on conflict (incident, alarm) do update set attached = greatest(a.attached, excluded.attached);

-- name: save_reported
-- Note which reports belong to an incident.
insert into incident_report (incident, report)
select distinct incident, report from json_to_recordset(%(rows)s::json) as new (incident text, report text)
    on conflict do nothing;

-- name: save_routed
-- Note which organisations answer for an incident: from then on they may see it.
insert into incident_organisation (incident, organisation, opened)
select distinct new.incident, new.organisation, i.opened
  from json_to_recordset(%(rows)s::json) as new (incident text, organisation text)
  join incident i on i.id = new.incident
    on conflict do nothing;

-- name: cancel_deadlines
-- End open deadlines that are no longer wanted, or wanted at another instant.  One that is due already was
-- caught up by the decision that ended it, and counts as fired.
update deadline d
   set fired_at = case when d.due_at <= %(now)s then %(now)s::timestamptz end,
       cancelled_at = case when d.due_at > %(now)s then %(now)s::timestamptz end
 where d.incident = any(%(incidents)s) and d.fired_at is null and d.cancelled_at is null
   and (d.incident, d.key, d.due_at)
       not in (select w.incident, w.key, w.due
                 from json_to_recordset(%(rows)s::json) as w (incident text, key text, due timestamptz));

-- name: save_deadlines
-- Add the deadlines that are not open yet.
insert into deadline (incident, key, due_at)
select incident, key, due
  from json_to_recordset(%(rows)s::json) as w (incident text, key text, due timestamptz)
    on conflict (incident, key) where fired_at is null and cancelled_at is null do nothing;

-- name: cancel_notices
-- Take the worth from notices that have not been sent; one that a relay holds is only marked.
update notice
   set state        = case when state = 'pending' or ready_at <= %(now)s then 'cancelled' else state end,
       ready_at     = case when state = 'pending' or ready_at <= %(now)s then null else ready_at end,
       cancelled_at = %(now)s
 where incident = any(%(incidents)s) and ready_at is not null and cancelled_at is null;

-- name: save_notices
-- Put notices into the outbox; an id that is there already is the same notice.
insert into notice (id, incident, person, tier, channel, template, step, priority, not_before, ready_at, expires,
                    drill, created)
select id, incident, person, tier, channel, template, step, priority, not_before, not_before, expires, drill, %(now)s
  from json_to_recordset(%(rows)s::json) as new (
       id text, incident text, person text, tier text, channel text, template text, step integer,
       priority smallint, not_before timestamptz, expires timestamptz, drill boolean)
    on conflict (id) do nothing;

-- name: save_acts
-- Keep the ids of people's acts; one that is there already fails.
insert into incident_act (incident, act, recorded)
select incident, act, %(now)s from json_to_recordset(%(rows)s::json) as new (incident text, act text);

-- name: announce
-- Wake escalators and live feeds when this transaction commits; repeats in it count once.
select pg_notify('tocsin_incident', '');

-- name: answered
-- Say whether an act was committed before.
select exists (select from incident_act where incident = %(incident)s and act = %(act)s) as answered;

-- name: reported
-- Find the incident that a report by hand belongs to.
select incident from incident_report where report = %(report)s limit 1;

-- name: on_duty
-- List who is on duty for grids: active, appointed to the grid or above, with a shift for it or above, both now.
-- A grid without anybody gives one row without a person; a person with two such appointments gives two rows.
select g.code as place, g.kind as place_kind, p.id as person, coalesce(a.tier, home.tier) as tier, a.grid,
       cardinality(string_to_array(home.path, '.')) as depth, a.call_order, a.supervisor,
       coalesce(a.organisation, '') as department,
       array(select c.channel from contact c where c.person = p.id group by c.channel order by min(c.rank), c.channel)
       as channels
  from grid g
  left join (appointment a join person p on p.id = a.person and p.active join grid home on home.code = a.grid)
    on a.grid = any(string_to_array(g.path collate "default", '.'))
   and a.since <= %(now)s and (a.until is null or a.until > %(now)s) and (a.tier is not null or a.supervisor)
   and exists (select from duty_shift s
                where s.person = p.id and s.grid = any(string_to_array(g.path, '.'))
                  and s.since <= %(now)s and coalesce(s.until, 'infinity'::timestamptz) > %(now)s)
 where g.code = any(%(grids)s);

-- name: policy
-- Read one policy version.
select text from policy where id = %(policy)s;

-- name: save_policy
-- Keep a policy version; one that is there already stays as it is.
insert into policy (id, name, text, saved) values (%(policy)s, %(name)s, %(text)s, %(now)s)
    on conflict (id) do nothing;

-- name: store_report
-- Keep a report by hand.
insert into report (id, kind, grid, words, caller, latitude, longitude, accuracy_m, reported_by, at)
values (%(id)s, %(kind)s, %(grid)s, %(words)s, %(caller)s, %(latitude)s, %(longitude)s, %(accuracy_m)s,
        %(reported_by)s, %(at)s);

-- name: store_note
-- Keep somebody's words.
insert into note (id, incident, person, text, written)
values (%(note)s, %(incident)s, %(person)s, %(text)s, %(now)s);

-- name: store_position
-- Keep a position that was given with an act.
insert into position (incident, person, latitude, longitude, accuracy_m, observed, recorded)
values (%(incident)s, %(person)s, %(latitude)s, %(longitude)s, %(accuracy_m)s, %(observed)s, %(now)s);

-- name: claim_due
-- Lock incidents whose earliest deadline has come, skipping those that another escalator holds.
select id from incident
 where next_due <= %(now)s
 order by next_due, id
 limit %(most)s
   for update skip locked;

-- name: fire_deadlines
-- Mark the due deadlines of claimed incidents as fired: each fires once, if this transaction commits.
update deadline
   set fired_at = %(now)s
 where incident = any(%(incidents)s) and fired_at is null and cancelled_at is null and due_at <= %(now)s
returning incident, key, due_at;

-- name: refresh_due
-- Set the earliest open deadline of incidents that were claimed but not saved.
update incident i
   set next_due = (select min(d.due_at) from deadline d
                    where d.incident = i.id and d.fired_at is null and d.cancelled_at is null)
 where i.id = any(%(incidents)s);

-- name: push_back
-- Move an incident's due deadlines to a later instant, those that this transaction fired included.
update deadline d
   set due_at = %(until)s, fired_at = null
 where d.incident = %(incident)s and d.cancelled_at is null and d.due_at <= %(now)s
   and (d.fired_at is null
        or d.fired_at = %(now)s
           and not exists (select from deadline o
                            where o.incident = d.incident and o.key = d.key
                              and o.fired_at is null and o.cancelled_at is null));

-- name: next_due
-- Give the database's now and the earliest open deadline.
select tocsin_clock() as now, min(next_due) as due from incident where next_due is not null;
