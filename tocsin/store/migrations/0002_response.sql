-- The response engine: alarms after ISA-18.2, providers, proofs, the watcher.

alter table alarm
    add column pending timestamptz,
    add column raises timestamptz[] not null default '{}',
    add column shelved_until timestamptz,
    add column shelved_by text,
    add column shelved_reason text not null default '',
    add column suppressed_by text,
    add column maintenance text not null default '',
    add column due timestamptz;
comment on column alarm.pending is 'Since when a raise, or while raised a clear, waits for its delay.';
comment on column alarm.suppressed_by is 'The raised alarm that explains this one.';
comment on column alarm.maintenance is 'Id of the window that takes it out of service; empty without one.';
comment on column alarm.due is 'When it must be looked at again though nothing new came.';
create index alarm_due on alarm (due) where due is not null;

alter table incident
    add column readiness text not null default 'peace' constraint incident_readiness check (readiness in ('peace', 'alert'));

alter table notice
    add column provider text not null default '',
    add column delivered_at timestamptz;
comment on column notice.provider is 'Which of a channel''s providers took it.';
create index notice_provider on notice (provider, provider_id) where provider_id <> '';

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
