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

-- Lists are ordered by (opened desc, id desc). Whatever a list may be narrowed by has an index in that order, so that
-- a page is read from the narrowest of them until it is full, and no other filter makes it read much more (decision 29).
create index incident_open on incident (opened desc, id desc) where open;
create index incident_drill on incident (opened desc, id desc) where drill;
create index incident_state on incident (state, opened desc, id desc);
create index incident_kind on incident (kind, opened desc, id desc);
create index incident_grade on incident (grade, opened desc, id desc) where grade <> 'IV';
create index incident_source on incident (source, opened desc, id desc);
create index incident_matter on incident (matter collate "C", opened desc, id desc);
create index incident_level on incident (level, opened desc, id desc) where level is not null;
create index incident_lead on incident (lead, opened desc, id desc) where lead is not null;
create index incident_reported_by on incident (reported_by, opened desc, id desc) where reported_by is not null;
create index incident_stage_due on incident (stage_due) where open and stage_due is not null;
