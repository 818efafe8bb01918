-- The town as it is governed: versions of places, organisations and their authority, matters, appointments, cases.

-- == places ==

alter table grid
    add column level     smallint not null default 1 constraint grid_level_from_one check (level >= 1),
    add column region    text not null default '' constraint grid_region_form check (region ~ '^([0-9]{12})?$'),
    add column report_to text references grid,
    add column class     text not null default '',
    add column outline   bytea,
    add column since     timestamptz not null default '2000-01-01 00:00:00+00',
    add column until     timestamptz constraint grid_until check (until > since);
update grid set level = cardinality(string_to_array(path, '.'));
comment on column grid.level is 'Its level in the tree, 1 at the root.';
comment on column grid.region is 'Statistical code of the place, 12 digits; empty where it has none.';
comment on column grid.report_to is 'Where it reports, where that is not its parent.';
comment on column grid.class is 'With which others it is compared; empty for none.';
comment on column grid.outline is 'Polygon or multipolygon, WKB, WGS 84.';
comment on column grid.since is 'From when it is as this row says; what it was before stands in grid_version.';
comment on column grid.until is 'When it was given up; null while it is one.';
create index grid_report_to on grid (report_to) where report_to is not null;
create index grid_parent on grid (parent);

create table grid_version (
    code      text not null references grid,
    since     timestamptz not null,
    until     timestamptz not null check (until > since),
    name      text not null,
    parent    text,
    tier      text not null,
    kind      text not null,
    path      text collate "C" not null,
    level     smallint not null,
    region    text not null,
    report_to text,
    class     text not null,
    latitude  double precision,
    longitude double precision,
    radius_m  double precision not null,
    outline   bytea,
    person    text not null default '',
    reason    text not null default '',
    primary key (code, since)
);
comment on table grid_version is 'What grids were before: a row is written when one is changed.';
comment on column grid_version.person is 'Who changed it at `until`.';

create table grid_level (
    root    text not null references grid,
    level   smallint not null check (level >= 1),
    name    text not null,
    name_en text not null default '',
    most    integer check (most > 0),
    primary key (root, level)
);
comment on table grid_level is 'What the levels of a tree are called, by its root; each tenant is a root.';
comment on column grid_level.most is 'How many children a grid of this level should have at most; null without a limit.';

-- == organisations, matters ==

create table organisation (
    code        text primary key check (code ~ '^[^./\s]{1,64}$'),
    name        text not null,
    name_en     text not null default '',
    kind        text not null check (kind in ('village', 'township', 'department', 'team', 'centre')),
    tier        text not null check (tier in ('village', 'township', 'city')),
    grid        text not null references grid,
    parent      text references organisation,
    can_collect boolean not null default false,
    can_handle  boolean not null default false,
    platforms   text[] not null default '{}',
    call_order  integer not null default 1 check (call_order >= 1),
    active      boolean not null default true
);
comment on table organisation is 'Who collects and who handles, for a grid and what lies below.';
create index organisation_grid on organisation (grid);

create table authority (
    organisation text not null references organisation on delete cascade,
    category     text not null check (category ~ '^[0-9]{0,8}$'),
    highest      text not null check (highest in ('I', 'II', 'III', 'IV')),
    primary key (organisation, category)
);
comment on table authority is 'What an organisation may deal with by itself.';
comment on column authority.category is 'Code of a category or matter, or a beginning of one; empty for everything.';
comment on column authority.highest is 'The worst grade that it may deal with.';

create table matter_category (
    code    text primary key check (code ~ '^[0-9]{2}$'),
    name    text not null,
    name_en text not null default ''
);
comment on table matter_category is 'Large classes of matters.';

create table matter (
    code     text primary key check (code ~ '^[0-9]{4,8}$'),
    name     text not null,
    name_en  text not null default '',
    platform text not null default '',
    kinds    text[] not null default '{}',
    grade    text not null default 'IV' check (grade in ('I', 'II', 'III', 'IV')),
    urgent   boolean not null default false,
    limits   jsonb not null default '{}',
    active   boolean not null default true
);
comment on table matter is 'The catalogue: what may be reported, and in what time each stage of it must be over.';
comment on column matter.kinds is 'Kinds of happening that stand for it.';
comment on column matter.limits is 'By stage: {"amount": 4, "unit": "working_hour"}.';

