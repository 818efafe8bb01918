-- Places, people, duty, devices and sign-ins.  Rows come in as one JSON array each.

-- name: paths
-- Give the paths of known grids, to check new ones against.
select code, path from grid where code = any(%(codes)s);

-- name: grids
-- List a subtree in order of path, without those given up.
select code, name, parent, tier, kind, path, latitude, longitude, accuracy_m, radius_m
  from grid
 where until is null and path_within(path, %(scope)s)
 order by path;

-- name: grid
-- Find one grid.
select code, name, parent, tier, kind, path, latitude, longitude, accuracy_m, radius_m
  from grid
 where code = %(code)s;

-- name: save_people
-- Insert or update people.
insert into person (id, name, grid, language, active)
select id, name, grid, language, active
  from json_to_recordset(%(rows)s::json) as new (id text, name text, grid text, language text, active boolean)
    on conflict (id) do update set
       (name, grid, language, active) = (excluded.name, excluded.grid, excluded.language, excluded.active);

-- name: name_organisations
-- Make organisations of which nothing is known yet but that somebody is of them; they handle nothing until
-- somebody says so.
insert into organisation (code, name, kind, tier, grid)
select distinct on (new.organisation) new.organisation, new.organisation,
       case coalesce(new.tier, g.tier) when 'village' then 'village' when 'township' then 'township' else 'department' end,
       coalesce(new.tier, g.tier), new.grid
  from json_to_recordset(%(rows)s::json) as new (organisation text, tier text, grid text)
  join grid g on g.code = new.grid
 where new.organisation is not null
 order by new.organisation, length(g.path), g.path
    on conflict (code) do nothing;

-- name: keep_appointments
-- Before main appointments change, keep what they were: under an id of its own, until now.
insert into appointment (id, person, grid, organisation, role, tier, supervisor, call_order, full_time, since, until, made_by)
select gen_random_uuid()::text, a.person, a.grid, a.organisation, a.role, a.tier, a.supervisor, a.call_order,
       a.full_time, a.since, least(a.until, tocsin_clock()), a.made_by
  from appointment a
  join json_to_recordset(%(rows)s::json) as new (
       id text, grid text, organisation text, tier text, supervisor boolean, call_order integer)
    on new.id = a.id
 where a.since < tocsin_clock()
   and (a.until <= tocsin_clock()
        or (a.grid, a.organisation, a.tier, a.supervisor, a.call_order)
           is distinct from (new.grid, new.organisation, new.tier, new.supervisor, new.call_order));

-- name: save_main
-- Insert or update main appointments: one that changes begins anew, one that had ended is in force again.
insert into appointment as a (id, person, grid, organisation, role, tier, supervisor, call_order, since)
select id, person, grid, organisation, role, tier, supervisor, call_order, since
  from json_to_recordset(%(rows)s::json) as new (
       id text, person text, grid text, organisation text, role text, tier text, supervisor boolean,
       call_order integer, since timestamptz)
    on conflict (id) do update set
       (grid, organisation, tier, supervisor, call_order, since, until, made_by)
       = (excluded.grid, excluded.organisation, excluded.tier, excluded.supervisor, excluded.call_order,
          greatest(a.since, tocsin_clock()), null, '')
 where a.until <= tocsin_clock()
    or (a.grid, a.organisation, a.tier, a.supervisor, a.call_order)
       is distinct from (excluded.grid, excluded.organisation, excluded.tier, excluded.supervisor,
                         excluded.call_order);

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
-- List people whose grid lies in a subtree, by name, each with their main appointment while it is in force.
select p.id, p.name, p.grid, a.tier, coalesce(a.organisation, '') as department,
       coalesce(a.supervisor, false) as supervisor, coalesce(a.call_order, 1) as call_order, p.language, p.active
  from person p
  join grid g on g.code = p.grid
  left join appointment a
    on a.id = 'main.' || p.id and a.since <= tocsin_clock() and (a.until is null or a.until > tocsin_clock())
 where path_within(g.path, %(scope)s)
 order by p.name collate "C", p.id;

-- name: person
-- Find one person, with their main appointment while it is in force.
select p.id, p.name, p.grid, a.tier, coalesce(a.organisation, '') as department,
       coalesce(a.supervisor, false) as supervisor, coalesce(a.call_order, 1) as call_order, p.language, p.active
  from person p
  left join appointment a
    on a.id = 'main.' || p.id and a.since <= tocsin_clock() and (a.until is null or a.until > tocsin_clock())
 where p.id = %(person)s;

-- name: save_duty
-- Add shifts; the same beginning again moves the end.
insert into duty_shift (person, grid, since, until)
select distinct on (person, grid, since) person, grid, since, until
  from json_to_recordset(%(rows)s::json) as new (
       person text, grid text, since timestamptz, until timestamptz, nth integer)
 order by person, grid, since, nth desc
    on conflict (person, grid, since, roster) do update set until = excluded.until
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
