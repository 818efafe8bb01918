-- Evaluation of grid staff: acts that count, scores, contests, points.

-- name: note
-- Keep an act that counts, once; whoever is no person of the town has none.
insert into activity (id, person, indicator, at, subject)
select %(id)s, p.id, %(indicator)s, tocsin_clock(), %(subject)s from person p where p.id = %(person)s
on conflict (id) do nothing;

-- name: sign_in
-- Keep that somebody signed in on a local day, once.
insert into activity (id, person, indicator, at, subject)
select 'sign_in:' || p.id || ':' || day, p.id, 'sign_in', at, day
  from person p, tocsin_clock() as at, to_char(at at time zone 'Asia/Shanghai', 'YYYY-MM-DD') as day
 where p.id = %(person)s
on conflict (id) do nothing;

-- name: patrol
-- Keep that somebody scanned the code of a place on a local day, once; give the place.
with scanned as (
    select t.id, t.name, t.grid, p.id as person, at, to_char(at at time zone 'Asia/Shanghai', 'YYYY-MM-DD') as day
      from place_tag t, person p, tocsin_clock() as at
     where t.secret = %(secret)s and t.revoked is null and p.id = %(person)s
), kept as (
    insert into activity (id, person, indicator, at, subject, grid)
    select 'patrol:' || person || ':' || id || ':' || day, person, 'patrol', at, 'tag:' || id, grid from scanned
    on conflict (id) do nothing
)
select name, grid from scanned;

-- name: weights
-- Give the weights of the nearest grid at or above a path.
select w.root, w.indicator, w.points, w.full_count
  from score_weight w
  join grid g on g.code = w.root
 where path_within(%(path)s, g.path)
 order by length(g.path) desc, w.indicator
 limit 5;

-- name: set_weights
-- Set the weights of a grid.
insert into score_weight (root, indicator, points, full_count, changed_by, changed)
select %(root)s, n.indicator, n.points, n.full_count, %(person)s, tocsin_clock()
  from json_to_recordset(%(rows)s::json) as n (indicator text, points smallint, full_count integer)
on conflict (root, indicator) do update
   set points = excluded.points, full_count = excluded.full_count, changed_by = excluded.changed_by,
       changed = excluded.changed;

-- name: members
-- Count the acts of the members of a scope in a span; drills and rejected reports count nothing.
with member as materialized (
    select p.id, p.name, p.grid, g.name as grid_name, coalesce(v.class, g.class) as class
      from person p
      join grid g on g.code = p.grid
      left join grid_version v on v.code = g.code and v.since < %(until)s and v.until >= %(until)s
     where path_within(g.path, %(scope)s)
       and (%(person)s::text is null or p.id = %(person)s)
       and exists (select from appointment a
                    where a.person = p.id and a.tier is not null and a.since < %(until)s
                      and (a.until is null or a.until > %(since)s))
), counted as (
    select a.person, a.indicator, count(*) as acts
      from member m
      join activity a on a.person = m.id and a.at >= %(since)s and a.at < %(until)s
     group by a.person, a.indicator
    union all
    select m.id, 'report', count(*)
      from member m
      join incident_event e on e.actor = 'person:' || m.id and e.kind = 'report_attached'
                           and e.recorded >= %(since)s and e.recorded < %(until)s
      join incident i on i.id = e.incident and not i.drill and i.state <> 'rejected'
     group by m.id
    union all
    select m.id, 'handling', count(distinct e.incident)
      from member m
      join incident_event e on e.actor = 'person:' || m.id
                           and e.kind in ('accepted', 'arrived', 'handled', 'taken_on', 'work_done')
                           and e.recorded >= %(since)s and e.recorded < %(until)s
      join incident i on i.id = e.incident and not i.drill
     where e.kind in ('taken_on', 'work_done') or convert_from(e.body, 'UTF8')::jsonb #>> '{event,person}' = m.id
     group by m.id
)
select m.id, m.name, m.grid, m.grid_name, m.class, coalesce(c.counts, '{}') as counts
  from member m
  left join (select person, jsonb_object_agg(indicator, acts) as counts from counted group by person) as c
    on c.person = m.id
 order by m.id;

