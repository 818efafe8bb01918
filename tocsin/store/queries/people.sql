-- People and what they are appointed to.  Rows come in as one JSON array each.

-- name: now
-- Ask for the instant of this transaction, once.
select tocsin_clock() as now;

-- name: staff
-- List people of a subtree, those who belong to it and those who are appointed to it, by name.
select p.id, p.name, p.grid, p.language, p.active, g.path as grid_path,
       array(select c.channel from contact c where c.person = p.id group by c.channel order by min(c.rank), c.channel)
       as channels
  from person p
  join grid g on g.code = p.grid
 where (path_within(g.path, %(scope)s)
        or exists (select from appointment a
                     join grid ag on ag.code = a.grid
                    where a.person = p.id and (a.until is null or a.until > tocsin_clock())
                      and path_within(ag.path, %(scope)s)))
   and (%(people)s::text[] is null or p.id = any(%(people)s))
   and (%(active)s::boolean is null or p.active = %(active)s)
   and (%(search)s = '' or position(lower(%(search)s) in lower(p.name)) > 0 or starts_with(p.id, %(search)s))
   and (%(name)s::text is null or (p.name collate "C", p.id) > (%(name)s collate "C", %(after)s))
 order by p.name collate "C", p.id
 limit %(most)s;

-- name: appointments_of
-- List what people are appointed to, now or later.
select a.id, a.person, a.grid, a.organisation, a.role, a.tier, a.supervisor, a.call_order, a.full_time, a.since, a.until,
       p.name as person_name, g.name as grid_name, g.path as grid_path, coalesce(o.name, '') as organisation_name
  from appointment a
  join person p on p.id = a.person
  join grid g on g.code = a.grid
  left join organisation o on o.code = a.organisation
 where a.person = any(%(people)s) and (a.until is null or a.until > tocsin_clock())
 order by a.person, a.id;

-- name: appointments
-- List appointments to grids of a subtree by id: those in force at an instant, or all without one.
select a.id, a.person, a.grid, a.organisation, a.role, a.tier, a.supervisor, a.call_order, a.full_time, a.since, a.until,
       p.name as person_name, g.name as grid_name, g.path as grid_path, coalesce(o.name, '') as organisation_name
  from appointment a
  join person p on p.id = a.person
  join grid g on g.code = a.grid
  left join organisation o on o.code = a.organisation
 where path_within(g.path, %(scope)s)
   and (%(appointment)s::text is null or a.id = %(appointment)s)
   and (%(person)s::text is null or a.person = %(person)s)
   and (%(at)s::timestamptz is null or a.since <= %(at)s and (a.until is null or a.until > %(at)s))
   and a.id > %(after)s
 order by a.id
 limit %(most)s;

-- name: in_force
-- Give all appointments to grids of a subtree that end after an instant.
select a.id, a.person, a.grid, a.organisation, a.role, a.tier, a.supervisor, a.call_order, a.full_time, a.since, a.until
  from appointment a
  join grid g on g.code = a.grid
 where path_within(g.path, %(scope)s) and (a.until is null or a.until > %(since)s);

-- name: save_appointments
-- Insert or update appointments by id.
insert into appointment (id, person, grid, organisation, role, tier, supervisor, call_order, full_time, since, until, made_by)
select id, person, grid, organisation, role, tier, supervisor, call_order, full_time, since, until, %(made_by)s
  from json_to_recordset(%(rows)s::json) as new (
       id text, person text, grid text, organisation text, role text, tier text, supervisor boolean,
       call_order integer, full_time boolean, since timestamptz, until timestamptz)
    on conflict (id) do update set
       (person, grid, organisation, role, tier, supervisor, call_order, full_time, since, until, made_by)
       = (excluded.person, excluded.grid, excluded.organisation, excluded.role, excluded.tier, excluded.supervisor,
          excluded.call_order, excluded.full_time, excluded.since, excluded.until, excluded.made_by);

-- name: drop_appointment
-- Take away an appointment that has not begun.
delete from appointment where id = %(appointment)s and since >= %(at)s;

-- name: end_appointment
-- End an appointment that is in force.
update appointment
   set until = %(at)s, made_by = %(made_by)s
 where id = %(appointment)s and since < %(at)s and (until is null or until > %(at)s);

-- name: contacts
-- Give the addresses of people, best first.
select person, channel, address, rank
  from contact
 where person = any(%(people)s)
 order by person, rank, channel, address;

-- name: forget_contacts
-- Erase all contacts of people.
delete from contact where person = any(%(people)s);

-- name: note_reading
-- Note who read whose addresses, and why.
insert into contact_reading (at, reader, account, people, reason)
values (tocsin_clock(), %(reader)s, %(account)s, %(people)s, %(reason)s);

-- name: contact_readings
-- List who read the addresses of a person, newest first.
select at, reader, account, people, reason
  from contact_reading
 where %(person)s = any(people)
 order by at desc, id desc
 limit %(most)s;
