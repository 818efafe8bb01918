-- Shifts, rosters, and where nobody is on duty.

-- name: now
-- Ask for the instant of this transaction, once.
select tocsin_clock() as now;

-- name: shifts
-- List shifts for grids of a subtree that touch a span, by beginning.
select s.person, s.grid, s.since, s.until, s.roster, p.name as person_name, g.name as grid_name, g.path as grid_path
  from duty_shift s
  join person p on p.id = s.person
  join grid g on g.code = s.grid
 where path_within(g.path, %(scope)s) and s.since < %(until)s and (s.until is null or s.until > %(since)s)
   and (%(after)s::timestamptz is null or (s.since, s.person, s.grid) > (%(after)s, %(person)s, %(grid)s))
 order by s.since, s.person, s.grid, s.roster nulls first
 limit %(most)s;

-- name: drop_shift
-- Take away a shift by hand that has not begun.
delete from duty_shift
 where person = %(person)s and grid = %(grid)s and since = %(since)s and roster is null and since >= %(at)s;

-- name: end_shift
-- End a shift by hand that is running.
update duty_shift
   set until = %(at)s
 where person = %(person)s and grid = %(grid)s and since = %(since)s and roster is null
   and since < %(at)s and (until is null or until > %(at)s);

-- name: save_roster
-- Insert or update a roster; its shifts are to be written anew.
insert into roster (id, grid, organisation, name, tier, pattern, since, until, made_by, changed)
values (%(id)s, %(grid)s, %(organisation)s, %(name)s, %(tier)s, %(pattern)s::jsonb, %(since)s, %(until)s, %(made_by)s,
        tocsin_clock())
    on conflict (id) do update set
       (grid, organisation, name, tier, pattern, since, until, made_by, changed, written)
       = (excluded.grid, excluded.organisation, excluded.name, excluded.tier, excluded.pattern, excluded.since,
          excluded.until, excluded.made_by, excluded.changed, null);

-- name: end_roster
-- Let a roster end now; one that has not begun has lasted a moment.
update roster
   set since = least(since, tocsin_clock() - interval '1 microsecond'), until = tocsin_clock(), made_by = %(made_by)s,
       changed = tocsin_clock(), written = null
 where id = %(roster)s and (until is null or until > tocsin_clock());

-- name: rosters
-- List rosters for grids of a subtree that have not ended, by id; or one by its id, ended or not.
select r.id, r.grid, r.organisation, r.name, r.tier, r.pattern, r.since, r.until, r.made_by, r.changed, r.written,
       g.name as grid_name, g.path as grid_path
  from roster r
  join grid g on g.code = r.grid
 where path_within(g.path, %(scope)s)
   and (r.id = %(roster)s or %(roster)s::text is null and (r.until is null or r.until > tocsin_clock()))
   and r.id > %(after)s
 order by r.id
 limit %(most)s;

-- name: changes
-- List the changes of rosters that have not ended at an instant, in the order in which they were made.
select c.id, c.roster, c.kind, c.person, c.other, c.since, c.until, c.reason
  from roster_change c
 where c.roster = any(%(rosters)s) and c.until > %(since)s
 order by c.nth;

-- name: add_change
-- Keep a change of a roster; the same id again is the same change.
insert into roster_change (id, roster, kind, person, other, since, until, reason, made_by, made)
values (%(id)s, %(roster)s, %(kind)s, %(person)s, %(other)s, %(since)s, %(until)s, %(reason)s, %(made_by)s,
        tocsin_clock())
    on conflict (id) do nothing;

-- name: rewrite_roster
-- A roster's shifts are to be written anew.
update roster set written = null where id = %(roster)s;

-- name: lock_rosters
-- Take rosters whose shifts are to be written, changed ones first; what another process is at is left to it.
select id, grid, organisation, name, tier, pattern, since, until
  from roster
 where written is null or written < %(due)s and (until is null or until > written)
 order by written nulls first, id
 limit %(most)s
   for update skip locked;

