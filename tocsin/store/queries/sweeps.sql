-- Sweeps: the roll-call, and the outbox of what people are told of it.

-- name: start
-- Begin a sweep; the same id again changes nothing.
insert into sweep (id, grid, path, kind, title, words, drill, started, started_by, remind, until)
select %(id)s, g.code, g.path, %(kind)s, %(title)s, %(words)s, %(drill)s, clock.now, %(by)s,
       clock.now + %(remind_after)s::interval, clock.now + %(lasts)s::interval
  from grid g, (select tocsin_clock() as now) clock
 where g.code = %(grid)s
    on conflict (id) do nothing
returning id;

-- name: ask_grids
-- Put into the roll-call the grids that have none below them, or all of one level; those given up are not asked.
insert into sweep_grid (sweep, grid, path)
select s.id, g.code, g.path
  from sweep s
  join grid g on path_within(g.path, s.path)
 where s.id = %(sweep)s and g.until is null
   and case when %(level)s::int is null
            then not exists (select from grid below where below.parent = g.code and below.until is null)
            else cardinality(string_to_array(g.path, '.')) = %(level)s end
 limit %(most)s;

-- name: sweep
-- Find a sweep in a scope, or of a place above it.
select s.id, s.grid, g.name as grid_name, s.path, s.kind, s.title, s.words, s.drill, s.started, s.started_by,
       coalesce(o.name, '') as started_by_name, s.until, s.ended, c.*
  from sweep s
  join grid g on g.code = s.grid
  left join person o on o.id = s.started_by
 cross join lateral (
       select count(*) as total, count(*) filter (where r.looked is null and r.answered is null) as looking,
              count(*) filter (where r.looked is not null and r.person is null and r.answered is null) as nobody,
              count(r.answered) as answered, count(*) filter (where r.late) as late,
              count(*) filter (where r.answer = 'clear') as clear, count(*) filter (where r.answer = 'found') as found,
              count(*) filter (where r.answer = 'unable') as unable, coalesce(sum(r.found), 0)::bigint as items
         from sweep_grid r where r.sweep = s.id and path_within(r.path, %(scope)s)) c
 where s.id = %(sweep)s and (path_within(s.path, %(scope)s) or path_within(%(scope)s, s.path));

-- name: sweeps
-- List sweeps of a scope and of places above it, newest first, counted within the scope.
with found as (
    select s.* from sweep s
     where (path_within(s.path, %(scope)s) or path_within(%(scope)s, s.path))
       and (%(before)s::timestamptz is null or s.started < %(before)s)
     order by s.started desc, s.id
     limit %(most)s
)
select s.id, s.grid, g.name as grid_name, s.path, s.kind, s.title, s.words, s.drill, s.started, s.started_by,
       coalesce(o.name, '') as started_by_name, s.until, s.ended, c.*
  from found s
  join grid g on g.code = s.grid
  left join person o on o.id = s.started_by
 cross join lateral (
       select count(*) as total, count(*) filter (where r.looked is null and r.answered is null) as looking,
              count(*) filter (where r.looked is not null and r.person is null and r.answered is null) as nobody,
              count(r.answered) as answered, count(*) filter (where r.late) as late,
              count(*) filter (where r.answer = 'clear') as clear, count(*) filter (where r.answer = 'found') as found,
              count(*) filter (where r.answer = 'unable') as unable, coalesce(sum(r.found), 0)::bigint as items
         from sweep_grid r where r.sweep = s.id and path_within(r.path, %(scope)s)) c
 order by s.started desc, s.id;

-- name: sweeps_of
-- List sweeps that ask somebody, newest first, counted over what is theirs to answer: grids for which they are
-- named, and those of their appointments.
with mine as (
    select g.path from appointment a
      join grid g on g.code = a.grid
     where a.person = %(person)s and a.since <= tocsin_clock() and (a.until is null or a.until > tocsin_clock())
)
select s.id, s.grid, g.name as grid_name, s.path, s.kind, s.title, s.words, s.drill, s.started, s.started_by,
       coalesce(o.name, '') as started_by_name, s.until, s.ended, c.*
  from sweep s
  join grid g on g.code = s.grid
  left join person o on o.id = s.started_by
 cross join lateral (
       select count(*) as total, count(*) filter (where r.looked is null and r.answered is null) as looking,
              count(*) filter (where r.looked is not null and r.person is null and r.answered is null) as nobody,
              count(r.answered) as answered, count(*) filter (where r.late) as late,
              count(*) filter (where r.answer = 'clear') as clear, count(*) filter (where r.answer = 'found') as found,
              count(*) filter (where r.answer = 'unable') as unable, coalesce(sum(r.found), 0)::bigint as items
         from sweep_grid r
        where r.sweep = s.id
          and (r.person = %(person)s or exists (select from mine where path_within(r.path, mine.path)))) c
 where s.started > tocsin_clock() - interval '30 days' and c.total > 0
   and (%(sweep)s::text is null or s.id = %(sweep)s)
   and (exists (select from sweep_call k where k.sweep = s.id and k.person = %(person)s)
        or exists (select from mine where path_within(s.path, mine.path) or path_within(mine.path, s.path)))
 order by s.started desc, s.id
 limit %(most)s;

