-- Tocsin's tables, read from top to bottom as prose.
--
-- Instants come from one function, tocsin_clock(), so that tests can travel in time.
-- Locks are taken in one order: advisory place locks, session lease, ledger rows,
-- incidents by ascending id, then everything that belongs to them.

create function tocsin_clock() returns timestamptz
    language sql volatile as 'select clock_timestamp()';

comment on function tocsin_clock() is 'The only clock of the database; tests replace its body.';

-- == town: grids, people, duty, devices, accounts ==

-- A scope is the path of a grid; the empty scope is everywhere. Paths are compared byte by byte, so
-- that a subtree is one range of the index and no letter of a code is a wildcard ('/' follows '.').
create function path_within(path text, scope text) returns boolean
    language sql immutable parallel safe
    return scope = '' or path collate "C" = scope or (path collate "C" >= scope || '.' and path collate "C" < scope || '/');

comment on function path_within(text, text) is 'Whether a grid''s path lies in the subtree of a scope.';

create table grid (
    code       text primary key check (code ~ '^[^./\s]{1,64}$'),
    name       text not null,
    parent     text references grid,
    tier       text not null check (tier in ('village', 'township', 'city')),
    kind       text not null check (kind in ('basic', 'dedicated')),
    path       text collate "C" not null unique,
    latitude   double precision check (latitude between -90 and 90),
    longitude  double precision check (longitude between -180 and 180),
    accuracy_m double precision,
    radius_m   double precision not null check (radius_m > 0),
    level      smallint not null default 1 constraint grid_level_from_one check (level >= 1),
    region     text not null default '' constraint grid_region_form check (region ~ '^([0-9]{12})?$'),
    report_to  text references grid,
    class      text not null default '',
    outline    bytea,
    since      timestamptz not null default '2000-01-01 00:00:00+00',
    until      timestamptz constraint grid_until check (until > since),
    check (path = code or path like '%.' || code),
    check ((parent is null) = (path = code)),
    check ((latitude is null) = (longitude is null))
);

comment on table grid is 'Places of responsibility, a tree of any depth.';
comment on column grid.path is 'Codes from the root to this grid joined by a full stop.';
comment on column grid.tier is 'The tier that this level answers for; several levels may share one.';
comment on column grid.accuracy_m is 'Accuracy of the centre, metres.';
comment on column grid.radius_m is 'Within this distance of the centre somebody counts as at the scene, metres.';

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

create table person (
    id         text primary key,
    name       text not null,
    grid       text not null references grid,
    language   text not null default 'zh',
    active     boolean not null default true
);

comment on table person is 'Staff; what somebody answers for stands in their appointments.';
comment on column person.grid is 'Where they belong: whose administrator may change them.';

create index person_grid on person (grid);
create index person_name on person (name collate "C", id);

create table appointment (
    id           text primary key,
    person       text not null references person on delete cascade,
    grid         text not null references grid,
    organisation text references organisation,
    role         text not null default 'staff' constraint appointment_role check (role ~ '^[a-z_]{1,32}$'),
    tier         text check (tier in ('village', 'township', 'city')),
    supervisor   boolean not null default false,
    call_order   integer not null default 1 check (call_order >= 1),
    full_time    boolean not null default false,
    since        timestamptz not null,
    until        timestamptz check (until > since),
    made_by      text not null default ''
);
comment on table appointment is 'Who does what for which grid, from when to when: many people per grid, many grids per person.';
comment on column appointment.tier is 'Null for those who are never called, unless they supervise.';
comment on column appointment.id is 'The one that comes with a person, from a file of the town, is main. and the person''s id.';
comment on column appointment.made_by is 'Who made or changed it last; empty for a file of the town.';
create index appointment_grid on appointment (grid);
create index appointment_person on appointment (person);

create table contact (
    person  text not null references person on delete cascade,
    channel text not null,
    address text not null,
    rank    integer not null check (rank >= 1),
    primary key (person, channel, address)
);

comment on table contact is 'Numbers and addresses of people: erasable, copied nowhere.';
comment on column contact.rank is '1 is tried first.';

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

create table duty_shift (
    person text not null references person on delete cascade,
    grid   text not null references grid,
    since  timestamptz not null,
    until  timestamptz check (until > since),
    roster text references roster
);

comment on table duty_shift is 'When somebody is on duty for a grid and what lies below; who has no shift is never called.';
comment on column duty_shift.until is 'Null while the end is open; the instant itself is off duty.';
create unique index duty_shift_once on duty_shift (person, grid, since, roster) nulls not distinct;
create index duty_shift_person on duty_shift (person, coalesce(until, 'infinity'::timestamptz));
create index duty_shift_grid on duty_shift (grid, since);
create index duty_shift_roster on duty_shift (roster, since) where roster is not null;
comment on column duty_shift.roster is 'The roster that wrote it; null for one that was entered by hand.';

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

create table device (
    id        text primary key,
    collector text not null,
    kind      text not null,
    name      text not null,
    grid      text not null references grid,
    latitude  double precision check (latitude between -90 and 90),
    longitude double precision check (longitude between -180 and 180),
    certified boolean not null default false,
    check ((latitude is null) = (longitude is null))
);

comment on table device is 'Where cameras, sensors and buttons stand, and how a person calls them.';
comment on column device.certified is 'Its word alone may confirm an incident, where the policy says so.';

create index device_collector on device (collector);
create index device_grid on device (grid);

create table account (
    name          text primary key,
    person        text not null references person,
    role          text not null check (role in ('operator', 'responder', 'department', 'supervisor', 'engineer', 'administrator')),
    scope         text not null,
    password_hash text not null,
    active        boolean not null default true,
    organisation  text references organisation
);

comment on table account is 'Sign-ins.';
comment on column account.scope is 'Path of the subtree that it sees; empty for everything.';
comment on column account.password_hash is 'Argon2id.';
comment on column account.organisation is 'For a department''s account: what is routed to it is what it sees.';

create table signed_in (
    token_hash bytea primary key check (octet_length(token_hash) = 32),
    csrf       text not null,
    account    text not null references account on delete cascade,
    created    timestamptz not null,
    expires    timestamptz not null check (expires > created)
);

comment on table signed_in is 'Signed-in browsers; the token itself is never stored.';
comment on column signed_in.token_hash is 'SHA-256 of the cookie''s token.';

create index signed_in_account on signed_in (account);
create index signed_in_expires on signed_in (expires);

-- == field: collectors, sessions, ledger, streams, readings, latest, detections, health, pictures, quarantine ==

-- What grows with time is cut by day, so that old days go by dropping them: into hypertables where
-- TimescaleDB is, into native partitions where it is not. There is no default partition: a row
-- outside the days we keep is a fault of ours, and must be seen.

create table timed_table (
    name text primary key,
    days_kept integer not null check (days_kept between 1 and 36600),
    days_late integer not null check (days_late between 1 and days_kept),
    hypertable boolean not null
);
comment on table timed_table is 'Tables that are cut by their column `at`, how long each is kept, and how late a row may come.';

