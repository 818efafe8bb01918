-- Policies, readiness and the past, as people and checks of policies ask for them.

-- name: readiness_of
-- Find the newest word of the nearest grid, for grids; those of which nothing was said are absent.
select g.code as grid, said.readiness
  from grid g
 cross join lateral (select r.readiness
                       from readiness r
                       join grid above on above.code = r.grid
                      where r.grid = any(string_to_array(g.path collate "default", '.'))
                      order by length(above.path) desc, r.id desc
                      limit 1) as said
 where g.code = any(%(grids)s);

-- name: set_readiness
-- Say of a grid in what time it is, unless that was said last.
insert into readiness (grid, readiness, at, person, reason)
select %(grid)s, %(readiness)s, %(now)s, %(person)s, %(reason)s
 where not exists (select from (select r.readiness, r.reason from readiness r
                                 where r.grid = %(grid)s
                                 order by r.id desc
                                 limit 1) as last
                    where last.readiness = %(readiness)s and last.reason = %(reason)s);

-- name: readiness
-- List the newest word on each grid of a subtree and on those above it.
select distinct on (g.path, g.code) g.code as grid, g.name as grid_name, g.path as grid_path, r.readiness, r.at as since,
       r.person, coalesce(p.name, '') as person_name, r.reason
  from readiness r
  join grid g on g.code = r.grid
  left join person p on p.id = r.person
 where %(scope)s = '' or g.path = %(scope)s or starts_with(g.path, %(scope)s || '.')
    or starts_with(%(scope)s, g.path || '.')
 order by g.path, g.code, r.id desc;

-- name: policies
-- List versions of policies, newest first, with the open incidents that run under each.
select p.id, p.name, p.saved,
       (select count(*) from incident i where i.policy = p.id and i.ended is null)::integer as open_incidents
  from policy p
 order by p.saved desc, p.id
 limit %(most)s;

-- name: policy_text
-- Read one policy version.
select text from policy where id = %(policy)s;

-- name: logs
-- Read the logs of incidents opened in a span that have ended and were no drills.
select e.incident, e.body
  from incident_event e
 where e.incident in (select i.id
                        from incident i
                       where i.opened >= %(since)s and i.opened < %(until)s and not i.drill and i.ended is not null
                         and (%(scope)s = '' or i.grid_path = %(scope)s or starts_with(i.grid_path, %(scope)s || '.'))
                       order by i.opened, i.id
                       limit %(most)s)
 order by e.incident, e.version;

-- name: on_duty_at
-- List who is on duty for grids at instants; the same rule as `on_duty` of the response's transaction.
select g.code as place, g.kind as place_kind, wanted.at, p.id as person, coalesce(a.tier, home.tier) as tier, a.grid,
       cardinality(string_to_array(home.path, '.')) as depth, a.call_order, a.supervisor,
       coalesce(a.organisation, '') as department,
       array(select c.channel from contact c where c.person = p.id group by c.channel order by min(c.rank), c.channel)
       as channels
  from unnest(%(grids)s::text[], %(instants)s::timestamptz[]) as wanted (grid, at)
  join grid g on g.code = wanted.grid
  left join (appointment a join person p on p.id = a.person and p.active join grid home on home.code = a.grid)
    on a.grid = any(string_to_array(g.path collate "default", '.'))
   and a.since <= wanted.at and (a.until is null or a.until > wanted.at) and (a.tier is not null or a.supervisor)
   and exists (select from duty_shift s
                where s.person = p.id and s.grid = any(string_to_array(g.path, '.'))
                  and s.since <= wanted.at and coalesce(s.until, 'infinity'::timestamptz) > wanted.at);

-- name: duty_changes
-- List the instants at which a shift or an appointment for a subtree, or for what lies above it, begins or ends.
select distinct edge.at
  from (select grid, since, until from duty_shift
        union all
        select grid, since, until from appointment) s
  join grid g on g.code = s.grid
 cross join lateral (values (s.since), (s.until)) as edge (at)
 where edge.at > %(since)s and edge.at < %(until)s
   and (%(scope)s = '' or g.path = %(scope)s or starts_with(g.path, %(scope)s || '.')
        or starts_with(%(scope)s, g.path || '.'))
 order by edge.at
 limit 1000;
