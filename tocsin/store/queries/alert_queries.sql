-- Lists for the faces: bounded, and scoped by the path an incident's grid had when it was opened.

-- name: incidents
-- List incidents, newest first, each with the newest complete picture of its evidence. The page is chosen first and
-- from indexes alone, so that the rest is read for its lines only; the place marked `whose` takes `of_person` or
-- `of_organisation`.
with page as materialized (
    select i.id
      from incident i /* whose */
     where path_within(i.grid_path, %(scope)s)
       and (%(incident)s::text is null or i.id = %(incident)s)
       and (%(open)s::boolean is null or i.open = %(open)s)
       and (%(kind)s::text is null or i.kind = %(kind)s)
       and (%(grade)s::text is null or i.grade = %(grade)s)
       and (%(states)s::text[] is null or i.state = any(%(states)s))
       and (%(matter)s::text is null
            or i.matter collate "C" >= %(matter)s and i.matter collate "C" < %(matter)s || ':')
       and (%(organisation)s::text is null or i.lead = %(organisation)s)
       and (%(source)s::text is null or i.source = %(source)s)
       and (%(level)s::text is null or i.level = %(level)s)
       and (%(stage)s::text is null or i.stage = %(stage)s)
       and (%(drill)s::boolean is null or i.drill = %(drill)s)
       and (not %(late)s or i.open and i.stage_due < (select tocsin_clock()))
       and (not %(in_time)s or not i.open or i.stage_due is null or i.stage_due >= (select tocsin_clock()))
       and (%(since)s::timestamptz is null or i.opened >= %(since)s)
       and (%(until)s::timestamptz is null or i.opened < %(until)s)
       and (%(reported_by)s::text is null or i.reported_by = %(reported_by)s)
       and (%(before)s::timestamptz is null or i.opened < %(before)s
            or i.opened = %(before)s and i.id < %(before_id)s)
     order by i.opened desc, i.id desc
     limit %(most)s
)
select i.id, i.state, i.kind, i.grade, i.grid, i.grid_path, i.device, i.opened, i.began, i.confirmed, i.ended,
       i.lateness, i.drill, i.alarms, i.reports, i.version, i.source, i.matter, i.level, i.lead, i.stage,
       i.stage_due, i.satisfaction, i.beyond, i.exercise,
       g.name as grid_name, coalesce(m.name, '') as matter_name, coalesce(o.name, '') as lead_name,
       (select x.sha256 from picture x
          join incident_alarm ia on ia.device = x.camera
         where ia.incident = i.id and x.complete and x.detection is not null
           and x.observed >= i.began - interval '10 minutes' and (i.ended is null or x.observed <= i.ended)
         order by x.observed desc limit 1) as picture
  from page
  join incident i on i.id = page.id
  join grid g on g.code = i.grid
  left join matter m on m.code = i.matter
  left join organisation o on o.code = i.lead
 order by i.opened desc, i.id desc;

-- name: from_memory
-- Plan the list of this transaction as one whose pages are in memory: to read them in any order costs the same.
set local random_page_cost = 1.1;

-- name: of_person
-- Narrow a list to what a person was called to, told of, or reported.
join incident_person p on p.incident = i.id and p.person = %(person)s

-- name: of_organisation
-- Narrow a list to what an organisation answers for, or once did; its rows stand in the order of the list.
join incident_organisation r on r.incident = i.id and r.organisation = %(routed)s

-- name: counts
-- Count what stands open in a subtree, and its clocks.
select count(*) as open, count(*) filter (where i.state = 'reported') as reported,
       count(*) filter (where i.state = 'received') as unconfirmed,
       count(*) filter (where i.stage_due < (select tocsin_clock())) as overdue,
       coalesce(sum(c.running), 0)::integer as clocks_running, coalesce(sum(c.missed), 0)::integer as clocks_overdue,
       min(c.next_due) as next_due
  from incident i
  left join lateral (select count(*) filter (where verdict is null) as running,
                            count(*) filter (where verdict = 'missed') as missed,
                            min(due) filter (where verdict is null) as next_due
                       from incident_clock where incident = i.id) c on i.confirmed is not null
 where i.open and path_within(i.grid_path, %(scope)s);

-- name: clocks
-- Read the clocks of incidents, nearest tier first.
select incident, tier, activated, due, verdict, at
  from incident_clock
 where incident = any(%(incidents)s)
 order by incident, array_position(array['village', 'township', 'city'], tier);

-- name: routed
-- Name the newest incidents that an organisation answers for, or once did.
select incident as id
  from incident_organisation
 where organisation = %(organisation)s
 order by opened desc, incident desc
 limit %(most)s;

-- name: log
-- Read an incident's events in order.
select body from incident_event where incident = %(incident)s order by version;

