-- Exercises.

-- name: strangers
-- Name people who do not exist, have left, or belong neither to a scope nor above it.
select wanted.id from unnest(%(people)s::text[]) as wanted (id)
 where not exists (select from person p join grid g on g.code = p.grid
                    where p.id = wanted.id and p.active
                      and (path_within(g.path, %(scope)s) or path_within(%(scope)s, g.path)))
 order by wanted.id
 limit 20;

-- name: make
-- Keep a new exercise; the same id again changes nothing.
insert into exercise (id, title, words, kind, grade, grid, path, participants, plan, planned, made, made_by)
select %(id)s, %(title)s, %(words)s, %(kind)s, %(grade)s, g.code, g.path, %(participants)s::text[], %(plan)s,
       %(planned)s, tocsin_clock(), %(by)s
  from grid g
 where g.code = %(grid)s
    on conflict (id) do nothing;

-- name: exercises
-- List exercises of a scope, newest first, with their participants by name.
with found as (
    select e.* from exercise e
     where path_within(e.path, %(scope)s)
       and (%(exercise)s::text is null or e.id = %(exercise)s)
       and (%(before)s::timestamptz is null or e.made < %(before)s)
     order by e.made desc, e.id
     limit %(most)s
)
select e.id, e.title, e.words, e.kind, e.grade, e.grid, g.name as grid_name, e.path, e.plan, e.planned, e.made,
       e.made_by, e.started, e.started_by, e.incident, i.ended, e.cancelled,
       array(select array[who.id, coalesce(p.name, '')]
               from unnest(e.participants) with ordinality as who (id, place)
               left join person p on p.id = who.id
              order by who.place) as participants
  from found e
  join grid g on g.code = e.grid
  left join incident i on i.id = e.incident
 order by e.made desc, e.id;

-- name: begun
-- Note which incident an exercise is; the first one stays.
update exercise set started = tocsin_clock(), started_by = %(by)s, incident = %(incident)s, cancelled = null
 where id = %(exercise)s and started is null;

-- name: cancel
-- Give up an exercise that has not begun.
update exercise set cancelled = tocsin_clock() where id = %(exercise)s and started is null and cancelled is null;

-- name: due
-- Give exercises whose planned instant has come, earliest first.
select id, kind, grade, grid, participants
  from exercise
 where planned <= tocsin_clock() and started is null and cancelled is null
 order by planned, id
 limit %(most)s;
