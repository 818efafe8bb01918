-- Figures: what was read of each incident's log, kept until the log goes on.

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
