-- Facts of incidents for figures, and what is open.

-- name: stale
-- Find incidents of a period and subtree whose kept facts are missing, older than their log, or of another form.
select i.id
  from incident i
  left join incident_fact f on f.incident = i.id
 where i.opened >= %(since)s and i.opened < %(until)s and path_within(i.grid_path, %(scope)s)
   and (f.incident is null or f.version < i.version or f.form <> %(form)s)
 order by i.opened, i.id;

-- name: selected
-- Find all incidents of a period and subtree.
select i.id from incident i
 where i.opened >= %(since)s and i.opened < %(until)s and path_within(i.grid_path, %(scope)s)
 order by i.opened, i.id;

-- name: logs
-- Read whole logs of incidents, each as one run of JSON records in order.
select incident, string_agg(body, ','::bytea order by version) as bodies
  from incident_event
 where incident = any(%(incidents)s)
 group by incident;

-- name: save_facts
-- Keep facts, unless somebody else has kept newer ones meanwhile.
insert into incident_fact (incident, version, form, organisation, grid_path, opened, body)
select i.id, n.version, %(form)s, n.organisation, i.grid_path, i.opened, n.body
  from unnest(%(incidents)s::text[], %(versions)s::integer[], %(organisations)s::text[], %(bodies)b::bytea[])
       as n (incident, version, organisation, body)
  join incident i on i.id = n.incident
on conflict (incident) do update
   set version = excluded.version, form = excluded.form, organisation = excluded.organisation,
       grid_path = excluded.grid_path, opened = excluded.opened, body = excluded.body
 where incident_fact.form <> excluded.form or incident_fact.version < excluded.version;

-- name: facts
-- Read kept facts in order of opening; the class is the one that the grid had then.
select f.incident, f.opened, f.grid_path, f.body, coalesce(v.class, g.class, '') as grid_class
  from incident_fact f
  join incident i on i.id = f.incident
  left join grid g on g.code = i.grid
  left join lateral (select class from grid_version v
                      where v.code = i.grid and v.since <= i.opened and v.until > i.opened) v on true
 where f.opened >= %(since)s and f.opened < %(until)s and path_within(f.grid_path, %(scope)s)
   and (not %(drill)s or i.drill)
   and (%(kind)s::text is null or i.kind = %(kind)s)
   and (%(grade)s::text is null or i.grade = %(grade)s)
   and (%(source)s::text is null or i.source = %(source)s)
   and (%(matter)s::text is null or starts_with(i.matter, %(matter)s))
   and (%(organisation)s::text is null or f.organisation = %(organisation)s)
   and (%(class)s::text is null or coalesce(v.class, g.class, '') = %(class)s)
 order by f.opened, f.incident;

-- name: kept
-- Read kept facts of incidents, to compare them with the log.
select incident, version, form, body from incident_fact where incident = any(%(incidents)s);

-- name: names_grid
-- Name grids.
select code as key, name from grid where code = any(%(keys)s);

-- name: names_organisation
-- Name organisations.
select code as key, name from organisation where code = any(%(keys)s);

-- name: names_matter
-- Name matters.
select code as key, name from matter where code = any(%(keys)s);

-- name: names_category
-- Name categories of matters.
select code as key, name from matter_category where code = any(%(keys)s);

-- name: names_device
-- Name devices.
select id as key, name from device where id = any(%(keys)s);

-- name: open_items
-- List open incidents by grid, oldest first, after the last one of the page before.
select i.id as incident, i.state, i.kind, i.grade, i.source, i.grid, g.name as grid_name, i.grid_path, i.opened,
       i.confirmed, i.matter, coalesce(m.name, '') as matter_name, i.level, i.lead,
       coalesce(o.name, '') as lead_name, i.stage, i.stage_due, i.next_due, r.missing as report_missing
  from incident i
  join grid g on g.code = i.grid
  left join matter m on m.code = i.matter
  left join organisation o on o.code = i.lead
 cross join lateral (
       select i.confirmed is not null and i.grade in ('I', 'II', 'III')
              and not exists (select from incident_event e
                               where e.incident = i.id and e.kind = 'reported_up') as missing) r
 where i.open and not i.drill and path_within(i.grid_path, %(scope)s)
   and (%(organisation)s::text is null or i.lead = %(organisation)s)
   and (not %(overdue)s or i.stage_due < %(now)s)
   and (not %(report_missing)s or r.missing)
   and (%(after)s::text is null
        or (i.grid_path, i.opened, i.id) > (select a.grid_path, a.opened, a.id from incident a where a.id = %(after)s))
 order by i.grid_path, i.opened, i.id
 limit %(most)s;

-- name: open_counts
-- Count open incidents, those whose stage is overdue, and grave ones that nobody above was told of.
select count(*) as open,
       count(*) filter (where i.stage_due < %(now)s) as overdue,
       count(*) filter (where i.confirmed is not null and i.grade in ('I', 'II', 'III')
                          and not exists (select from incident_event e
                                           where e.incident = i.id and e.kind = 'reported_up')) as report_missing
  from incident i
 where i.open and not i.drill and path_within(i.grid_path, %(scope)s)
   and (%(organisation)s::text is null or i.lead = %(organisation)s);
