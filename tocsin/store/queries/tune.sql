-- Queries of tocsin/store/tune.py.

-- name: timescale
-- Asks whether tables cut by time are hypertables.
select tocsin_timescale()

-- name: community
-- Asks whether the Timescale-licensed part is loaded; only asked where the extension is.
select _timescaledb_functions.tsl_loaded()

-- name: compress_readings
-- Lets readings be compressed by stream.
alter table reading set (timescaledb.compress, timescaledb.compress_segmentby = 'stream', timescaledb.compress_orderby = 'at desc')

-- name: compress_readings_policy
-- Compresses readings after a week: until then boxes deliver what they kept.
select add_compression_policy('reading', interval '8 days', if_not_exists => true)

-- name: compress_minutes
-- Lets minutes be compressed by stream.
alter table reading_1m set (timescaledb.compress, timescaledb.compress_segmentby = 'stream', timescaledb.compress_orderby = 'at desc')

-- name: compress_minutes_policy
-- Compresses minutes after a week.
select add_compression_policy('reading_1m', interval '8 days', if_not_exists => true)

-- name: kept
-- Names the hypertables and how many days each is kept.
select name, days_kept from timed_table where hypertable order by name

-- name: retention_policy
-- Drops old chunks by the server's own job.
select add_retention_policy(%(name)s::regclass, make_interval(days => %(days)s), if_not_exists => true)

-- name: durable
-- Asks whether a power cut is survived.
select current_setting('fsync') = 'on' and current_setting('full_page_writes') = 'on'

-- name: asynchronous_replicas
-- Asks whether there are replicas that no commit waits for.
select exists (select from pg_stat_replication)
    and (current_setting('synchronous_standby_names') = '' or current_setting('synchronous_commit') in ('off', 'local'))

-- name: today_missing
-- Asks whether a native partition of today or tomorrow is absent.
select exists (
    select from timed_table, generate_series(0, 1) as ahead
    where not hypertable
        and to_regclass(format('public.%I', name || '_' || to_char((tocsin_clock() at time zone 'UTC') + make_interval(days => ahead), 'YYYYMMDD'))) is null
)
