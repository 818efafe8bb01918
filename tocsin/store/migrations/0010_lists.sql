-- Lists of incidents by any filter; what the steps of a case are called where.

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
drop index incident_opened;
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

drop index incident_organisation_organisation;
alter table incident_organisation add column opened timestamptz;
update incident_organisation r set opened = i.opened from incident i where i.id = r.incident;
alter table incident_organisation alter column opened set not null;
comment on column incident_organisation.opened is 'When the incident was opened: its place in lists.';
create index incident_organisation_list on incident_organisation (organisation, opened desc, incident desc);
comment on table incident_person is 'Whom an incident concerns: who was called, told, or reported it. They may see it.';