create function tocsin_timescale() returns boolean
    language sql stable as $$ select exists (select from pg_extension where extname = 'timescaledb') $$;
comment on function tocsin_timescale() is 'Whether tables cut by time are hypertables here.';

do $$
begin
    if exists (select from pg_available_extensions where name = 'timescaledb')
        and current_setting('shared_preload_libraries') like '%timescaledb%' then
        create extension if not exists timescaledb;
    end if;
end $$;

create function tocsin_cut_by_day(wanted text, days_kept integer, days_late integer) returns void
    language plpgsql as $$
begin
    if tocsin_timescale() then
        perform create_hypertable(wanted::regclass, 'at'::name,
            chunk_time_interval => interval '1 day', create_default_indexes => false);
    else
        execute format('alter table %I rename to %I', wanted, wanted || '_shape');
        execute format('create table %I (like %I including all) partition by range (at)', wanted, wanted || '_shape');
        execute format('drop table %I', wanted || '_shape');
    end if;
    insert into timed_table values (wanted, days_kept, days_late, tocsin_timescale());
end $$;
comment on function tocsin_cut_by_day(text, integer, integer) is 'Turns an empty table with a column `at` into one cut by day.';

create function tocsin_make_partitions(today timestamptz, ahead integer default 7) returns integer
    language plpgsql as $$
declare
    parent text;
    late integer;
    day date;
    part text;
    made integer := 0;
