-- The tree of places with what it was before, names of its levels, key places.

-- name: version
-- Give the number that rises with every change of the tree.
select version from place_change;

-- name: lock
-- Let one change of the tree happen at a time; it happens at this instant.
select tocsin_clock() as now from place_change for update;

-- name: all
-- Give every grid, those given up too.
select code, name, parent, tier, kind, path, level, region, report_to, class, latitude, longitude, accuracy_m, radius_m,
       outline is not null as has_outline, case when %(outlines)s then outline end as outline, since, until
  from grid;

-- name: records
-- List a subtree in order of path, as it is.
select code, name, parent, tier, kind, path, level, region, report_to, class, latitude, longitude, accuracy_m, radius_m,
       outline is not null as has_outline, case when %(outlines)s then outline end as outline, since, until
  from grid
 where until is null and path_within(path, %(scope)s)
   and (%(under)s::text is null or code = %(under)s or %(under)s = any(string_to_array(path, '.')))
 order by path
 limit %(most)s;

-- name: records_at
-- List a subtree in order of path, as it was at an instant.
select code, name, parent, tier, kind, path, level, region, report_to, class, latitude, longitude, accuracy_m, radius_m,
       outline is not null as has_outline, case when %(outlines)s then outline end as outline, since, until
  from (select code, name, parent, tier, kind, path, level, region, report_to, class, latitude, longitude, accuracy_m, radius_m, outline, since, until
          from grid
         where since <= %(at)s and (until is null or until > %(at)s)
         union all
        select code, name, parent, tier, kind, path, level, region, report_to, class, latitude, longitude, null,
               radius_m, outline, since, until
          from grid_version
         where since <= %(at)s and until > %(at)s) as then_
 where path_within(path, %(scope)s)
   and (%(under)s::text is null or code = %(under)s or %(under)s = any(string_to_array(path, '.')))
 order by path
 limit %(most)s;

-- name: record
-- Find a grid with its outline.
select code, name, parent, tier, kind, path, level, region, report_to, class, latitude, longitude, accuracy_m, radius_m,
       outline is not null as has_outline, outline, since, until
  from grid
 where code = %(code)s;

-- name: versions
-- List what a grid was before, newest first.
select code, name, parent, tier, kind, path, level, region, report_to, class, latitude, longitude,
       null::float8 as accuracy_m, radius_m, outline is not null as has_outline, null::bytea as outline, since, until,
       person, reason
  from grid_version
 where code = %(code)s
 order by since desc
 limit %(most)s;

-- name: stage
-- Make room for the grids that a change writes.
create temporary table grid_wanted (
    code text, name text, parent text, tier text, kind text, path text, level smallint, region text, report_to text,
    class text, latitude float8, longitude float8, accuracy_m float8, radius_m float8, outline bytea,
    since timestamptz, until timestamptz
) on commit drop;

-- name: copy
-- Bring the grids in that a change writes.
copy grid_wanted (code, name, parent, tier, kind, path, level, region, report_to, class, latitude, longitude, accuracy_m,
                  radius_m, outline, since, until) from stdin (format binary);

-- name: keep_versions
-- Keep what changed grids were; one that began at this very instant was nothing before.
insert into grid_version (code, since, until, name, parent, tier, kind, path, level, region, report_to, class, latitude,
                          longitude, radius_m, outline, person, reason)
select g.code, g.since, coalesce(g.until, %(now)s), g.name, g.parent, g.tier, g.kind, g.path, g.level, g.region,
       g.report_to, g.class, g.latitude, g.longitude, g.radius_m, g.outline, %(person)s, %(reason)s
  from grid g
  join grid_wanted w on w.code = g.code and w.until is null
 where g.since < coalesce(g.until, %(now)s)
    on conflict (code, since) do nothing;

-- name: save
-- Write the grids of a change; one that is given up keeps its beginning.
insert into grid (code, name, parent, tier, kind, path, level, region, report_to, class, latitude, longitude, accuracy_m,
                  radius_m, outline, since, until)
select code, name, parent, tier, kind, path, level, region, report_to, class, latitude, longitude, accuracy_m, radius_m,
       outline, since, until
  from grid_wanted
    on conflict (code) do update set
       (name, parent, tier, kind, path, level, region, report_to, class, latitude, longitude, accuracy_m, radius_m,
        outline, since, until)
       = (excluded.name, excluded.parent, excluded.tier, excluded.kind, excluded.path, excluded.level, excluded.region,
          excluded.report_to, excluded.class, excluded.latitude, excluded.longitude, excluded.accuracy_m,
          excluded.radius_m, excluded.outline,
          case when excluded.until is null then greatest(grid.since, %(now)s) else grid.since end,
          case when excluded.until is null then null
               else greatest(excluded.until, grid.since + interval '1 microsecond') end);

