-- Queries of tocsin/store/maintenance.py, which runs once a minute in one process at a time.

-- name: try_round
-- Lets one process at a time do the work.
select pg_try_advisory_xact_lock(7020316002)

-- name: hurry
-- Gives up after a second where a lock is not free, so that no flush queues up behind us.
set local lock_timeout = '1s'

-- name: set_retention
-- Takes the configured number of days over.
update timed_table set days_kept = %(days)s where name = any(%(names)s::text[]) and days_kept <> %(days)s

-- name: make_partitions
-- Makes the partitions of the days around now.
select tocsin_make_partitions(tocsin_clock())

-- name: old_partitions
-- Names the native partitions that lie wholly before the days we keep, oldest first.
select timed_table.name, part.relname
from timed_table
join pg_inherits on pg_inherits.inhparent = timed_table.name::regclass
join pg_class as part on part.oid = pg_inherits.inhrelid
where not timed_table.hypertable
    and right(part.relname, 8) < to_char((tocsin_clock() at time zone 'UTC') - make_interval(days => timed_table.days_kept), 'YYYYMMDD')
order by right(part.relname, 8), part.relname
limit 100

-- name: hypertables
-- Names the hypertables and the instant before which their chunks go.
select name, tocsin_clock() - make_interval(days => days_kept) from timed_table where hypertable order by name

-- name: drop_chunks
-- Drops the chunks of a hypertable that lie wholly before an instant.
select count(*) from drop_chunks(%(name)s::regclass, older_than => %(before)s::timestamptz)

-- name: due_buckets
-- Takes hours whose readings have been quiet for ten times the interval at which ingest marks again.
delete from dirty_bucket
where (stream, hour) in (
    select stream, hour from dirty_bucket
    where marked < tocsin_clock() - interval '10 minutes'
    order by hour, stream
    limit %(most)s
    for update skip locked
)
returning stream, hour

-- name: clear_minutes
-- Removes the roll-ups of hours that are computed again.
delete from reading_1m
using unnest(%(streams)s::integer[], %(hours)s::timestamptz[]) as due (stream, hour)
where reading_1m.stream = due.stream
    and reading_1m.at >= due.hour and reading_1m.at < due.hour + interval '1 hour'
    and reading_1m.at >= %(first)s and reading_1m.at < %(last)s

-- name: compute_minutes
-- Computes roll-ups by minute out of readings.
insert into reading_1m (at, stream, samples, least, most, mean, newest)
select date_trunc('minute', reading.at, 'UTC'), reading.stream, count(*), min(value), max(value), avg(value),
    (array_agg(value order by reading.at desc, reading.received desc))[1]
from unnest(%(streams)s::integer[], %(hours)s::timestamptz[]) as due (stream, hour)
join reading on reading.stream = due.stream
    and reading.at >= due.hour and reading.at < due.hour + interval '1 hour'
where reading.at >= %(first)s and reading.at < %(last)s and value is not null
group by 1, 2

-- name: compute_hours
-- Computes roll-ups by hour out of readings.
insert into reading_1h (at, stream, samples, least, most, mean, newest)
select due.hour, reading.stream, count(*), min(value), max(value), avg(value),
    (array_agg(value order by reading.at desc, reading.received desc))[1]
from unnest(%(streams)s::integer[], %(hours)s::timestamptz[]) as due (stream, hour)
join reading on reading.stream = due.stream
    and reading.at >= due.hour and reading.at < due.hour + interval '1 hour'
where reading.at >= %(first)s and reading.at < %(last)s and value is not null
group by 1, 2
on conflict (stream, at) do update
set samples = excluded.samples, least = excluded.least, most = excluded.most, mean = excluded.mean,
    newest = excluded.newest

-- name: count_dirty
-- Counts the hours that wait.
select count(*) from dirty_bucket

-- name: thin_flushes
-- Leaves one line a minute of the log of flushes that every live partition's snapshot lies after: enough to know in which
-- minutes somebody listened, for a replay under other rules. What was thinned more than a day ago is not looked at again.
delete from flush_log
where at < tocsin_clock() - interval '1 hour'
    and at < (
        select min(detector_state.at) from detector_state
        where detector_state.at > (select max(at) from detector_state) - interval '7 days'
    )
    and at > tocsin_clock() - interval '2 days'
    and exists (
        select from flush_log as first
        where first.session = flush_log.session
            and first.at >= date_trunc('minute', flush_log.at, 'UTC') and first.at < flush_log.at
    )

-- name: forget_flushes
-- Drops what is left of the log when the readings of that time are gone.
delete from flush_log
where at < tocsin_clock() - make_interval(days => (select days_kept from timed_table where name = 'reading'))

-- name: forget_flushes_without_detectors
-- Drops the log of flushes where no detectors were ever saved.
delete from flush_log
where at < tocsin_clock() - interval '1 day' and not exists (select from detector_state)

-- name: forget_chunks
-- Drops the pieces of pictures that will never be complete: a box keeps them for seven days.
delete from picture_chunk using picture
where picture.sha256 = picture_chunk.sha256 and not picture.complete
    and picture.received < tocsin_clock() - interval '8 days'

-- name: forget_quarantine
-- Drops messages that a person settled a month ago.
delete from quarantine where state <> 'held' and settled < tocsin_clock() - interval '30 days'

-- name: pictures_to_keep
-- Names complete pictures whose bytes are still in pieces here.
select sha256 from picture where complete and not kept order by received limit %(most)s

-- name: picture_bytes
-- Puts a picture together; null when its pieces are gone.
select string_agg(bytes, '' order by first) from picture_chunk where sha256 = %(sha256)s

-- name: picture_kept
-- Notes that a picture is safe in the picture store, and drops its pieces.
with kept as (update picture set kept = true where sha256 = %(sha256)s)
delete from picture_chunk where sha256 = %(sha256)s

-- name: forget_positions
-- Delete positions of people once their incident has been over for so many days.
delete from position p using incident i
 where i.id = p.incident and i.ended < tocsin_clock() - make_interval(days => %(days)s);

-- name: forget_proof_details
-- Delete what proofs say about where and by what phone; the log keeps their grade.
update proof p set details = '{}'
  from incident i
 where i.id = p.incident and i.ended < tocsin_clock() - make_interval(days => %(days)s) and p.details <> '{}';

-- name: forget_challenges
-- Delete codes of photos with the positions.
delete from photo_challenge c using incident i
 where i.id = c.incident and i.ended < tocsin_clock() - make_interval(days => %(days)s);

-- name: forget_budgets
-- Delete budgets that nobody spent from for two days: longer than any rate looks back.
delete from send_budget
 where coalesce(spent[cardinality(spent)], '-infinity') < tocsin_clock() - interval '2 days'
   and coalesce(blocked_until, '-infinity') < tocsin_clock();

-- name: forget_receipts
-- Delete receipts and the marks of replies after a month.
delete from provider_receipt where at < tocsin_clock() - interval '31 days';

-- name: forget_codes
-- Delete numbers of replies a month after their end.
delete from reply_code where expires < tocsin_clock() - interval '31 days';

-- name: forget_tests
-- Delete tests of channels after a year.
delete from channel_test where asked < tocsin_clock() - interval '366 days';

-- name: forget_beats
-- Deletes the last signs of workers that were taken away.
delete from beat where at < tocsin_clock() - interval '2 days'

-- name: forget_findings
-- Deletes what the watcher found and what has been over for a year.
delete from watch_finding where until < tocsin_clock() - interval '400 days'