-- name: lock_roster
-- Take one roster, and wait for whoever is at it.
select id, grid, organisation, name, tier, pattern, since, until
  from roster
 where id = %(only)s
   for update;

-- name: calendar
-- Give the days on which the town differs from the country.
select closed, worked from work_calendar;

-- name: written_shifts
-- Give the shifts of rosters that have not ended.
select person, grid, since, until, roster
  from duty_shift
 where roster = any(%(rosters)s) and (until is null or until > %(now)s);

-- name: drop_shifts
-- Delete shifts that rosters no longer say.
delete from duty_shift s
 using json_to_recordset(%(rows)s::json) as gone (person text, grid text, since timestamptz, roster text)
 where (s.person, s.grid, s.since, s.roster) = (gone.person, gone.grid, gone.since, gone.roster);

-- name: put_shifts
-- Write shifts that rosters say.
insert into duty_shift (person, grid, since, until, roster)
select person, grid, since, until, roster
  from json_to_recordset(%(rows)s::json) as new (
       person text, grid text, since timestamptz, until timestamptz, roster text)
    on conflict (person, grid, since, roster) do update set until = excluded.until;

-- name: rosters_written
-- Note to when the shifts of rosters are written.
update roster set written = %(written)s where id = any(%(rosters)s);

-- name: places
-- List the grids of a subtree that are in use.
select code, name, path, tier
  from grid
 where path_within(path, %(scope)s) and (until is null or until > %(since)s);

-- name: give_room
-- Let this transaction sort and hash a city in memory.
set local work_mem = '64MB';

-- name: covers
-- Say when somebody of a tier is on duty for the grids of a subtree or above: appointed and with a shift. Of the
-- two grids the lower one is what they are on duty for. Spans of people that touch are one.
with shift as materialized (
    select s.person, s.grid, range_agg(tstzrange(s.since, s.until)) * tstzmultirange(tstzrange(%(since)s, %(until)s)) as spans
      from duty_shift s
     where s.since < %(until)s and (s.until is null or s.until > %(since)s)
       and (%(scope)s = '' or s.grid in (select g.code from grid g
                                          where path_within(g.path, %(scope)s) or path_within(%(scope)s, g.path)))
     group by s.person, s.grid
), duty as (
    select case when length(ag.path) > length(sg.path) then ag.path else sg.path end as path, a.tier,
           exists (select from contact c where c.person = a.person and c.channel = any(%(channels)s)) as reachable,
           shift.spans * tstzmultirange(tstzrange(a.since, a.until)) as spans
      from shift
      join grid sg on sg.code = shift.grid
      join person p on p.id = shift.person and p.active
      join appointment a on a.person = shift.person and a.tier is not null and not a.supervisor
       and a.since < %(until)s and (a.until is null or a.until > %(since)s)
      join grid ag on ag.code = a.grid and (path_within(ag.path, sg.path) or path_within(sg.path, ag.path))
)
select path, tier, reachable,
       array(select (extract(epoch from lower(span)) * 1000000)::int8 from unnest(range_agg(spans)) as span) as begins,
       array(select (extract(epoch from upper(span)) * 1000000)::int8 from unnest(range_agg(spans)) as span) as ends
  from duty
 where not isempty(spans)
 group by path, tier, reachable;

-- name: lock_gaps
-- One at a time replaces the gaps.
select pg_advisory_xact_lock(hashtext('duty_gap'), 0);

-- name: clear_gaps
-- Forget what was known of gaps.
delete from duty_gap;

-- name: save_gaps
-- Keep gaps.
insert into duty_gap (grid, code, since, until)
select grid, code, since, until
  from json_to_recordset(%(rows)s::json) as new (grid text, code text, since timestamptz, until timestamptz);

-- name: looked
-- Note when gaps were looked for.
insert into duty_look (one, at, until, grids) values (true, tocsin_clock(), %(until)s, %(grids)s)
    on conflict (one) do update set (at, until, grids) = (excluded.at, excluded.until, excluded.grids);
