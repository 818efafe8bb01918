-- Sweeps with their roll-call, and exercises.

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