-- name: move_scopes
-- Let accounts and jobs see what they saw, where it is now; the longest old path that holds a scope decides.
with moved as (
    select old, new from json_to_recordset(%(rows)s::json) as m (old text, new text)
), accounts as (
    update account a set scope = m.new || substr(a.scope, length(m.old) + 1)
      from (select distinct on (b.name) b.name, moved.old, moved.new
              from account b join moved on path_within(b.scope, moved.old)
             order by b.name, length(moved.old) desc) m
     where a.name = m.name
), jobs as (
    update bulk_job j set scope = m.new || substr(j.scope, length(m.old) + 1)
      from (select distinct on (k.id) k.id, moved.old, moved.new
              from bulk_job k join moved on path_within(k.scope, moved.old)
             order by k.id, length(moved.old) desc) m
     where j.id = m.id
)
update incident i set grid_path = m.new || substr(i.grid_path, length(m.old) + 1)
  from (select distinct on (k.id) k.id, moved.old, moved.new
          from incident k join moved on path_within(k.grid_path, moved.old)
         where k.open
         order by k.id, length(moved.old) desc) m
 where i.id = m.id;

-- name: stranded
-- Name accounts whose scope is a grid that is given up.
select a.name
  from account a join grid g on g.path = a.scope
 where g.until is not null and a.active
 order by a.name
 limit 100;

-- name: levels
-- Give the names of the levels of a tree.
select level, name, name_en, most from grid_level where root = %(root)s order by level;

-- name: clear_levels
-- Take the names of the levels of a tree away.
delete from grid_level where root = %(root)s;

-- name: save_levels
-- Keep the names of the levels of a tree.
insert into grid_level (root, level, name, name_en, most)
select %(root)s, level, name, name_en, most
  from json_to_recordset(%(rows)s::json) as new (level smallint, name text, name_en text, most integer);

-- name: around
-- Count what belongs to a grid and all below it.
with below as (
    select b.code from grid a join grid b on path_within(b.path, a.path) where a.code = %(code)s
)
select (select count(*) from person where active and grid in (select code from below)) as people,
       (select count(*) from device where grid in (select code from below)) as devices,
       (select count(*) from key_place where until is null and grid in (select code from below)) as places;

-- name: watched
-- List devices and key places of a subtree that have a position.
select d.id, d.kind, d.name, g.code as grid, d.latitude, d.longitude
  from device d join grid g on g.code = d.grid
 where d.latitude is not null and path_within(g.path, %(scope)s)
 union all
select p.id, p.kind, p.name, p.grid, p.latitude, p.longitude
  from key_place p join grid g on g.code = p.grid
 where p.until is null and path_within(g.path, %(scope)s)
 order by 1;

-- name: institutions
-- Give the grids that an active organisation has.
select distinct grid from organisation where active;

-- name: save_places
-- Insert or update key places.
insert into key_place (id, kind, name, grid, latitude, longitude, note, since, added_by)
select id, kind, name, grid, latitude, longitude, note, since, %(person)s
  from json_to_recordset(%(rows)s::json) as new (
       id text, kind text, name text, grid text, latitude float8, longitude float8, note text, since timestamptz)
    on conflict (id) do update set
       (kind, name, grid, latitude, longitude, note, until)
       = (excluded.kind, excluded.name, excluded.grid, excluded.latitude, excluded.longitude, excluded.note, null);

-- name: places
-- List key places of a subtree that have not ended, by name.
select p.id, p.kind, p.name, p.grid, p.latitude, p.longitude, p.note, p.since, p.until
  from key_place p join grid g on g.code = p.grid
 where p.until is null and path_within(g.path, %(scope)s)
   and (%(grid)s::text is null or %(grid)s = any(string_to_array(g.path, '.')))
 order by p.name collate "C", p.id
 limit %(most)s;

-- name: end_place
-- End a key place.
update key_place p
   set until = greatest(tocsin_clock(), p.since + interval '1 microsecond'), ended_by = %(person)s
  from grid g
 where p.id = %(id)s and p.until is null and g.code = p.grid and path_within(g.path, %(scope)s)
returning p.id;
