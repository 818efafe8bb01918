-- Appointments are the one truth of who answers where; rosters; who read which telephone numbers.

-- == people ==

-- Departments were words of a person. Each becomes an organisation, of which an administrator may say more.
insert into organisation (code, name, kind, tier, grid)
select distinct on (code) code, department,
       case tier when 'village' then 'village' when 'township' then 'township' else 'department' end, tier, grid
  from (select regexp_replace(p.department, '[./\s]', '-', 'g') as code, p.department,
               coalesce(p.tier, g.tier) as tier, p.grid, g.path
          from person p
          join grid g on g.code = p.grid
         where p.department <> '') word
 order by code, length(path), path
    on conflict (code) do nothing;

insert into appointment (id, person, grid, organisation, role, tier, supervisor, call_order, since)
select 'main.' || id, id, grid, nullif(regexp_replace(department, '[./\s]', '-', 'g'), ''), 'staff', tier, supervisor,
       greatest(call_order, 1), '2000-01-01 00:00:00+00'
  from person
    on conflict (id) do nothing;

alter table person
    drop column tier,
    drop column department,
    drop column supervisor,
    drop column call_order;
create index person_name on person (name collate "C", id);
comment on table person is 'Staff; what somebody answers for stands in their appointments.';
comment on column person.grid is 'Where they belong: whose administrator may change them.';

alter table appointment
    add constraint appointment_role check (role ~ '^[a-z_]{1,32}$'),
    add column made_by text not null default '';
comment on column appointment.id is 'The one that comes with a person, from a file of the town, is main. and the person''s id.';
comment on column appointment.made_by is 'Who made or changed it last; empty for a file of the town.';

-- == rosters ==

create table roster (
    id           text primary key,
    grid         text not null references grid,
    organisation text references organisation,
    name         text not null,
    tier         text check (tier in ('village', 'township', 'city')),
    pattern      jsonb not null,
    since        timestamptz not null,
    until        timestamptz check (until > since),
    made_by      text not null,
    changed      timestamptz not null,
    written      timestamptz
);
comment on table roster is 'Rotations of duty for a grid; the shifts that follow from them stand in duty_shift.';
comment on column roster.pattern is 'Slots of a day, groups of people, and how these take turns.';
comment on column roster.written is 'To when its shifts are written; null when they are to be written anew.';
create index roster_grid on roster (grid);
create index roster_due on roster (written nulls first, id);

create table roster_change (
    id      text primary key,
    roster  text not null references roster,
    kind    text not null check (kind in ('swap', 'absence', 'extra')),
    person  text not null references person on delete cascade,
    other   text references person on delete cascade,
    since   timestamptz not null,
    until   timestamptz not null check (until > since),
    reason  text not null default '',
    made_by text not null,
    made    timestamptz not null,
    nth     bigint generated always as identity
);
comment on table roster_change is 'What is otherwise than the rotation says; a later one wins over an earlier one.';
comment on column roster_change.other is 'With whom somebody trades places, or who stands in for somebody who is away.';
create index roster_change_roster on roster_change (roster, until);

alter table duty_shift
    drop constraint duty_shift_pkey,
    add column roster text references roster;
create unique index duty_shift_once on duty_shift (person, grid, since, roster) nulls not distinct;
create index duty_shift_person on duty_shift (person, coalesce(until, 'infinity'::timestamptz));
create index duty_shift_grid on duty_shift (grid, since);
create index duty_shift_roster on duty_shift (roster, since) where roster is not null;
comment on column duty_shift.roster is 'The roster that wrote it; null for one that was entered by hand.';

-- == coverage ==

create table duty_gap (
    grid    text not null references grid on delete cascade,
    code    text not null,
    since   timestamptz not null,
    until   timestamptz not null check (until > since),
    primary key (grid, code, since)
);
comment on table duty_gap is 'Where nobody is on duty or can be reached, now or in the coming hours; looked for every few minutes.';

create table duty_look (
    one    boolean primary key default true check (one),
    at     timestamptz not null,
    until  timestamptz not null,
    grids  integer not null
);
comment on table duty_look is 'When the gaps were last looked for, and to when.';

-- == readings of numbers ==

create table contact_reading (
    id      bigint generated always as identity primary key,
    at      timestamptz not null,
    reader  text not null,
    account text not null,
    people  text[] not null,
    reason  text not null
);
comment on table contact_reading is 'Who read the telephone numbers and addresses of whom, and why.';
create index contact_reading_at on contact_reading (at);