-- name: parts
-- Count a sweep by the grids right below its place, or below the scope when that is deeper.
with root as (
    select s.id, case when path_within(%(scope)s, s.path) then %(scope)s else s.path end as path
      from sweep s where s.id = %(sweep)s
), part as (
    select case when r.path = root.path then r.grid
                else split_part(substr(r.path, length(root.path) + 2), '.', 1) end as grid,
           count(*) as total, count(*) filter (where r.looked is null and r.answered is null) as looking,
           count(*) filter (where r.looked is not null and r.person is null and r.answered is null) as nobody,
           count(r.answered) as answered, count(*) filter (where r.late) as late,
           count(*) filter (where r.answer = 'clear') as clear, count(*) filter (where r.answer = 'found') as found,
           count(*) filter (where r.answer = 'unable') as unable, coalesce(sum(r.found), 0)::bigint as items
      from root
      join sweep_grid r on r.sweep = root.id and path_within(r.path, root.path)
     group by 1
)
select part.*, g.name
  from part
  join grid g on g.code = part.grid
 order by g.path
 limit 1000;

-- name: roll
-- List the roll-call by path after one: of a scope, or what is somebody's to answer.
with mine as (
    select g.path from appointment a
      join grid g on g.code = a.grid
     where a.person = %(person)s and a.since <= tocsin_clock() and (a.until is null or a.until > tocsin_clock())
)
select r.grid, g.name, r.path, r.looked, r.person, coalesce(p.name, '') as person_name, r.answered,
       nullif(r.answered_by, '') as answered_by, r.answer, r.found, r.words, r.late,
       coalesce(k.outcome, case when k.id is not null then 'waiting' else '' end) as told,
       coalesce(k.step = 2, false) as reminded
  from sweep_grid r
  join grid g on g.code = r.grid
  left join person p on p.id = r.person
  left join lateral (select c.id, c.step, c.outcome from sweep_call c
                      where c.sweep = r.sweep and c.person = r.person
                      order by c.step desc limit 1) k on true
 where r.sweep = %(sweep)s and path_within(r.path, %(scope)s)
   and (%(person)s::text is null or r.person = %(person)s
        or exists (select from mine where path_within(r.path, mine.path)))
   and (%(grid)s::text is null or r.grid = %(grid)s)
   and (%(after)s::text is null or r.path > %(after)s::text collate "C")
   and case %(state)s::text
         when 'answered' then r.answered is not null and not r.late
         when 'late' then r.late
         when 'nobody' then r.answered is null and r.looked is not null and r.person is null
         when 'asked' then r.answered is null and r.person is not null
         when 'looking' then r.answered is null and r.looked is null
         else true end
 order by r.path
 limit %(most)s;

-- name: lock_grid
-- Lock a row of the roll-call, and say whether the sweep can be answered still.
select r.grid, s.ended is not null and s.ended <= tocsin_clock() - %(after)s::interval as over
  from sweep_grid r
  join sweep s on s.id = r.sweep
 where r.sweep = %(sweep)s and r.grid = %(grid)s
   for update of r;

-- name: answer
-- Keep an answer; the first instant stays, and what differs is a correction.
update sweep_grid r
   set answered = coalesce(r.answered, clock.now), answered_by = case when r.answered is null then %(by)s else r.answered_by end,
       answer = %(answer)s, found = %(found)s, words = %(words)s,
       late = case when r.answered is null then clock.now > s.until or s.ended is not null else r.late end,
       corrected = case when r.answered is null then null else clock.now end
  from sweep s, (select tocsin_clock() as now) clock
 where r.sweep = %(sweep)s and r.grid = %(grid)s and s.id = r.sweep
   and (r.answer, r.found, r.words) is distinct from (%(answer)s::text, %(found)s::integer, %(words)s::text);

-- name: end
-- End a sweep; again changes nothing.
update sweep set ended = tocsin_clock(), ended_by = %(by)s, remind = null where id = %(sweep)s and ended is null;

-- name: unlooked
-- Give grids of running sweeps for which nobody was looked for yet.
select r.sweep, r.grid
  from sweep_grid r
  join sweep s on s.id = r.sweep
 where r.looked is null and s.ended is null and s.until > tocsin_clock()
 order by r.sweep, r.path
 limit %(most)s;

-- name: assign
-- Note who answers for grids; who was named before stays.
update sweep_grid r
   set looked = tocsin_clock(), person = new.person
  from json_to_recordset(%(rows)s::json) as new (sweep text, grid text, person text)
 where r.sweep = new.sweep and r.grid = new.grid and r.looked is null;