begin
    -- Maintenance and a starting ingest may come at the same time.
    perform pg_advisory_xact_lock(7020316003);
    for parent, late in select name, days_late from timed_table where not hypertable order by name loop
        for day in
            select d::date from generate_series(
                date_trunc('day', today at time zone 'UTC') - make_interval(days => late),
                date_trunc('day', today at time zone 'UTC') + make_interval(days => ahead),
                interval '1 day') as d
        loop
            part := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
            if to_regclass(format('public.%I', part)) is null then
                -- Attaching locks out neither readers nor writers, creating a partition in place would.
                execute format('create table public.%I (like public.%I including all)', part, parent);
                execute format('alter table public.%I attach partition public.%I for values from (%L) to (%L)',
                    parent, part, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
                made := made + 1;
            end if;
        end loop;
    end loop;
    return made;
end $$;
comment on function tocsin_make_partitions(timestamptz, integer) is
    'Makes the native partitions of the days around an instant that are missing; gives how many.';

create table collector (
    id text primary key,
    partition smallint not null check (partition between 0 and 63),
    grid text not null references grid (code),
    name text not null,
    enabled boolean not null default true,
    secret_hash text not null,
    public_key bytea,
    created timestamptz not null default tocsin_clock(),
    link text check (link in ('online', 'stopped', 'offline')),
    link_since timestamptz,
    heartbeat_at timestamptz,
    heartbeat bytea,
    lost bigint not null default 0 check (lost >= 0)
);
comment on table collector is 'The boxes in the villages, and the last thing each said of itself.';
comment on column collector.partition is 'Part of its topics; given at enrolment, never changed.';
comment on column collector.secret_hash is 'Argon2 hash of the password with which it signs in to the broker.';
comment on column collector.heartbeat is 'The newest heartbeat, JSON of core.wire.Heartbeat.';
comment on column collector.lost is 'Items that it told us it had to drop.';
create index collector_by_grid on collector (grid);

create table session_lease (
    session smallint primary key check (session >= 0),
    holder text not null,
    term bigint not null check (term > 0),
    expires timestamptz not null,
    last_at timestamptz not null
) with (fillfactor = 50);
comment on table session_lease is 'Which worker may commit for a session; every flush locks its row and checks the term.';
comment on column session_lease.last_at is 'Instant of the newest flush: the next one is later by a microsecond at least.';

create table flush_log (
    at timestamptz not null,
    session smallint not null,
    partitions smallint[] not null,
    primary key (at, session)
);
comment on table flush_log is 'Every flush, empty ones too, so that detectors can be replayed tick by tick after their snapshot.';

create table ledger (
    collector text not null references collector (id),
    epoch bigint not null check (epoch >= 0),
    lane text not null check (lane in ('alarm', 'health', 'data', 'media')),
    committed int8multirange not null default '{}',
    lost int8multirange not null default '{}',
    changed timestamptz not null,
    primary key (collector, epoch, lane),
    check (committed @> lost)
) with (fillfactor = 70);
comment on table ledger is 'Which envelopes of a sequence are committed: the reason why nothing is stored twice and every gap is known.';

create table stream (
    id integer generated always as identity primary key,
    name text not null,
    unit text not null,
    collector text not null references collector (id),
    device text not null,
    partition smallint not null,
    created timestamptz not null,
    unique (name, unit)
);
comment on table stream is 'One measured quantity of one device in one unit, registered when its first reading comes.';
create index stream_by_device on stream (device);
create index stream_by_collector on stream (collector);

create table reading (
    at timestamptz not null,
    observed timestamptz not null,
    received timestamptz not null,
    corrected timestamptz not null,
    value double precision,
    stream integer not null,
    quality smallint not null,
    place smallint not null,
    text text
);
comment on table reading is 'One value at one instant. No unique key: the ledger keeps twice-sent ones out before they come here.';
comment on column reading.at is 'Corrected time, or time of receipt where that is not to be trusted (see quality).';
comment on column reading.received is 'Instant of the flush.';
comment on column reading.place is 'Place within its flush, from -32768: replaying gives the same order.';
comment on column reading.quality is 'Bits of core.readings.Quality.';
select tocsin_cut_by_day('reading', 61, 60);
create index reading_by_stream on reading (stream, at desc);
create index reading_by_receipt on reading using brin (received) with (pages_per_range = 16, autosummarize = on);

create table latest (
    stream integer primary key references stream (id),
    at timestamptz not null,
    observed timestamptz not null,
    value double precision,
    text text,
    quality smallint not null
) with (fillfactor = 50);
comment on table latest is 'The newest value of each stream; an older one never replaces it.';

create table dirty_bucket (
    stream integer not null,
    hour timestamptz not null,
    marked timestamptz not null,
    primary key (stream, hour)
) with (fillfactor = 70);
comment on table dirty_bucket is 'Hours of streams that got readings since their roll-ups were computed.';

create table reading_1m (
    at timestamptz not null,
    stream integer not null,
    samples integer not null,
    least double precision,
    most double precision,
    mean double precision,
    newest double precision
);
comment on table reading_1m is 'Readings by minute, computed from the readings of whole hours that are marked dirty.';
select tocsin_cut_by_day('reading_1m', 61, 60);
create index reading_1m_by_stream on reading_1m (stream, at desc);

create table reading_1h (
    at timestamptz not null,
    stream integer not null,
    samples integer not null,
    least double precision,
    most double precision,
    mean double precision,
    newest double precision,
    primary key (stream, at)
);
comment on table reading_1h is 'Readings by hour; kept for good.';

create table detection (
    at timestamptz not null,
    id text not null,
    collector text not null,
    device text not null,
    stream text not null,
    detector text not null,
    kind text not null,
    phase text not null check (phase in ('raise', 'update', 'clear')),
    grid text not null,
    observed timestamptz not null,
    began timestamptz not null,
    raised boolean not null,
    score double precision not null,
    age_seconds double precision,
    body bytea not null
);
comment on table detection is 'What detectors said. The id is made from what was seen; ingest looks it up, so that a replay stores nothing twice.';
comment on column detection.at is 'Instant of the flush.';
comment on column detection.age_seconds is 'Age at receipt; null when it cannot be known.';
comment on column detection.body is 'JSON of core.detections.Detection, with its evidence.';
select tocsin_cut_by_day('detection', 365, 1);
create index detection_by_id on detection (id);
create index detection_by_device on detection (device, kind, detector, at desc);

create table health (
    at timestamptz not null,
    collector text not null,
    sent timestamptz not null,
    outbox_depth integer not null,
    outbox_bytes bigint not null,
    clock_offset_seconds double precision,
    disk_free_bytes bigint not null,
    memory_bytes bigint not null,
    uptime_seconds double precision not null
);
comment on table health is 'Heartbeats of collectors over time.';
comment on column health.at is 'Instant of the flush.';
select tocsin_cut_by_day('health', 61, 1);
create index health_by_collector on health (collector, at desc);

create table device_health (
    device text primary key,
    collector text not null references collector (id),
    kind text not null,
    last_seen timestamptz,
    changed boolean,
    fault text,
    restarts integer not null default 0,
    reported timestamptz not null
) with (fillfactor = 70);
comment on table device_health is 'The newest sign of life of each camera, sensor and button, as its collector reports it.';
create index device_health_by_collector on device_health (collector);

create table picture (
    sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
    camera text not null,
    collector text not null,
    observed timestamptz not null,
    received timestamptz not null,
    bytes_total integer not null check (bytes_total between 1 and 8388608),
    complete boolean not null default false,
    kept boolean not null default false,
    detection text,
    signature bytea
);
comment on table picture is 'One picture; its bytes live in the picture store, never here.';
comment on column picture.complete is 'Whether all its chunks have come.';
comment on column picture.kept is 'Whether the picture store has its bytes: set after they are safe there.';
create index picture_by_camera on picture (camera, observed desc);
create index picture_to_assemble on picture (received) where complete and not kept;
create index picture_by_detection on picture (detection) where detection is not null;

create table picture_chunk (
    sha256 text not null references picture (sha256) on delete cascade,
    first integer not null check (first >= 0),
    bytes bytea not null,
    primary key (sha256, first)
);
comment on table picture_chunk is 'Pieces of pictures on their way into the picture store; deleted when they are there.';
alter table picture_chunk alter column bytes set storage external;

create table detector_state (
    partition smallint primary key check (partition between 0 and 63),
    at timestamptz not null,
    configuration text not null,
    state bytea not null
);
comment on table detector_state is 'The detectors of a partition as they were after the flush at `at`.';

create table quarantine (
    id bigint generated always as identity primary key,
    received timestamptz not null,
    topic text not null,
    collector text not null,
    lane text not null,
    code text not null,
    reason text not null,
    trace text not null,
    payload bytea not null,
    state text not null default 'held' check (state in ('held', 'retried', 'dropped')),
    settled timestamptz
);
comment on table quarantine is 'Messages that failed alone; a person looks, and feeds them again or drops them.';
create index quarantine_held on quarantine (collector, id) where state = 'held';

create table lost (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    collector text not null,
    lane text not null,
    first bigint not null,
    last bigint not null,
    reason text not null,
    items bigint not null check (items >= 0)
);
comment on table lost is 'What collectors had to drop, told by their tombstones.';
create index lost_by_collector on lost (collector, at);

-- == response: policies, alarms, incidents, events, deadlines, notices ==

-- Rules of response. An incident pins one version, so a version is never changed.
create table policy (
    id    text primary key,
    name  text not null,
    text  text not null,
    saved timestamptz not null
);

comment on table policy is 'Immutable versions of the rules of response, as their YAML.';

create table incident (
    id         text primary key,
    version    integer not null check (version >= 1),
    state      text not null check (state in ('reported', 'received', 'verified', 'filed', 'dispatched', 'accepted',
                                              'handling', 'handled', 'checked', 'closed', 'evaluated', 'rejected',
                                              'merged')),
    open       boolean not null
               generated always as (state not in ('closed', 'evaluated', 'rejected', 'merged')) stored,
    kind       text not null,
    grade      text not null check (grade in ('I', 'II', 'III', 'IV')),
    grid       text not null references grid,
    grid_path  text collate "C" not null,
    township   text not null references grid,
    device     text,
    alarm      text,
    raised     timestamptz,
    latitude   double precision,
    longitude  double precision,
    accuracy_m double precision,
    opened     timestamptz not null,
    began      timestamptz not null,
    confirmed  timestamptz,
    ended      timestamptz,
    lateness   text not null check (lateness in ('live', 'late', 'retrospective')),
    drill      boolean not null,
    policy     text not null references policy,
    alarms     integer not null,
    reports    integer not null,
    next_due   timestamptz,
    head       bytea not null check (octet_length(head) = 32),
    readiness  text not null default 'peace' constraint incident_readiness check (readiness in ('peace', 'alert')),
    source       text not null default 'sensor',
    matter       text not null default '',
    level        text constraint incident_level check (level in ('village', 'township', 'city')),
    lead         text,
    stage        text,
    stage_due    timestamptz,
    beyond       boolean not null default false,
    exercise     text not null default '',
    reported_by  text,
    satisfaction smallint constraint incident_satisfaction check (satisfaction between 1 and 5),
    changed      timestamptz not null,
    constraint incident_ended_check
        check ((ended is null) = (state not in ('closed', 'evaluated', 'rejected', 'merged')))
);

comment on table incident is 'One line per incident, folded from its events; its row lock guards all that belongs to it.';
comment on column incident.version is 'Number of its events.';
comment on column incident.grid_path is 'Path of its grid: while it is open it follows a grid that moves, afterwards it stays as it was.';
comment on column incident.township is 'First ancestor of the grid that answers for the township tier.';
comment on column incident.alarm is 'The alarm that opened it; null for a report by hand.';
comment on column incident.raised is 'When that alarm was raised.';
comment on column incident.next_due is 'Earliest open deadline; null when there is none.';
comment on column incident.head is 'Hash of its newest event.';
comment on column incident.source is 'Where it was heard of.';
comment on column incident.matter is 'Code of the catalogue; empty while nobody named one.';
comment on column incident.level is 'The level that deals with it, as a case.';
comment on column incident.lead is 'The organisation that leads, as a case.';
comment on column incident.stage is 'What it waits for on the working-time track.';
comment on column incident.stage_due is 'When that stage must be over.';
comment on column incident.reported_by is 'Who reported it first by hand.';
comment on column incident.changed is 'Recorded instant of its newest event.';

-- The net under correlation: whatever goes wrong above it, one raise of one alarm never has two open
-- incidents. Not one device and kind: smoke again, hours after people came and before somebody closed,
-- is another happening and must call them again. Drills and records of the past are beside the count.
create unique index incident_one_open on incident (alarm, raised)
    where open and not drill and lateness <> 'retrospective';
create index incident_township_open on incident (township, kind)
    where open;
create index incident_next_due on incident (next_due) where next_due is not null;
create index incident_grid_path on incident (grid_path);

create table incident_event (
    id         bigint generated always as identity,
    xid        xid8 not null default pg_current_xact_id(),
    incident   text not null references incident,
    version    integer not null check (version >= 1),
    kind       text not null,
    actor      text not null,
    occurred   timestamptz not null,
    recorded   timestamptz not null,
    body       bytea not null,
    prev_hash  bytea not null check (octet_length(prev_hash) = 32),
    hash       bytea not null check (octet_length(hash) = 32),
    primary key (incident, version)
);

comment on table incident_event is 'What happened, append-only and chained; ids and codes only, nothing personal.';
comment on column incident_event.xid is 'Transaction that wrote it: the live feed reads only below the oldest running one.';
comment on column incident_event.body is 'The whole record as JSON: these bytes count, the columns beside them are copies.';
comment on column incident_event.hash is 'SHA-256 of prev_hash followed by body; prev_hash of the first is SHA-256 of the incident''s id.';
comment on column incident_event.occurred is 'Claimed instant; verdicts use it.';
comment on column incident_event.recorded is 'The transaction''s instant; order uses it.';

create unique index incident_event_feed on incident_event (xid, id) include (incident);

create function tocsin_append_only() returns trigger
    language plpgsql as $$
begin
    raise exception 'rows of % are never changed', tg_table_name using errcode = 'integrity_constraint_violation';
end
$$;

create trigger incident_event_append_only before update or delete on incident_event
    for each statement execute function tocsin_append_only();

create table incident_act (
    incident text not null references incident deferrable initially deferred,
    act      text not null,
    recorded timestamptz not null,
    primary key (incident, act)
);

comment on table incident_act is 'Acts of people by the id made where the act was made: the same id is answered once.';

create table incident_clock (
    incident  text not null references incident,
    tier      text not null check (tier in ('village', 'township', 'city')),
    activated timestamptz not null,
    due       timestamptz not null,
    verdict   text check (verdict in ('arrived', 'late', 'missed', 'stood_down')),
    at        timestamptz,
    basis     text,
    cause     text not null default '',
    primary key (incident, tier)
);

comment on table incident_clock is 'The tiers'' deadlines for arriving and what became of them; null verdicts run.';
comment on column incident_clock.at is 'Instant of the fact behind the verdict.';

create table incident_person (
    incident text not null references incident,
    person   text not null,
    primary key (incident, person)
);

comment on table incident_person is 'Whom an incident concerns: who was called, told, or reported it. They may see it.';

create index incident_person_person on incident_person (person);

create table incident_organisation (
    incident     text not null references incident,
    organisation text not null,
    opened       timestamptz not null,
    primary key (incident, organisation)
);
comment on table incident_organisation is 'Which organisations an incident was ever routed or dispatched to: they may see it.';
comment on column incident_organisation.opened is 'When the incident was opened: its place in lists.';
create index incident_organisation_list on incident_organisation (organisation, opened desc, incident desc);

create table incident_alarm (
    incident text not null references incident,
    alarm    text not null,
    device   text not null,
    kind     text not null,
    attached timestamptz not null,
    primary key (incident, alarm)
);

comment on table incident_alarm is 'Alarms of an incident, with the instant of the newest attachment.';

create index incident_alarm_alarm on incident_alarm (alarm);

create table alarm (
    id              text primary key,
    device          text not null,
    kind            text not null,
    detector        text not null,
    grid            text not null references grid,
    raised          boolean not null,
    acknowledged    boolean not null,
    severity        double precision not null check (severity between 0 and 1),
    raised_at       timestamptz not null,
    cleared_at      timestamptz,
    acknowledged_by text,
    count           integer not null check (count >= 0),
    incident        text,
    armed           boolean not null,
    reason          text not null,
    reason_code     text not null,
    figures         jsonb not null,
    detection       text,
    pending         timestamptz,
    raises          timestamptz[] not null default '{}',
    shelved_until   timestamptz,
    shelved_by      text,
    shelved_reason  text not null default '',
    suppressed_by   text,
    maintenance     text not null default '',
    due             timestamptz,
    unique (device, kind, detector)
);

comment on table alarm is 'One condition of one device; detections raise and clear it.';
comment on column alarm.count is 'How often it was raised since it was last normal and acknowledged.';
comment on column alarm.incident is 'The last incident it was attached to.';
comment on column alarm.armed is 'False from opening or joining an incident until clear and rearm, or a higher grade.';
comment on column alarm.detection is 'The newest detection.';
comment on column alarm.pending is 'Since when a raise, or while raised a clear, waits for its delay.';
comment on column alarm.suppressed_by is 'The raised alarm that explains this one.';
comment on column alarm.maintenance is 'Id of the window that takes it out of service; empty without one.';
comment on column alarm.due is 'When it must be looked at again though nothing new came.';
create index alarm_due on alarm (due) where due is not null;

create index alarm_raised_at on alarm (raised_at desc);
create index alarm_incident on alarm (incident) where incident is not null;

-- Deadlines are rows of their incident and are touched under its lock only.
create table deadline (
    id           bigint generated always as identity primary key,
    incident     text not null references incident,
    key          text not null,
    due_at       timestamptz not null,
    fired_at     timestamptz,
    cancelled_at timestamptz,
    check (fired_at is null or cancelled_at is null),
    check (fired_at >= due_at)
);

comment on table deadline is 'Instants at which an incident must be looked at again; each fires once, never early.';

create unique index deadline_open on deadline (incident, key) include (due_at)
    where fired_at is null and cancelled_at is null;

create table notice (
    id           text primary key,
    incident     text not null references incident,
    person       text,
    tier         text check (tier in ('village', 'township', 'city')),
    channel      text not null,
    template     text not null,
    step         integer not null,
    priority     smallint not null check (priority between 0 and 9),
    not_before   timestamptz not null,
    expires      timestamptz not null,
    drill        boolean not null,
    created      timestamptz not null,
    state        text not null default 'pending'
                 check (state in ('pending', 'leased', 'sent', 'delivered', 'refused', 'unknown',
                                  'expired', 'cancelled', 'failed')),
    ready_at     timestamptz,
    holder       text,
    attempt      integer not null default 0,
    provider_id  text not null default '',
    reason       text not null default '',
    sent_at      timestamptz,
    cancelled_at timestamptz,
    provider     text not null default '',
    delivered_at timestamptz,
    check ((state in ('pending', 'leased')) = (ready_at is not null)),
    check (state <> 'leased' or holder is not null),
    check (state <> 'pending' or cancelled_at is null)
);

comment on table notice is 'The outbox: one message to one person or device over one channel.';
comment on column notice.priority is '0 is the most urgent.';
comment on column notice.not_before is 'Not before this instant, as decided or as postponed.';
comment on column notice.ready_at is 'When a relay may take it: not_before while pending, the lease''s end while leased.';
comment on column notice.holder is 'The relay that took it last.';
comment on column notice.cancelled_at is 'When it lost its worth; one that a relay holds at that moment may still have been sent.';

create index notice_ready on notice (priority, ready_at, id) where ready_at is not null and cancelled_at is null;
create index notice_expires on notice (expires) where ready_at is not null;
create index notice_incident on notice (incident, created);
comment on column notice.provider is 'Which of a channel''s providers took it.';
create index notice_provider on notice (provider, provider_id) where provider_id <> '';

-- What people said and where they were: personal, erasable, referred to by id.
create table report (
    id          text primary key,
    kind        text not null,
    grid        text not null references grid,
    words       text not null,
    caller      text not null,
    latitude    double precision,
    longitude   double precision,
    accuracy_m  double precision,
    reported_by text not null,
    at          timestamptz not null
);

comment on table report is 'Reports by hand: erasable.';
comment on column report.caller is 'The caller''s number as given.';

create table incident_report (
    incident text not null references incident,
    report   text not null,
    primary key (incident, report)
);

comment on table incident_report is 'Which reports belong to an incident; outlives the words.';

create table note (
    id       text primary key,
    incident text not null references incident deferrable initially deferred,
    person   text,
    text     text not null,
    written  timestamptz not null
);

comment on table note is 'Words about an incident: erasable.';

create index note_incident on note (incident);

create table position (
    id         bigint generated always as identity primary key,
    incident   text not null references incident deferrable initially deferred,
    person     text not null,
    latitude   double precision not null,
    longitude  double precision not null,
    accuracy_m double precision,
    observed   timestamptz not null,
    recorded   timestamptz not null
);

comment on table position is 'Where somebody was when they acted: erasable.';

create index position_incident on position (incident, person);

-- == alarms worth an operator's time: journal, maintenance, spots, readiness ==

create table alarm_journal (
    at         timestamptz not null,
    alarm      text not null,
    device     text not null,
    kind       text not null,
    detector   text not null,
    grid_path  text collate "C" not null,
    what       text not null check (what in ('raised', 'returned', 'acknowledged', 'shelved', 'unshelved', 'suppressed',
                                             'unsuppressed', 'out_of_service', 'in_service', 'filtered')),
    actor      text not null,
    reason     text not null default ''
);

comment on table alarm_journal is 'Every change of state of every alarm (ISA-18.2), by which the load on operators is counted.';
comment on column alarm_journal.what is '`raised` is an annunciation: it asked for an operator''s attention.';
select tocsin_cut_by_day('alarm_journal', 400, 60);
create index alarm_journal_by_alarm on alarm_journal (alarm, at desc);
create index alarm_journal_by_time on alarm_journal (at desc, what);

create table maintenance (
    id       text primary key,
    grid     text references grid,
    device   text,
    since    timestamptz not null,
    until    timestamptz not null check (until > since),
    reason   text not null,
    person   text not null,
    made     timestamptz not null,
    ended    timestamptz,
    check ((grid is null) <> (device is null))
);

comment on table maintenance is 'Windows in which the alarms of a device, or of a grid and what lies below, are out of service.';
comment on column maintenance.device is 'A device, or a whole collector by its name.';
comment on column maintenance.ended is 'When somebody ended it before its time.';
create index maintenance_until on maintenance (until) where ended is null;

create table false_spot (
    id       text primary key,
    device   text not null,
    kind     text not null,
    x        double precision,
    y        double precision,
    width    double precision check (width > 0),
    height   double precision check (height > 0),
    until    timestamptz not null,
    reason   text not null,
    person   text not null,
    made     timestamptz not null,
    ended    timestamptz,
    check ((x is null) = (y is null) and (y is null) = (width is null) and (width is null) = (height is null))
);

comment on table false_spot is 'What an operator has called false at a spot of a picture, or at a device, until an instant.';
comment on column false_spot.x is 'Left edge as a part of the picture''s width; null for the whole picture or a sensor.';
create index false_spot_device on false_spot (device) where ended is null;

create table readiness (
    id        bigint generated always as identity primary key,
    grid      text not null references grid,
    readiness text not null check (readiness in ('peace', 'alert')),
    at        timestamptz not null,
    person    text not null,
    reason    text not null
);

comment on table readiness is 'When a grid and what lies below was put on alert and back; the newest row of the nearest grid holds.';
create index readiness_grid on readiness (grid, id desc);

-- == how good detectors are: judgements, drills ==

create function tocsin_judgement(incident_id text) returns text
    language sql stable parallel safe as $$
    with recursive merged (id, depth) as (
        select incident_id, 0
        union all
        select convert_from(e.body, 'UTF8')::jsonb #>> '{event,into}', depth + 1
          from merged join incident_event e on e.incident = merged.id and e.kind = 'merged'
         where depth < 8
    ),
    word as (
        select e.kind, convert_from(e.body, 'UTF8')::jsonb #>> '{actor,kind}' as actor,
               convert_from(e.body, 'UTF8')::jsonb #>> '{event,reason_code}' as reason
          from incident_event e
         where e.incident = (select id from merged order by depth desc limit 1)
           and e.kind in ('confirmed', 'rejected', 'closed')
    )
    select case
        when bool_or(kind = 'rejected' and reason = 'test') then 'test'
        when bool_or(kind = 'rejected' and actor = 'person' and reason in ('false_alarm', 'nothing_here')) then 'false'
        when bool_or(actor = 'person' and (kind = 'confirmed' or (kind = 'closed' and reason in ('handled', 'transferred'))))
            then 'real'
        else 'unjudged' end
    from word
$$;

comment on function tocsin_judgement(text) is
    'What a person said of an incident, or of the one it was merged into: real, false, test, else unjudged. A machine''s word is none.';

create table detector_drill (
    id        text primary key,
    device    text not null,
    kind      text not null,
    since     timestamptz not null,
    until     timestamptz not null check (until > since),
    reason    text not null,
    person    text not null,
    made      timestamptz not null,
    withdrawn timestamptz
);

comment on table detector_drill is 'What people arranged in front of a device so that a detector must see it; such alarms count in no precision.';
comment on column detector_drill.withdrawn is 'When it was taken back: it was not held, and counts nowhere.';
create index detector_drill_device on detector_drill (device, kind, since) where withdrawn is null;

-- == reaching people: providers, budgets, receipts, replies, tests, phones ==

create table send_budget (
    key           text primary key,
    spent         timestamptz[] not null default '{}',
    blocked_until timestamptz
) with (fillfactor = 50);

comment on table send_budget is 'What providers and people may still take, shared by all relays; keys hold no addresses, only hashes.';

create table provider_health (
    channel  text not null,
    provider text not null,
    up       boolean not null,
    since    timestamptz not null,
    failures integer not null default 0 check (failures >= 0),
    last_ok  timestamptz,
    probed   timestamptz,
    reason   text not null default '',
    offered  timestamptz,
    primary key (channel, provider)
);

comment on table provider_health is 'Which providers work, judged by what became of sendings and by probes.';
comment on column provider_health.failures is 'Sendings in a row that it did not take, through no fault of the address.';
comment on column provider_health.offered is 'When a relay last said that it has it.';

create table reach_salt (
    one  boolean primary key default true check (one),
    salt bytea not null default uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
);

comment on table reach_salt is 'Key of the hashes under which budgets know addresses; one row.';
insert into reach_salt default values;

create table provider_receipt (
    provider    text not null,
    provider_id text not null,
    address     text not null default '',
    delivered   boolean not null,
    reason      text not null default '',
    at          timestamptz not null,
    settled     timestamptz,
    primary key (provider, provider_id, address)
);

create index provider_receipt_waiting on provider_receipt (at) where settled is null;

comment on table provider_receipt is 'What providers said later of a message; one may come before the sending is settled.';
comment on column provider_receipt.address is 'Salted hash of the number, where one message has several; else empty.';

create table reply_code (
    person   text not null,
    number   smallint not null check (number between 1 and 99),
    incident text not null references incident,
    made     timestamptz not null,
    expires  timestamptz not null,
    alone    boolean not null default false,
    primary key (person, number)
);

comment on table reply_code is 'Short numbers by which a person without data answers for one incident by SMS or key.';
comment on column reply_code.alone is 'It was told without a number: one digit answers for it.';

create table channel_test (
    id       text primary key,
    person   text not null references person on delete cascade,
    channel  text not null,
    provider text not null default '',
    asked    timestamptz not null,
    asked_by text not null,
    token    bytea not null check (octet_length(token) = 32),
    outcome  text,
    reason   text not null default '',
    settled  timestamptz,
    answered timestamptz,
    provider_id text not null default '',
    claimed  timestamptz
);

comment on table channel_test is 'Trials of a person''s channels: what the provider said, and whether the person answered.';
comment on column channel_test.token is 'SHA-256 of the token that the person sends back.';
comment on column channel_test.claimed is 'When a relay last took it to send it.';
create index channel_test_person on channel_test (person, channel, asked desc);
create index channel_test_waiting on channel_test (asked) where outcome is null;
create unique index channel_test_token on channel_test (token);

-- == arrival and its proof: proofs, tags, challenges, phones ==

create table proof (
    id       text primary key,
    incident text not null references incident deferrable initially deferred,
    tier     text,
    person   text,
    basis    text not null,
    at       timestamptz not null,
    recorded timestamptz not null,
    details  jsonb not null default '{}',
    picture  text,
    refuted  timestamptz
);

comment on table proof is 'What was shown for an arrival: erasable; the log holds its id.';
comment on column proof.details is 'Distance, accuracy, age, tag, code, phone and counter, as far as they were given.';
create index proof_incident on proof (incident, recorded);

create table place_tag (
    id      text primary key,
    grid    text not null references grid,
    device  text,
    name    text not null,
    secret  bytea not null check (octet_length(secret) = 32),
    made    timestamptz not null,
    made_by text not null,
    revoked timestamptz
);

comment on table place_tag is 'QR codes and NFC tags that hang at places; whoever shows one was there.';
comment on column place_tag.secret is 'SHA-256 of the secret on the tag.';
create unique index place_tag_secret on place_tag (secret);

create table photo_challenge (
    id       text primary key,
    incident text not null references incident,
    person   text not null,
    code     text not null,
    made     timestamptz not null,
    expires  timestamptz not null,
    used     timestamptz
);

comment on table photo_challenge is 'Codes that must be seen in a photo taken on the spot; each is good once.';

create table phone_key (
    id         text primary key,
    person     text not null references person on delete cascade,
    public_key bytea not null,
    name       text not null default '',
    made       timestamptz not null,
    counter    bigint not null default 0 check (counter >= 0),
    revoked    timestamptz
);

comment on table phone_key is 'Keys by which phones sign acts that were made without a network.';
comment on column phone_key.public_key is 'ECDSA P-256, SubjectPublicKeyInfo.';
comment on column phone_key.counter is 'Highest counter seen: an act is never taken twice.';
create index phone_key_person on phone_key (person) where revoked is null;

-- == the watcher: signs of life, findings ==

create table beat (
    name    text primary key,
    role    text not null,
    host    text not null,
    at      timestamptz not null,
    clock   timestamptz not null,
    details jsonb not null default '{}'
) with (fillfactor = 50);

comment on table beat is 'Sign of life of every worker: when its last round ended, and what its own clock said then.';

create table watch_finding (
    code     text not null,
    subject  text not null,
    since    timestamptz not null,
    seen     timestamptz not null,
    until    timestamptz,
    sentence text not null,
    paged    timestamptz,
    primary key (code, subject, since)
);

comment on table watch_finding is 'What the watcher found and when it ended.';

-- == places: changes, key places; jobs ==

create table place_change (
    one     boolean primary key default true check (one),
    version bigint not null
);
insert into place_change (version) values (1);
comment on table place_change is 'Rises with every change of a grid: whoever keeps the tree in memory reads it again when this has risen.';

create function tocsin_place_changed() returns trigger
    language plpgsql as $$
begin
    update place_change set version = version + 1;
    return null;
end $$;

create trigger grid_changed after insert or update or delete on grid
    for each statement execute function tocsin_place_changed();

create table key_place (
    id        text primary key,
    kind      text not null check (kind in ('house', 'facility', 'farmland', 'woodland', 'water')),
    name      text not null,
    grid      text not null references grid,
    latitude  double precision not null check (latitude between -90 and 90),
    longitude double precision not null check (longitude between -180 and 180),
    note      text not null default '',
    since     timestamptz not null,
    until     timestamptz check (until > since),
    added_by  text not null default '',
    ended_by  text not null default ''
);
comment on table key_place is 'Places that somebody of the grid looks after: what may not lie outside every grid.';
create index key_place_grid on key_place (grid) where until is null;

create table bulk_job (
    id          text primary key,
    kind        text not null,
    person      text not null,
    scope       text collate "C" not null,
    state       text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed')),
    holder      text not null,
    beat        timestamptz not null,
    stopping    boolean not null default false,
    done        bigint not null default 0 check (done >= 0),
    total       bigint not null default 0 check (total >= 0),
    faults      jsonb not null default '[]',
    faulty      integer not null default 0 check (faulty >= 0),
    report      jsonb,
    reason_code text not null default '',
    reason      text not null default '',
    file_name   text not null default '',
    file_type   text not null default '',
    file        bytea,
    made        timestamptz not null,
    ended       timestamptz check (ended >= made),
    constraint bulk_job_ended check ((ended is null) = (state in ('waiting', 'running')))
);
comment on table bulk_job is 'Work on many rows at once that somebody asked for, and what came of it.';
comment on column bulk_job.holder is 'The process that does it; one that does not beat any more has lost it.';
comment on column bulk_job.stopping is 'Somebody wants it to stop.';
comment on column bulk_job.faults is 'The first faults: [{"row": 3, "column": "code", "code": "grid.code", "message": "…"}].';
comment on column bulk_job.faulty is 'How many faults there were.';
comment on column bulk_job.file is 'What it made, for the person to take away.';
create index bulk_job_made on bulk_job (made);
create index bulk_job_unfinished on bulk_job (holder) where state in ('waiting', 'running');

-- == sweeps, exercises ==

create table sweep (
    id         text primary key,
    grid       text not null references grid,
    path       text collate "C" not null,
    kind       text not null check (kind in ('hazard', 'people', 'supplies', 'environment', 'notice', 'other')),
    title      text not null,
    words      text not null default '',
    drill      boolean not null default false,
    started    timestamptz not null,
    started_by text not null,
    remind     timestamptz,
    until      timestamptz not null,
    ended      timestamptz,
    ended_by   text not null default '',
    constraint sweep_spans check (until > started and ended >= started)
);
comment on table sweep is 'One call to all grids under a place, each of which answers.';
comment on column sweep.path is 'Path of the grid when it began.';
comment on column sweep.remind is 'When those who have not answered are told again; null after it was done, or never.';
comment on column sweep.until is 'Later answers are marked late; nobody is told any more.';
create index sweep_started on sweep (started);
create index sweep_remind on sweep (remind) where remind is not null;

create table sweep_grid (
    sweep       text not null references sweep,
    grid        text not null references grid,
    path        text collate "C" not null,
    looked      timestamptz,
    person      text,
    answered    timestamptz,
    answered_by text not null default '',
    answer      text check (answer in ('clear', 'found', 'unable')),
    found       integer check (found >= 0),
    words       text not null default '',
    late        boolean not null default false,
    corrected   timestamptz,
    primary key (sweep, grid),
    constraint sweep_grid_answered check ((answered is null) = (answer is null))
);
comment on table sweep_grid is 'The roll-call: a row for each grid that shall answer.';
comment on column sweep_grid.looked is 'When somebody was looked for who answers for it; null before.';
comment on column sweep_grid.person is 'Who that is; null when nobody was on duty.';
comment on column sweep_grid.found is 'How many of what was looked for.';
create index sweep_grid_unlooked on sweep_grid (sweep, path) where looked is null;
create index sweep_grid_path on sweep_grid (sweep, path);
create index sweep_grid_person on sweep_grid (person) where answered is null;

create table sweep_call (
    id          text primary key,
    sweep       text not null references sweep,
    person      text not null references person on delete cascade,
    step        smallint not null check (step in (1, 2)),
    made        timestamptz not null,
    ready       timestamptz,
    sending     timestamptz,
    channel     text,
    tried       text[] not null default '{}',
    outcome     text check (outcome in ('sent', 'failed', 'unknown', 'expired', 'cancelled')),
    reason      text not null default '',
    provider    text not null default '',
    provider_id text not null default '',
    settled     timestamptz,
    unique (sweep, person, step),
    constraint sweep_call_settled check ((outcome is null) = (ready is not null))
);
comment on table sweep_call is 'What people are told of a sweep: once, and once more when they have not answered.';
comment on column sweep_call.step is '1 for the call, 2 for the reminder.';
comment on column sweep_call.ready is 'When a relay may take it; while one has it, when its lease ends.';
comment on column sweep_call.sending is 'Set right before it is sent: whoever finds it set and no outcome does not send it again.';
create index sweep_call_ready on sweep_call (ready) where ready is not null;

create table exercise (
    id           text primary key,
    title        text not null,
    words        text not null default '',
    kind         text not null,
    grade        text not null check (grade in ('I', 'II', 'III', 'IV')),
    grid         text not null references grid,
    path         text collate "C" not null,
    participants text[] not null check (cardinality(participants) between 1 and 200),
    plan         text not null default '',
    planned      timestamptz,
    made         timestamptz not null,
    made_by      text not null,
    started      timestamptz,
    started_by   text not null default '',
    incident     text references incident,
    cancelled    timestamptz,
    constraint exercise_started check ((started is null) = (incident is null)),
    constraint exercise_one_end check (started is null or cancelled is null)
);
comment on table exercise is 'A drill that somebody prepared: whom it may call, and what is played.';
comment on column exercise.planned is 'When it starts by itself; null for one that is started by hand.';
create index exercise_made on exercise (made);
create index exercise_planned on exercise (planned) where planned is not null and started is null and cancelled is null;
create index incident_exercise on incident (exercise) where exercise <> '';

-- == lists and names of cases ==

create table display_profile (
    root    text primary key,
    profile text not null,
    person  text not null,
    chosen  timestamptz not null
);
comment on table display_profile is 'What the steps of a case are called in a tree of places.';
comment on column display_profile.root is 'Code of the root; empty for all trees that have chosen none.';

-- A page of a list is read in its own order, (opened desc, id desc). Every filter with few values stands in the index
-- itself: however a list is narrowed, it is read without touching a row that is not shown. What names few of many
-- incidents (an organisation, a person, a matter, a rare source or grade) has an index of its own (decision 29).
create index incident_list on incident (opened desc, id desc)
    include (grid_path, state, open, kind, grade, source, level, matter, drill);
create index incident_open on incident (opened desc, id desc) where open;
create index incident_stage on incident (stage, opened desc, id desc) where stage is not null;
create index incident_stage_due on incident (stage_due) where open and stage_due is not null;
create index incident_lead on incident (lead, opened desc, id desc) where lead is not null;
create index incident_reported_by on incident (reported_by, opened desc, id desc) where reported_by is not null;
create index incident_matter on incident (matter collate "C", opened desc, id desc);
create index incident_source on incident (source, opened desc, id desc);
create index incident_grade on incident (grade, opened desc, id desc) where grade <> 'IV';
create index incident_level on incident (level, opened desc, id desc) where level <> 'village';
create index incident_drill on incident (opened desc, id desc) where drill;
-- An index is enough for a page only where the vacuum has been: it comes after every fiftieth row, not every fifth.
alter table incident set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);

