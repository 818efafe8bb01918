-- How good detectors are: what people said of incidents, and drills that a detector must see.

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