-- name: acts
-- Give the rows behind a member's score, the same ones that are counted.
select indicator, at, subject
  from (select a.indicator, a.at, a.subject
          from activity a
         where a.person = %(person)s and a.at >= %(since)s and a.at < %(until)s
        union all
        select 'report', e.recorded, 'incident:' || e.incident
          from incident_event e
          join incident i on i.id = e.incident and not i.drill and i.state <> 'rejected'
         where e.actor = 'person:' || %(person)s and e.kind = 'report_attached'
           and e.recorded >= %(since)s and e.recorded < %(until)s
        union all
        select 'handling', min(e.recorded), 'incident:' || e.incident
          from incident_event e
          join incident i on i.id = e.incident and not i.drill
         where e.actor = 'person:' || %(person)s
           and e.kind in ('accepted', 'arrived', 'handled', 'taken_on', 'work_done')
           and e.recorded >= %(since)s and e.recorded < %(until)s
           and (e.kind in ('taken_on', 'work_done') or convert_from(e.body, 'UTF8')::jsonb #>> '{event,person}' = %(person)s)
         group by e.incident) as acts
 order by at, indicator, subject
 limit %(most)s;

-- name: publication
-- Find what was published for a grid and a month.
select id, root, month, weights, published, published_by from score_month where root = %(root)s and month = %(month)s;

-- name: published_of
-- Find a member's published scores of a month, that of the nearest grid first.
select m.id as publication, m.root, m.month, m.weights, m.published, m.published_by,
       s.person, p.name, s.grid, g.name as grid_name, s.class, s.counts, s.total, s.place,
       (select count(*) from score o where o.score_month = m.id and o.class = s.class) as among
  from score s
  join score_month m on m.id = s.score_month
  join grid r on r.code = m.root
  join person p on p.id = s.person
  join grid g on g.code = s.grid
 where s.person = %(person)s and m.month = %(month)s
 order by length(r.path) desc
 limit 1;

-- name: published
-- List published scores by class and rank.
with size as (
    select class, count(*) as among from score where score_month = %(publication)s group by class
)
select s.person, p.name, s.grid, g.name as grid_name, s.class, s.counts, s.total, s.place, z.among
  from score s
  join size z on z.class = s.class
  join person p on p.id = s.person
  join grid g on g.code = s.grid
 where s.score_month = %(publication)s and path_within(g.path, %(scope)s)
   and (%(class)s::text is null or s.class = %(class)s)
 order by s.class, s.place, s.person
 limit %(most)s offset %(skip)s;

-- name: publish
-- Keep that a month was published, once.
insert into score_month (id, root, month, weights, published, published_by)
values (%(id)s, %(root)s, %(month)s, %(weights)s, %(published)s, %(person)s)
on conflict (root, month) do nothing
returning id;

-- name: publish_scores
-- Keep the scores of a published month.
insert into score (score_month, person, grid, class, counts, total, place)
select %(publication)s, n.person, n.grid, n.class, n.counts, n.total, n.place
  from json_to_recordset(%(rows)s::json)
    as n (person text, grid text, class text, counts jsonb, total integer, place integer);

-- name: totals
-- Give the published totals of some months of a grid.
select m.month, s.person, p.name, s.grid, g.name as grid_name, s.class, s.total
  from score_month m
  join score s on s.score_month = m.id
  join person p on p.id = s.person
  join grid g on g.code = s.grid
 where m.root = %(root)s and m.month = any(%(months)s)
 order by m.month, s.person;

-- name: fix
-- Keep a contest, once.
insert into contest (id, root, quarter, fixed, fixed_by)
values (%(id)s, %(root)s, %(quarter)s, %(fixed)s, %(person)s)
on conflict (root, quarter) do nothing
returning id;

-- name: fix_entries
-- Keep how the grids of a contest came out.
insert into contest_entry (contest, grid, class, months, total, place)
select %(contest)s, n.grid, n.class, n.months, n.total, n.place
  from json_to_recordset(%(rows)s::json) as n (grid text, class text, months jsonb, total integer, place integer);

-- name: contests
-- List contests of a scope, newest first, with the first places of each class.
select c.id, c.root, c.quarter, c.fixed, c.fixed_by,
       coalesce((select json_agg(json_build_object('grid', e.grid, 'grid_name', n.name, 'class', e.class,
                                                   'months', e.months, 'total', e.total, 'place', e.place)
                                 order by e.class, e.place, e.grid)
                   from contest_entry e join grid n on n.code = e.grid
                  where e.contest = c.id and e.place <= %(places)s), '[]') as standings
  from contest c
  join grid g on g.code = c.root
 where path_within(g.path, %(scope)s)
 order by c.quarter desc, c.root
 limit %(most)s;

-- name: categories
-- List categories of points.
select code, zh, en from points_category order by "rank";

-- name: entries
-- List entries of the ledger of holders of a scope, newest first.
select e.id, e.holder, e.kind, e.category, e.points, e.reason, e.source, e.corrects, e.made, e.made_by,
       a.granted, a.at as answered, a.person as answered_by
  from points_entry e
  join person p on p.id = e.holder
  join grid g on g.code = p.grid
  left join points_answer a on a.entry = e.id
 where path_within(g.path, %(scope)s)
   and (%(holder)s::text is null or e.holder = %(holder)s)
   and (not %(waiting)s or (a.entry is null and e.kind <> 'redemption'))
   and (%(before)s::timestamptz is null or e.made < %(before)s)
 order by e.made desc, e.id
 limit %(most)s;

-- name: entry
-- Find an entry whose holder is of a scope.
select e.id, e.holder, e.kind, e.category, e.points, e.reason, e.source, e.corrects, e.made, e.made_by,
       a.granted, a.at as answered, a.person as answered_by
  from points_entry e
  join person p on p.id = e.holder
  join grid g on g.code = p.grid
  left join points_answer a on a.entry = e.id
 where e.id = %(id)s and path_within(g.path, %(scope)s);

-- name: of_holder
-- Give all entries of a holder.
select e.id, e.holder, e.kind, e.category, e.points, e.reason, e.source, e.corrects, e.made, e.made_by,
       a.granted, a.at as answered, a.person as answered_by
  from points_entry e
  left join points_answer a on a.entry = e.id
 where e.holder = %(holder)s
 order by e.made, e.id;

-- name: lock_holder
-- Let nobody else change a holder's points until the end of this transaction.
select id from person where id = %(holder)s for no key update;

-- name: add_entry
-- Add an entry to the ledger.
insert into points_entry (id, holder, kind, category, points, reason, source, corrects, made, made_by)
values (%(id)s, %(holder)s, %(kind)s, %(category)s, %(points)s, %(reason)s, %(source)s, %(corrects)s, %(made)s,
        %(made_by)s);

-- name: answer
-- Keep the answer to an entry.
insert into points_answer (entry, granted, person, at) values (%(entry)s, %(granted)s, %(person)s, tocsin_clock());

-- name: holder_of
-- Give whose an entry is.
select holder from points_entry where id = %(id)s;

-- name: balance
-- Give what a holder may spend.
select coalesce(sum(e.points), 0)::integer as points
  from points_entry e
  left join points_answer a on a.entry = e.id
 where e.holder = %(holder)s and (e.kind = 'redemption' or a.granted);
