-- Matters, organisations, platforms and working time.  Rows come in as one JSON array each.

-- name: matter
-- Find a matter and the coarser ones that it stands under, the coarsest first.
select code, name, name_en, platform, kinds, grade, urgent, limits, active
  from matter
 where code = any(%(codes)s)
 order by code;

-- name: matters
-- List the whole catalogue.
select code, name, name_en, platform, kinds, grade, urgent, limits, active
  from matter
 order by code;

-- name: categories
-- List the large classes.
select code, name, name_en from matter_category order by code;

-- name: platforms
-- List the platforms.
select code, name, name_en from platform order by code;

-- name: calendar
-- Give the town's working time.
select hours, closed, worked, warn_at from work_calendar;

-- name: matter_kinds
-- List what kinds stored matters stand for, none for those that are not active.
select code, case when active then kinds else '{}'::text[] end as kinds from matter;

-- name: organisation_parents
-- List the parent of each organisation.
select code, parent from organisation;

-- name: lock_catalogue
-- One at a time changes the catalogue: what was checked still holds when it is written.
select pg_advisory_xact_lock(hashtextextended('tocsin.catalogue', 0));

-- name: save_platforms
-- Insert or update platforms.
insert into platform (code, name, name_en)
select code, name, name_en
  from json_to_recordset(%(rows)s::json) as new (code text, name text, name_en text)
    on conflict (code) do update set (name, name_en) = (excluded.name, excluded.name_en);

-- name: save_categories
-- Insert or update large classes.
insert into matter_category (code, name, name_en)
select code, name, name_en
  from json_to_recordset(%(rows)s::json) as new (code text, name text, name_en text)
    on conflict (code) do update set (name, name_en) = (excluded.name, excluded.name_en);

-- name: save_matters
-- Insert or update matters.
insert into matter (code, name, name_en, platform, kinds, grade, urgent, limits, active)
select code, name, name_en, platform, kinds, grade, urgent, limits, active
  from json_to_recordset(%(rows)s::json) as new (
       code text, name text, name_en text, platform text, kinds text[], grade text, urgent boolean,
       limits jsonb, active boolean)
    on conflict (code) do update set
       (name, name_en, platform, kinds, grade, urgent, limits, active)
       = (excluded.name, excluded.name_en, excluded.platform, excluded.kinds, excluded.grade, excluded.urgent,
          excluded.limits, excluded.active);

-- name: save_calendar
-- Say when the town works.
insert into work_calendar (hours, closed, worked, warn_at)
values (%(hours)s::jsonb, %(closed)s::date[], %(worked)s::date[], %(warn_at)s)
    on conflict (one) do update set
       (hours, closed, worked, warn_at)
       = (excluded.hours, excluded.closed, excluded.worked, excluded.warn_at);

-- name: missing_grids
-- Name grids that do not exist.
select wanted.code from unnest(%(grids)s::text[]) as wanted (code)
 where not exists (select from grid g where g.code = wanted.code)
 order by wanted.code
 limit 20;

-- name: save_organisations
-- Insert or update organisations, without their parents, which may come later in the same batch.
insert into organisation (code, name, name_en, kind, tier, grid, can_collect, can_handle, platforms, call_order, active)
select code, name, name_en, kind, tier, grid, can_collect, can_handle, platforms, call_order, active
  from json_to_recordset(%(rows)s::json) as new (
       code text, name text, name_en text, kind text, tier text, grid text, can_collect boolean,
       can_handle boolean, platforms text[], call_order integer, active boolean)
    on conflict (code) do update set
       (name, name_en, kind, tier, grid, can_collect, can_handle, platforms, call_order, active)
       = (excluded.name, excluded.name_en, excluded.kind, excluded.tier, excluded.grid, excluded.can_collect,
          excluded.can_handle, excluded.platforms, excluded.call_order, excluded.active);

-- name: save_parents
-- Say under which other each organisation stands.
update organisation o
   set parent = new.parent
  from json_to_recordset(%(rows)s::json) as new (code text, parent text)
 where o.code = new.code and o.parent is distinct from new.parent;

-- name: clear_authorities
-- Take the authorities of organisations away that get new ones.
delete from authority where organisation = any(%(organisations)s);

-- name: save_authorities
-- Give authorities.
insert into authority (organisation, category, highest)
select organisation, category, highest
  from json_to_recordset(%(rows)s::json) as new (organisation text, category text, highest text);

-- name: organisation
-- Find one organisation.
select o.code, o.name, o.name_en, o.kind, o.tier, o.grid, o.parent, o.can_collect, o.can_handle, o.platforms,
       o.call_order, o.active, g.name as grid_name, g.path as grid_path,
       array(select array[a.category, a.highest] from authority a where a.organisation = o.code
              order by a.category) as authorities
  from organisation o
  join grid g on g.code = o.grid
 where o.code = %(code)s;

-- name: organisations
-- List organisations of a subtree and those above it, by code after one.
select o.code, o.name, o.name_en, o.kind, o.tier, o.grid, o.parent, o.can_collect, o.can_handle, o.platforms,
       o.call_order, o.active, g.name as grid_name, g.path as grid_path,
       array(select array[a.category, a.highest] from authority a where a.organisation = o.code
              order by a.category) as authorities
  from organisation o
  join grid g on g.code = o.grid
 where (path_within(g.path, %(scope)s) or path_within(%(scope)s, g.path))
   and (%(after)s::text is null or o.code > %(after)s)
   and (%(platform)s = '' or %(platform)s = any(o.platforms))
 order by o.code
 limit %(most)s;

-- name: organisation_names
-- Name organisations.
select code, name from organisation where code = any(%(codes)s);

-- name: line
-- Follow a grid to where it reports, else to its parent, up to the top; a line that comes back ends where it would.
with recursive line as (
    select g.code as grid, coalesce(g.report_to, g.parent) as next, array[g.code] as met
      from grid g
     where g.code = %(grid)s
    union all
    select g.code, coalesce(g.report_to, g.parent), l.met || g.code
      from line l
      join grid g on g.code = l.next
     where g.code <> all(l.met) and cardinality(l.met) < 20
)
select met from line order by cardinality(met) desc limit 1;

-- name: lines
-- Follow grids to where they report, else to their parents, up to the top; a line that comes back ends where it
-- would.  In a town without organisations that handle, nothing; else also one row with the matters of kinds.
with recursive line as (
    select g.code as place, g.code as grid, coalesce(g.report_to, g.parent) as next, array[g.code] as met
      from grid g
     where g.code = any(%(grids)s) and exists (select from organisation where active and can_handle)
    union all
    select l.place, g.code, coalesce(g.report_to, g.parent), l.met || g.code
      from line l
      join grid g on g.code = l.next
     where g.code <> all(l.met) and cardinality(l.met) < 20
)
select null as place, null as line,
       (select coalesce(jsonb_object_agg(m.code, to_jsonb(m.kinds)), '{}') from matter m
         where m.active and m.kinds <> '{}') as kinds
 where exists (select from organisation where active and can_handle)
union all
select l.place, l.met, null
  from line l
 where l.next is null or l.next = any(l.met);

-- name: organisations_at
-- List the active organisations that stand at grids.
select o.code, o.name, o.name_en, o.kind, o.tier, o.grid, o.parent, o.can_collect, o.can_handle, o.platforms,
       o.call_order, o.active,
       array(select array[a.category, a.highest] from authority a where a.organisation = o.code
              order by a.category) as authorities
  from organisation o
 where o.active and o.grid = any(%(grids)s)
 order by o.code;