-- == figures ==

create table incident_fact (
    incident     text primary key references incident,
    version      integer not null check (version >= 1),
    form         smallint not null,
    organisation text,
    grid_path    text collate "C" not null,
    opened       timestamptz not null,
    body         bytea not null
);
comment on table incident_fact is 'What figures count of an incident, read from its log; may be emptied at any time.';
comment on column incident_fact.version is 'Number of events that were read: a longer log is read anew.';
comment on column incident_fact.form is 'Form of the body: one of another form is read anew.';
comment on column incident_fact.organisation is 'Who leads: figures of an organisation are asked for by it.';
comment on column incident_fact.body is 'JSON.';
create index incident_fact_opened on incident_fact (opened, incident);
create index incident_fact_grid_path on incident_fact (grid_path, opened);
create index incident_fact_organisation on incident_fact (organisation, opened) where organisation is not null;

create index incident_open_by_grid on incident (grid_path, opened, id) where open and not drill;
create index incident_event_reported_up on incident_event (incident) where kind = 'reported_up';

-- == evaluation: activity, scores, contests, points ==

create table activity (
    id        text primary key,
    person    text not null references person,
    indicator text not null check (indicator in ('sign_in', 'upkeep', 'patrol')),
    at        timestamptz not null,
    subject   text not null,
    grid      text references grid
);
comment on table activity is 'What members of the staff did that no other record keeps; append-only. Reports and handling stand in incident_event.';
comment on column activity.id is 'Made from the act: the same act, sign-in of a day or check-in of a day is one row.';
comment on column activity.subject is 'What it was done to: tag:<id>, grid:<code>, person:<id>, key_place:<id>, or the day of a sign-in.';
create index activity_person on activity (person, at);
create trigger activity_append_only before update or delete on activity
    for each statement execute function tocsin_append_only();