create table platform (
    code    text primary key check (code ~ '^[a-z][a-z0-9_]{0,31}$'),
    name    text not null,
    name_en text not null default ''
);
comment on table platform is 'Queues of the centre: public order, enforcement, environment, services.';

create table work_calendar (
    one     boolean primary key default true check (one),
    hours   jsonb not null,
    closed  date[] not null default '{}',
    worked  date[] not null default '{}',
    warn_at double precision not null default 0.8 check (warn_at between 0.1 and 1)
);
comment on table work_calendar is 'When the town works, where it differs from the country; no row while it does not.';
comment on column work_calendar.hours is 'Spans of a working day in minutes since midnight: [[510, 720], [840, 1050]].';

-- == people ==

create table appointment (
    id           text primary key,
    person       text not null references person on delete cascade,
    grid         text not null references grid,
    organisation text references organisation,
    role         text not null default 'staff',
    tier         text check (tier in ('village', 'township', 'city')),
    supervisor   boolean not null default false,
    call_order   integer not null default 1 check (call_order >= 1),
    full_time    boolean not null default false,
    since        timestamptz not null,
    until        timestamptz check (until > since)
);
comment on table appointment is 'Who does what for which grid, from when to when: many people per grid, many grids per person.';
comment on column appointment.tier is 'Null for those who are never called, unless they supervise.';
create index appointment_grid on appointment (grid);
create index appointment_person on appointment (person);

alter table account
    add column organisation text references organisation,
    drop constraint account_role_check,
    add constraint account_role_check
        check (role in ('operator', 'responder', 'department', 'supervisor', 'engineer', 'administrator'));
comment on column account.organisation is 'For a department''s account: what is routed to it is what it sees.';

-- == cases ==

drop index incident_one_open, incident_township_open;
alter table incident
    drop column open,
    drop constraint incident_state_check,
    drop constraint incident_check,
    add column source       text not null default 'sensor',
    add column matter       text not null default '',
    add column level        text constraint incident_level check (level in ('village', 'township', 'city')),
    add column lead         text,
    add column stage        text,
    add column stage_due    timestamptz,
    add column beyond       boolean not null default false,
    add column exercise     text not null default '',
    add column reported_by  text,
    add column satisfaction smallint constraint incident_satisfaction check (satisfaction between 1 and 5),
    add column changed      timestamptz,
    add constraint incident_state_check
        check (state in ('reported', 'received', 'verified', 'filed', 'dispatched', 'accepted', 'handling', 'handled',
                         'checked', 'closed', 'evaluated', 'rejected', 'merged')),
    add column open boolean not null
        generated always as (state not in ('closed', 'evaluated', 'rejected', 'merged')) stored,
    add constraint incident_ended_check
        check ((ended is null) = (state not in ('closed', 'evaluated', 'rejected', 'merged')));
update incident set changed = opened;
alter table incident alter column changed set not null;
comment on column incident.source is 'Where it was heard of.';
comment on column incident.matter is 'Code of the catalogue; empty while nobody named one.';
comment on column incident.level is 'The level that deals with it, as a case.';
comment on column incident.lead is 'The organisation that leads, as a case.';
comment on column incident.stage is 'What it waits for on the working-time track.';
comment on column incident.stage_due is 'When that stage must be over.';
comment on column incident.reported_by is 'Who reported it first by hand.';
comment on column incident.changed is 'Recorded instant of its newest event.';
create unique index incident_one_open on incident (alarm, raised)
    where open and not drill and lateness <> 'retrospective';
create index incident_township_open on incident (township, kind)
    where open;

create table incident_organisation (
    incident     text not null references incident,
    organisation text not null,
    primary key (incident, organisation)
);
comment on table incident_organisation is 'Which organisations an incident was ever routed or dispatched to: they may see it.';
create index incident_organisation_organisation on incident_organisation (organisation);