-- name: order_calls
-- Order one call for each person that was named.
insert into sweep_call (id, sweep, person, step, made, ready)
select gen_random_uuid()::text, new.sweep, new.person, 1, tocsin_clock(), tocsin_clock()
  from (select distinct sweep, person
          from json_to_recordset(%(rows)s::json) as row (sweep text, grid text, person text)
         where person is not null) new
    on conflict (sweep, person, step) do nothing;

-- name: remind
-- Order the reminders that are due, for those of whom a grid has not answered.
with due as (
    update sweep s set remind = null
     where s.remind <= tocsin_clock() and s.ended is null
    returning s.id, s.until
)
insert into sweep_call (id, sweep, person, step, made, ready)
select gen_random_uuid()::text, due.id, r.person, 2, tocsin_clock(), tocsin_clock()
  from due
  join sweep_grid r on r.sweep = due.id
 where due.until > tocsin_clock() and r.answered is null and r.person is not null
 group by due.id, r.person
    on conflict (sweep, person, step) do nothing;

-- name: settle_lost
-- End calls that cannot be sent any more: begun by a relay that died, or of a sweep that is over.
update sweep_call c
   set outcome = case when c.sending is not null then 'unknown' when s.ended is not null then 'cancelled'
                      else 'expired' end,
       reason = case when c.sending is not null then 'relay_died' when s.ended is not null then 'sweep_ended'
                     else 'not_sent_in_time' end,
       settled = tocsin_clock(), ready = null
  from sweep s
 where s.id = c.sweep and c.ready is not null and c.ready <= tocsin_clock()
   and (c.sending is not null or s.ended is not null or s.until <= tocsin_clock())
returning c.sending is not null as lost;

-- name: claim
-- Lease calls that may be sent, oldest first, with the best channel that was not tried yet.  Somebody all of whose
-- grids have answered meanwhile is not told any more.
with ready as (
    select c.id from sweep_call c
      join sweep s on s.id = c.sweep
     where c.ready <= tocsin_clock() and c.sending is null and s.ended is null and s.until > tocsin_clock()
     order by c.ready, c.id
     limit %(most)s
       for update of c skip locked
), left_over as (
    select c.id, count(r.grid) as grids, (array_agg(g.name order by r.path))[1] as grid_name
      from ready
      join sweep_call c on c.id = ready.id
      left join (sweep_grid r join grid g on g.code = r.grid)
        on r.sweep = c.sweep and r.person = c.person and r.answered is null
     group by c.id
)
update sweep_call c
   set ready = case when l.grids > 0 then tocsin_clock() + interval '2 minutes' end,
       outcome = case when l.grids = 0 then 'cancelled' end,
       reason = case when l.grids = 0 then 'answered' else c.reason end,
       settled = case when l.grids = 0 then tocsin_clock() end,
       channel = way.channel
  from left_over l
  join sweep_call k on k.id = l.id
  join sweep s on s.id = k.sweep
  join person p on p.id = k.person
  left join lateral (select o.channel, o.address from contact o
                      where o.person = k.person and o.channel <> 'mqtt' and o.channel <> all(k.tried)
                      order by o.rank, o.channel, o.address limit 1) way on true
 where c.id = l.id
returning c.id, c.sweep, c.person, p.name as person_name, p.language, c.step, s.title, s.words, s.drill, s.until, c.made,
          l.grids, l.grid_name, way.channel, coalesce(way.address, '') as address, c.ready as lease;

-- name: begin
-- Say that a call is about to be sent, if the lease is still ours and the sweep goes on.
update sweep_call c
   set sending = tocsin_clock()
  from sweep s
 where c.id = %(id)s and c.ready = %(lease)s and c.sending is null and s.id = c.sweep and s.ended is null
   and s.until > tocsin_clock()
returning c.id;

-- name: settle
-- Note what became of a call.
update sweep_call
   set outcome = %(outcome)s, reason = %(reason)s, provider = %(provider)s, provider_id = %(provider_id)s,
       settled = tocsin_clock(), ready = null
 where id = %(id)s and ready = %(lease)s;

-- name: refused
-- Note that it did not go out by a channel: the next one is tried at once, or it has failed.
update sweep_call c
   set tried = case when c.channel is null then c.tried else c.tried || c.channel end,
       sending = null, reason = %(reason)s, provider = %(provider)s,
       ready = case when more.any then tocsin_clock() end,
       outcome = case when not more.any then 'failed' end,
       settled = case when not more.any then tocsin_clock() end
  from (select exists (select from contact o join sweep_call k on k.id = %(id)s and k.person = o.person
                        where o.channel <> 'mqtt' and o.channel <> all(k.tried)
                          and o.channel is distinct from k.channel) as any) more
 where c.id = %(id)s and c.ready = %(lease)s;

-- name: postpone
-- Give a call back until an instant.
update sweep_call set ready = %(until)s where id = %(id)s and ready = %(lease)s and sending is null;