create index incident_event_by_person on incident_event (actor, recorded)
    where kind in ('report_attached', 'accepted', 'arrived', 'handled', 'taken_on', 'work_done');

create table score_weight (
    root       text not null references grid,
    indicator  text not null check (indicator in ('sign_in', 'upkeep', 'report', 'patrol', 'handling')),
    points     smallint not null check (points between 0 and 100),
    full_count integer not null check (full_count between 1 and 10000),
    changed_by text not null,
    changed    timestamptz not null,
    primary key (root, indicator)
);
comment on table score_weight is 'What each indicator is worth in a month, for a grid and what lies below; without rows the weights of the program hold.';
comment on column score_weight.full_count is 'So many rows in a month earn all of its points; more earn no more.';

create table score_month (
    id           text primary key,
    root         text not null references grid,
    month        date not null check (extract(day from month) = 1),
    weights      jsonb not null,
    published    timestamptz not null,
    published_by text not null,
    unique (root, month)
);
comment on table score_month is 'Scores of a month that were published for a grid and what lies below: never changed.';

create table score (
    score_month text not null references score_month,
    person      text not null references person,
    grid        text not null references grid,
    class       text not null,
    counts      jsonb not null,
    total       integer not null check (total between 0 and 10000),
    place       integer not null check (place >= 1),
    primary key (score_month, person)
);
comment on table score is 'One member''s published score; append-only.';
comment on column score.counts is 'How many rows each indicator had: with the weights of the month they give the total.';
comment on column score.total is 'Hundredths of a point.';
comment on column score.place is 'Rank within the class; equal totals share it.';
create index score_person on score (person);
create index score_place on score (score_month, class, place);
create trigger score_append_only before update or delete on score
    for each statement execute function tocsin_append_only();

