-- Incidents for other authorities.

-- name: recent
-- List confirmed incidents of a scope with their places and logs, newest first.
select i.id, g.code, g.name, g.latitude, g.longitude, g.accuracy_m, g.radius_m, g.outline,
       (select array_agg(e.body order by e.version) from incident_event e where e.incident = i.id) as log
  from incident i
  join grid g on g.code = i.grid
 where i.confirmed is not null and path_within(i.grid_path, %(scope)s)
   and i.opened >= tocsin_clock() - %(within)s
 order by i.opened desc, i.id desc
 limit %(most)s;

-- name: find
-- Find an incident of a scope with its place and log.
select i.id, g.code, g.name, g.latitude, g.longitude, g.accuracy_m, g.radius_m, g.outline,
       (select array_agg(e.body order by e.version) from incident_event e where e.incident = i.id) as log
  from incident i
  join grid g on g.code = i.grid
 where i.id = %(incident)s and path_within(i.grid_path, %(scope)s);