-- name: notices
-- List an incident's notices in order of creation.
select n.id, n.person, coalesce(p.name, '') as person_name, n.tier, n.channel, n.template, n.state, n.reason,
       n.created, n.sent_at, n.expires, n.attempt, n.provider, n.delivered_at
  from notice n
  left join person p on p.id = n.person
 where n.incident = %(incident)s
 order by n.created, n.priority, n.id
 limit 5000;

-- name: reports
-- Read the reports by hand of an incident that have not been erased.
select r.id, r.kind, r.grid, r.words, r.caller, r.latitude, r.longitude, r.accuracy_m, r.reported_by, r.at
  from incident_report ir
  join report r on r.id = ir.report
 where ir.incident = %(incident)s
 order by r.at, r.id
 limit 1000;

-- name: notes
-- Read the notes of an incident that have not been erased.
select id, text from note where incident = %(incident)s order by written, id limit 5000;

-- name: evidence
-- List the newest detections behind an incident's alarms while it was open, and ten minutes before.
select d.body, a.id as alarm
  from incident i
  join incident_alarm ia on ia.incident = i.id
  join alarm a on a.id = ia.alarm
 cross join lateral (
       select body, at, observed from detection d
        where d.device = a.device and d.kind = a.kind and d.detector = a.detector
          and d.at >= i.opened - interval '10 minutes'
          and d.at <= coalesce(i.ended, 'infinity') + interval '1 minute'
        order by d.at desc
        limit 50) d
 where i.id = %(incident)s
 order by d.at desc, d.observed desc
 limit 50;

-- name: alarms
-- List alarms within a subtree, newest first; the state is that of `alerts.alarm.state_of`.
select a.id, a.device, a.kind, a.detector, a.grid, a.raised, a.acknowledged, a.severity, a.raised_at,
       a.cleared_at, a.acknowledged_by, a.count, a.incident, a.armed, a.reason, a.reason_code, a.figures, a.detection,
       a.pending, a.raises, a.shelved_until, a.shelved_by, a.shelved_reason, a.suppressed_by, a.maintenance, a.due,
       g.path as grid_path, g.name as grid_name
  from alarm a
  join grid g on g.code = a.grid
 where path_within(g.path, %(scope)s) and (%(raised)s::boolean is null or a.raised = %(raised)s)
   and (%(state)s::text is null or %(state)s::text = case
        when a.maintenance <> '' then 'out_of_service'
        when a.suppressed_by is not null then 'suppressed'
        when a.shelved_until > tocsin_clock() then 'shelved'
        when a.raised and a.acknowledged then 'acknowledged'
        when a.raised then 'unacknowledged'
        when a.acknowledged then 'normal'
        else 'returned_unacknowledged' end)
 order by a.raised_at desc, a.id
 limit %(most)s;

-- name: alarm
-- Find one alarm within a subtree.
select a.id, a.device, a.kind, a.detector, a.grid, a.raised, a.acknowledged, a.severity, a.raised_at,
       a.cleared_at, a.acknowledged_by, a.count, a.incident, a.armed, a.reason, a.reason_code, a.figures, a.detection,
       a.pending, a.raises, a.shelved_until, a.shelved_by, a.shelved_reason, a.suppressed_by, a.maintenance, a.due,
       g.path as grid_path, g.name as grid_name
  from alarm a
  join grid g on g.code = a.grid
 where a.id = %(alarm)s and path_within(g.path, %(scope)s);

-- name: live_end
-- Say where the feed stands now: everything below was visible before, or will never be.
select pg_snapshot_xmin(pg_current_snapshot())::text as xid;

-- name: live
-- Read the next events below the oldest running transaction, and say whether some wait above it.
-- A row that commits late under a lower number still lies above the line until then, so none is lost.
-- The batch is not narrowed by scope, so that a reader who may see little still moves on.
with line as materialized (select pg_snapshot_xmin(pg_current_snapshot()) as xid),
batch as (
    select e.xid, e.id, e.body, e.incident
      from incident_event e
     where (e.xid, e.id) > (%(xid)s::xid8, %(id)s::bigint) and e.xid < (select xid from line)
     order by e.xid, e.id
     limit %(most)s
)
select b.xid::text as xid, b.id, b.body, i.grid_path, path_within(i.grid_path, %(scope)s) as visible,
       coalesce((select e.xid from incident_event e order by e.xid desc limit 1) >= (select xid from line), false)
       as waiting
  from (select) as one
  left join batch b on true
  left join incident i on i.id = b.incident
 order by b.xid, b.id;

-- name: chain
-- Read an incident's chain as it is stored.
select body, prev_hash, hash from incident_event where incident = %(incident)s order by version;

-- name: chain_end
-- Read where an incident's chain must end.
select head, version from incident where id = %(incident)s;