create table contest (
    id       text primary key,
    root     text not null references grid,
    quarter  date not null check (extract(day from quarter) = 1 and extract(month from quarter) in (1, 4, 7, 10)),
    fixed    timestamptz not null,
    fixed_by text not null,
    unique (root, quarter)
);
comment on table contest is 'A quarter''s contest of grids within their classes, fixed once from published scores.';

create table contest_entry (
    contest text not null references contest,
    grid    text not null references grid,
    class   text not null,
    months  jsonb not null,
    total   integer not null check (total between 0 and 10000),
    place   integer not null check (place >= 1),
    primary key (contest, grid)
);
comment on table contest_entry is 'How a grid came out; append-only.';
comment on column contest_entry.months is 'By month: members and the sum of their totals.';
comment on column contest_entry.total is 'Mean of all its members'' monthly totals, hundredths of a point, rounded down.';
create trigger contest_entry_append_only before update or delete on contest_entry
    for each statement execute function tocsin_append_only();

create table points_category (
    code   text primary key check (code ~ '^[a-z_]{1,32}$'),
    zh     text not null,
    en     text not null,
    "rank" integer not null unique
);
comment on table points_category is 'For what points are given; eight to begin with.';
insert into points_category (code, zh, en, "rank") values
    ('diligence', '勤劳致富', 'Diligence', 1),
    ('family', '孝老爱亲', 'Care of family and the old', 2),
    ('customs', '移风易俗', 'Better customs', 3),
    ('mediation', '矛盾调解', 'Mediation', 4),
    ('environment', '环保卫生', 'Environment and hygiene', 5),
    ('law', '遵纪守法', 'Keeping the law', 6),
    ('volunteering', '热心公益', 'Volunteering', 7),
    ('example', '榜样好人', 'A good example', 8);

