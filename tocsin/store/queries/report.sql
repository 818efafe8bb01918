-- name: readings
-- readings received since an instant, and how many of them differ in stream and observed instant
select count(*) as stored, count(distinct (stream, observed)) as distinct_readings
from reading where received >= %(since)s;

-- name: detections
-- detections since an instant
select count(*) as n from detection where at >= %(since)s;

-- name: alarms
-- alarms raised since an instant
select count(*) as n from alarm where raised_at >= %(since)s;

-- name: incidents
-- incidents opened since an instant, by kind
select kind, count(*) as n from incident where opened >= %(since)s and not drill group by kind order by kind;

-- name: clocks
-- clocks of these incidents by tier with their last verdicts
select tier,
    count(*) as started,
    count(*) filter (where verdict = 'arrived') as arrived,
    count(*) filter (where verdict = 'late') as late,
    count(*) filter (where verdict = 'missed') as missed,
    count(*) filter (where verdict = 'stood_down') as stood_down
from incident_clock join incident on incident.id = incident_clock.incident
where incident.opened >= %(since)s and not incident.drill group by tier;

-- name: notices
-- notices created since an instant, by state
select state, count(*) as n from notice where created >= %(since)s group by state order by state;

-- name: stored_ms
-- milliseconds from observation to the instant of the flush
select percentile_cont(0.5) within group (order by ms) as p50, percentile_cont(0.99) within group (order by ms) as p99
from (select extract(epoch from received - observed) * 1000 as ms from reading where received >= %(since)s) as taken;

-- name: notice_ms
-- milliseconds from the first detection behind an incident to its first notice
select percentile_cont(0.5) within group (order by ms) as p50, percentile_cont(0.99) within group (order by ms) as p99
from (
    select extract(epoch from first_notice - seen) * 1000 as ms
    from incident
    cross join lateral (select min(created) as first_notice from notice where notice.incident = incident.id) as told
    cross join lateral (
        select min(detection.observed) as seen from incident_alarm
        join detection on detection.device = incident_alarm.device and detection.at >= incident.opened - interval '1 minute'
            and detection.at <= incident_alarm.attached and detection.phase = 'raise'
        where incident_alarm.incident = incident.id
    ) as noticed
    where incident.opened >= %(since)s and first_notice is not null and seen is not null
) as spans;

-- name: lateness_ms
-- milliseconds between a deadline and its firing
select percentile_cont(0.5) within group (order by ms) as p50,
    percentile_cont(0.99) within group (order by ms) as p99, max(ms) as max
from (select extract(epoch from fired_at - due_at) * 1000 as ms from deadline where fired_at >= %(since)s) as fired;
