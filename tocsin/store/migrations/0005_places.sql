-- Places: the counter of changes, key places; work on many rows at once.

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

comment on column incident.grid_path is 'Path of its grid: while it is open it follows a grid that moves, afterwards it stays as it was.';