create table points_entry (
    id       text primary key,
    holder   text not null references person,
    kind     text not null check (kind in ('award', 'redemption', 'correction')),
    category text references points_category,
    points   integer not null,
    reason   text not null,
    source   text not null,
    corrects text references points_entry,
    made     timestamptz not null,
    made_by  text not null,
    constraint points_entry_sign check (case kind when 'award' then points > 0 when 'redemption' then points < 0 else points <> 0 end),
    constraint points_entry_corrects check ((corrects is not null) = (kind = 'correction')),
    constraint points_entry_category check (case kind when 'award' then category is not null when 'redemption' then category is null else true end),
    constraint points_entry_others check (made_by <> holder)
);
comment on table points_entry is 'Points given, spent and put right; append-only. What was wrong is put right by a counter-entry.';
comment on column points_entry.source is 'What it is for: an incident, a report, or words.';
create index points_entry_holder on points_entry (holder, made);
create index points_entry_made on points_entry (made);
create index points_entry_corrects on points_entry (corrects) where corrects is not null;
create trigger points_entry_append_only before update or delete on points_entry
    for each statement execute function tocsin_append_only();

create table points_answer (
    entry   text primary key references points_entry,
    granted boolean not null,
    person  text not null,
    at      timestamptz not null
);
comment on table points_answer is 'Whether somebody else than who made it granted an award or a correction; a redemption needs no answer. Append-only.';
create trigger points_answer_append_only before update or delete on points_answer
    for each statement execute function tocsin_append_only();
