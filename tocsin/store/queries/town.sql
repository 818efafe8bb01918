-- Places, people, duty, devices and sign-ins.  Rows come in as one JSON array each.

-- name: paths
-- Give the paths of known grids, to check new ones against.
select code, path from grid where code = any(%(codes)s);

-- name: save_grids
-- Insert or update grids; parents come first.
insert into grid (code, name, parent, tier, kind, path, latitude, longitude, accuracy_m, radius_m)
select code, name, parent, tier, kind, path, latitude, longitude, accuracy_m, radius_m
  from json_to_recordset(%(rows)s::json) as new (
       code text, name text, parent text, tier text, kind text, path text,
       latitude float8, longitude float8, accuracy_m float8, radius_m float8)
 order by length(path)
    on conflict (code) do update set
       (name, parent, tier, kind, path, latitude, longitude, accuracy_m, radius_m)
       = (excluded.name, excluded.parent, excluded.tier, excluded.kind, excluded.path,
          excluded.latitude, excluded.longitude, excluded.accuracy_m, excluded.radius_m);

-- name: grids
-- List a subtree in order of path.
select code, name, parent, tier, kind, path, latitude, longitude, accuracy_m, radius_m
  from grid
 where path_within(path, %(scope)s)
 order by path;

-- name: grid
-- Find one grid.
select code, name, parent, tier, kind, path, latitude, longitude, accuracy_m, radius_m
  from grid
 where code = %(code)s;

-- name: save_people
-- Insert or update people.
insert into person (id, name, grid, tier, department, supervisor, call_order, language, active)
select id, name, grid, tier, department, supervisor, call_order, language, active
  from json_to_recordset(%(rows)s::json) as new (
       id text, name text, grid text, tier text, department text, supervisor boolean,
       call_order integer, language text, active boolean)
    on conflict (id) do update set
       (name, grid, tier, department, supervisor, call_order, language, active)
       = (excluded.name, excluded.grid, excluded.tier, excluded.department, excluded.supervisor,
          excluded.call_order, excluded.language, excluded.active);

-- name: clear_contacts
-- Erase the contacts of people who get new ones.
delete from contact where person = any(%(people)s);

-- name: save_contacts
-- Keep ways to reach people; the best rank of a repeated address stays.
insert into contact (person, channel, address, rank)
select person, channel, address, min(rank)
  from json_to_recordset(%(rows)s::json) as new (person text, channel text, address text, rank integer)
 group by person, channel, address;

-- name: people
-- List people whose grid lies in a subtree, by name.
select p.id, p.name, p.grid, p.tier, p.department, p.supervisor, p.call_order, p.language, p.active
  from person p
  join grid g on g.code = p.grid
 where path_within(g.path, %(scope)s)
 order by p.name collate "C", p.id;

-- name: person
-- Find one person.
select id, name, grid, tier, department, supervisor, call_order, language, active
  from person
 where id = %(person)s;

-- name: save_duty
-- Add shifts; the same beginning again moves the end.
insert into duty_shift (person, grid, since, until)
select distinct on (person, grid, since) person, grid, since, until
  from json_to_recordset(%(rows)s::json) as new (
       person text, grid text, since timestamptz, until timestamptz, nth integer)
 order by person, grid, since, nth desc
    on conflict (person, grid, since) do update set until = excluded.until
 where duty_shift.until is distinct from excluded.until;

-- name: save_devices
-- Insert or update where devices stand.
insert into device (id, collector, kind, name, grid, latitude, longitude, certified)
select id, collector, kind, name, grid, latitude, longitude, certified
  from json_to_recordset(%(rows)s::json) as new (
       id text, collector text, kind text, name text, grid text,
       latitude float8, longitude float8, certified boolean)
    on conflict (id) do update set
       (collector, kind, name, grid, latitude, longitude, certified)
       = (excluded.collector, excluded.kind, excluded.name, excluded.grid,
          excluded.latitude, excluded.longitude, excluded.certified);

-- name: save_account
-- Insert or update a sign-in by name.
insert into account (name, person, role, scope, password_hash, active, organisation)
values (%(name)s, %(person)s, %(role)s, %(scope)s, %(password_hash)s, %(active)s, %(organisation)s)
    on conflict (name) do update set
       (person, role, scope, password_hash, active, organisation)
       = (excluded.person, excluded.role, excluded.scope, excluded.password_hash, excluded.active,
          excluded.organisation);

-- name: account
-- Find a sign-in by name.
select name, person, role, scope, password_hash, active, organisation
  from account
 where name = %(name)s;

-- name: open_session
-- Keep a signed-in browser; others that are over go on the way.
with over as (
    delete from signed_in
     where token_hash in (select token_hash from signed_in where expires <= (select tocsin_clock()) limit 100)
)
insert into signed_in (token_hash, csrf, account, created, expires)
values (%(token_hash)s, %(csrf)s, %(account)s, %(created)s, %(expires)s);

-- name: session
-- Find a signed-in browser that has not expired, with its account as it is now.
select s.csrf, s.created, s.expires, a.name, a.person, a.role, a.scope, a.password_hash, a.active, a.organisation
  from signed_in s
  join account a on a.name = s.account
 where s.token_hash = %(token_hash)s and s.expires > tocsin_clock() and a.active;

-- name: close_session
-- End a session.
delete from signed_in where token_hash = %(token_hash)s;
