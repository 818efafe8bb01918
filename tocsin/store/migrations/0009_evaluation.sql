-- Evaluation of grid staff: what they did, weights, published scores, contests; the ledger of points.

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
