-- Signs of life and findings, and what the watcher asks once a second: each question is one look into an index.

-- name: beat
-- Write the signs of life of one process at the database's own instant.
insert into beat (name, role, host, at, clock, details)
select b.name, b.role, b.host, tocsin_clock(), b.clock, b.details
  from jsonb_to_recordset(%(beats)s::jsonb) as b (name text, role text, host text, clock timestamptz, details jsonb)
 order by b.name
    on conflict (name) do update
   set role = excluded.role, host = excluded.host, at = excluded.at, clock = excluded.clock, details = excluded.details;

-- name: leave
-- Take away the signs of workers that stop on purpose.
delete from beat where name = any(%(names)s) and host = %(host)s;

-- name: beats
-- Read all signs of life of the last day, and now.
select m.now, b.name, b.role, b.host, b.at, b.clock, b.details
  from (select tocsin_clock() as now) m
  left join beat b on b.at > m.now - interval '1 day'
 order by b.name;

-- name: now
-- Ask for the database's instant and whether it takes writes.
select tocsin_clock() as now, current_setting('transaction_read_only') = 'off' and not pg_is_in_recovery() as writable;

-- name: overdue
-- Count incidents whose earliest deadline came before an instant, and name the oldest.
select count(*) as count, min(next_due) as oldest, (array_agg(id order by next_due))[1] as example
  from (select id, next_due from incident where next_due < %(before)s order by next_due limit 1000) as late;

-- name: unsent
-- Count urgent notices that may be sent since before an instant and were not, and name the oldest; also those
-- that a relay holds: it may be dead.
select count(*) as count, min(not_before) as oldest, (array_agg(incident order by not_before))[1] as example,
       (array_agg(channel order by not_before))[1] as detail
  from (select incident, channel, not_before from notice
         where priority <= 1 and ready_at is not null and not_before < %(before)s and cancelled_at is null
           and expires > tocsin_clock()
         limit 1000) as waiting;

-- name: townships
-- Name the townships with collectors that were not heard of since an instant; one that was never heard of is not yet there.
select t.code, t.name, count(*) as collectors,
       coalesce(array_agg(c.id order by c.id) filter (where c.heartbeat_at < %(before)s), '{}') as gone
  from collector c
  join grid g on g.code = c.grid
  join lateral (select a.code, a.name from grid a
                 where a.code = any(string_to_array(g.path collate "default", '.')) and (a.tier = 'township' or a.code = g.code)
                 order by a.tier = 'township' desc, length(a.path) desc limit 1) as t on true
 where c.enabled and c.heartbeat_at is not null and c.link is distinct from 'stopped'
 group by t.code, t.name
having bool_or(c.heartbeat_at < %(before)s)
 order by t.code
 limit 500;

-- name: boxes
-- Read the newest heartbeat of every collector that is heard of.
select id, heartbeat from collector where enabled and heartbeat is not null and heartbeat_at > %(since)s order by id limit 5000;

-- name: quarantine
-- Count messages put aside: all, and those of the alarm lane.
select count(*) as held, count(*) filter (where lane = 'alarm') as calls from quarantine where state = 'held';

-- name: providers
-- Name the providers that are down, and whether another of their channel works.
with offered as (select * from provider_health where offered > tocsin_clock() - interval '10 minutes')
select p.channel, p.provider, p.since, p.reason,
       not exists (select from offered o where o.channel = p.channel and o.up) as alone
  from offered p
 where not p.up
 order by p.channel, p.provider
 limit 100;

-- name: uncovered
-- Show some grids with a gap in their duty within the coming day, the earliest first, and how many there are.
select d.grid, g.name, d.code = 'no_channel' as silent, d.since, d.until, count(*) over () as grids
  from (select distinct on (grid) grid, code, since, until
          from duty_gap
         where code in ('nobody', 'no_channel') and until > tocsin_clock()
         order by grid, since, code) d
  join grid g on g.code = d.grid
 order by d.since, d.grid
 limit 6;

-- name: keep_finding
-- Write a finding as it stands.
insert into watch_finding (code, subject, since, seen, until, sentence, paged)
values (%(code)s, %(subject)s, %(since)s, %(seen)s, %(until)s, %(sentence)s, %(paged)s)
    on conflict (code, subject, since) do update
   set seen = excluded.seen, until = excluded.until, sentence = excluded.sentence, paged = excluded.paged;

-- name: findings
-- Read the findings that stand, and those that ended after an instant, newest first.
select code, subject, since, seen, until, sentence, paged
  from watch_finding
 where until is null or until > %(since)s
 order by until is not null, since desc, code, subject
 limit 500;

-- name: sample
-- Draw incidents to be audited: open ones first, the rest from the newest thousand.
(select id, true as open from incident where open order by random() limit %(most)s)
union all
(select id, false from (select id from incident where not open order by opened desc, id desc limit 1000) as recent
  order by random() limit %(most)s);

-- name: all_incidents
-- Name every incident after one, in order of id.
select id from incident where id > %(after)s order by id limit 1000;

-- name: chain_end
-- Read where an incident's chain must end, and its policy's text.
select i.head, i.version, i.open, p.text as policy from incident i join policy p on p.id = i.policy where i.id = %(incident)s;

-- name: chain
-- Read an incident's chain as it is stored.
select body, prev_hash, hash from incident_event where incident = %(incident)s order by version;

-- name: open_deadlines
-- Read the open deadlines of an incident.
select key, due_at from deadline where incident = %(incident)s and fired_at is null and cancelled_at is null;

-- name: notice_ids
-- Name all notices of an incident.
select id from notice where incident = %(incident)s;
