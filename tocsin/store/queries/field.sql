-- Queries of tocsin/store/field.py (the command side of ingest) in the order of a flush.

-- name: begin_flush
-- Checks the lease, holds it until the end of the transaction, draws the flush's instant and logs the flush.
-- A worker that is paused in the middle is cut off: its successor waits for the row that this locks.
with mine as (
    update session_lease
    set last_at = greatest(tocsin_clock(), last_at + interval '1 microsecond')
    where session = %(session)s and holder = %(holder)s and term = %(term)s
    returning last_at
)
insert into flush_log (at, session, partitions)
select last_at, %(session)s, %(partitions)s::smallint[] from mine
returning at, set_config('idle_in_transaction_session_timeout', %(idle)s, true)

-- name: acquire_lease
-- Takes or renews a session's lease; a take-over raises the term. A new session begins after all others' flushes.
insert into session_lease as held (session, holder, term, expires, last_at)
select %(session)s, %(holder)s, 1, tocsin_clock() + make_interval(secs => %(seconds)s),
    coalesce((select max(last_at) from session_lease), '-infinity')
on conflict (session) do update
set holder = excluded.holder,
    term = held.term + (held.holder is distinct from excluded.holder)::integer,
    expires = excluded.expires,
    last_at = greatest(held.last_at, excluded.last_at)
where held.holder = excluded.holder or held.expires <= tocsin_clock()
returning term

-- name: release_lease
-- Gives a lease back; the nameless holder makes the old term useless.
update session_lease set holder = '', expires = tocsin_clock()
where session = %(session)s and holder = %(holder)s and term = %(term)s

-- name: all_collectors
-- Reads every collector.
select id, partition, grid, name, enabled, secret_hash, public_key from collector

-- name: lock_ledger
-- Reads and locks the entries of a flush, in one order.
select collector, epoch, lane, committed, lost
from ledger
where (collector, epoch, lane) in (select * from unnest(%(collectors)s::text[], %(epochs)s::bigint[], %(lanes)s::text[]))
order by collector, epoch, lane
for update

-- name: save_ledger
-- Writes entries back.
insert into ledger (collector, epoch, lane, committed, lost, changed)
select given.*, %(at)s
from unnest(%(collectors)s::text[], %(epochs)s::bigint[], %(lanes)s::text[],
    %(committed)s::int8multirange[], %(lost)s::int8multirange[]) as given
order by 1, 2, 3
on conflict (collector, epoch, lane) do update
set committed = excluded.committed, lost = excluded.lost, changed = excluded.changed

-- name: find_streams
-- Finds the numbers of streams by name and unit.
select name, unit, id from stream
where (name, unit) in (select * from unnest(%(names)s::text[], %(units)s::text[]))

-- name: register_streams
-- Gives new streams a number; those of unknown collectors get none.
insert into stream (name, unit, collector, device, partition, created)
select given.name, given.unit, collector.id, given.device, collector.partition, %(at)s
from unnest(%(names)s::text[], %(units)s::text[], %(collectors)s::text[], %(devices)s::text[])
    as given (name, unit, collector, device)
join collector on collector.id = given.collector
order by given.name, given.unit
on conflict (name, unit) do nothing

-- name: copy_readings
-- Takes readings in PostgreSQL's binary form; tocsin/store/copying.py writes it.
copy reading (at, observed, received, corrected, value, stream, quality, place, text) from stdin (format binary)

-- name: mark_dirty
-- Marks hours of streams whose roll-ups must be computed again.
insert into dirty_bucket (stream, hour, marked)
select distinct given.stream, timestamptz 'epoch' + given.hour * interval '1 hour', tocsin_clock()
from unnest(%(streams)s::integer[], %(hours)s::integer[]) as given (stream, hour)
order by 1, 2
on conflict (stream, hour) do update set marked = excluded.marked

-- name: move_latest
-- Moves the newest values forward.
insert into latest as known (stream, at, observed, value, text, quality)
select * from unnest(%(streams)s::integer[], %(ats)s::timestamptz[], %(observed)s::timestamptz[],
    %(values)s::double precision[], %(texts)s::text[], %(qualities)s::smallint[]) as given
order by 1
on conflict (stream) do update
set at = excluded.at, observed = excluded.observed, value = excluded.value,
    text = excluded.text, quality = excluded.quality
where known.at <= excluded.at

-- name: known_detections
-- Names the detections that are stored already; the bound keeps old chunks out of the search.
select id from detection where id = any(%(ids)s::text[]) and at > %(at)s - interval '62 days'

-- name: store_detection
-- Keeps one detection.
insert into detection (at, id, collector, device, stream, detector, kind, phase, grid, observed, began, raised,
    score, age_seconds, body)
values (%(at)s, %(id)s, %(collector)s, %(device)s, %(stream)s, %(detector)s, %(kind)s, %(phase)s, %(grid)s,
    %(observed)s, %(began)s, %(raised)s, %(score)s, %(age)s, %(body)s)

-- name: store_health
-- Keeps one heartbeat in the history.
insert into health (at, collector, sent, outbox_depth, outbox_bytes, clock_offset_seconds, disk_free_bytes,
    memory_bytes, uptime_seconds)
values (%(at)s, %(collector)s, %(sent)s, %(depth)s, %(bytes)s, %(offset)s, %(disk)s, %(memory)s, %(uptime)s)

-- name: move_heartbeat
-- Moves a collector's last sign of life forward.
update collector set heartbeat_at = %(sent)s, heartbeat = %(body)s
where id = %(collector)s and (heartbeat_at is null or heartbeat_at <= %(sent)s)

-- name: move_devices
-- Moves the last signs of life of a collector's devices forward.
insert into device_health as known (device, collector, kind, last_seen, changed, fault, restarts, reported)
select given.device, %(collector)s, given.kind, given.last_seen, given.changed, given.fault, given.restarts, %(sent)s
from unnest(%(devices)s::text[], %(kinds)s::text[], %(seen)s::timestamptz[], %(changed)s::boolean[],
    %(faults)s::text[], %(restarts)s::integer[]) as given (device, kind, last_seen, changed, fault, restarts)
order by 1
on conflict (device) do update
set kind = excluded.kind, last_seen = coalesce(excluded.last_seen, known.last_seen), changed = excluded.changed,
    fault = excluded.fault, restarts = excluded.restarts, reported = excluded.reported
where known.reported <= excluded.reported and known.collector = excluded.collector

-- name: store_link
-- Notes what the retained state topic says; the instant moves only on a change.
update collector set link = %(state)s, link_since = %(at)s
where id = %(collector)s and link is distinct from %(state)s

-- name: know_picture
-- Makes the row of a picture whose first chunk comes.
insert into picture (sha256, camera, collector, observed, received, bytes_total, detection, signature)
values (%(sha256)s, %(camera)s, %(collector)s, %(observed)s, %(at)s, %(total)s, %(detection)s, %(signature)s)
on conflict (sha256) do update
set detection = coalesce(picture.detection, excluded.detection),
    signature = coalesce(picture.signature, excluded.signature)

-- name: store_chunk
-- Keeps a piece of a picture that is not complete yet; it takes the place of those that were cut otherwise.
with overlapped as (
    delete from picture_chunk
    where sha256 = %(sha256)s and first <> %(first)s
        and first < %(first)s + length(%(bytes)s::bytea) and first + length(bytes) > %(first)s
)
insert into picture_chunk (sha256, first, bytes)
select sha256, %(first)s, %(bytes)s from picture where sha256 = %(sha256)s and not complete and bytes_total = %(total)s
on conflict (sha256, first) do update set bytes = excluded.bytes

-- name: picture_state
-- Compares what has come of a picture with its length and its hash; the hash only when everything may be there.
select bytes_total,
    coalesce(sum(length(bytes)), 0)::integer,
    case when sum(length(bytes)) = bytes_total
        then encode(sha256(string_agg(bytes, '' order by first)), 'hex') end
from picture left join picture_chunk using (sha256)
where sha256 = %(sha256)s and not complete
group by bytes_total

-- name: complete_picture
-- Notes that all of a picture is here.
update picture set complete = true, received = %(at)s where sha256 = %(sha256)s

-- name: drop_chunks
-- Drops the pieces of a picture that does not fit its hash, or is safe in the picture store.
delete from picture_chunk where sha256 = %(sha256)s

-- name: store_lost
-- Notes what a collector had to drop.
with told as (
    insert into lost (at, collector, lane, first, last, reason, items)
    values (%(at)s, %(collector)s, %(lane)s, %(first)s, %(last)s, %(reason)s, %(items)s)
)
update collector set lost = lost + %(items)s where id = %(collector)s

-- name: quarantine
-- Keeps a message that failed alone.
insert into quarantine (received, topic, collector, lane, code, reason, trace, payload)
values (%(at)s, %(topic)s, %(collector)s, %(lane)s, %(code)s, %(reason)s, %(trace)s, %(payload)s)

-- name: settle_quarantined
-- Marks a held message as retried.
update quarantine set state = 'retried', settled = tocsin_clock()
where id = %(number)s and state = 'held'
returning id

-- name: save_detectors
-- Keeps the newest snapshot of a partition's detectors.
insert into detector_state (partition, at, configuration, state)
values (%(partition)s, %(at)s, %(configuration)s, %(state)s)
on conflict (partition) do update
set at = excluded.at, configuration = excluded.configuration, state = excluded.state

-- name: load_detectors
-- Reads the snapshot of a partition.
select partition, at, configuration, state from detector_state where partition = %(partition)s

-- name: replay_flushes
-- Lists the flushes of a partition after an instant.
select at from flush_log
where at > %(after)s and %(partition)s = any(partitions)
order by at limit %(most)s

-- name: replay_detections
-- Reads what was said in flushes of a span by collectors of a partition, by instant and id.
select detection.at, detection.body
from detection join collector on collector.id = detection.collector
where detection.at between %(first)s and %(last)s and collector.partition = %(partition)s
order by detection.at, detection.observed, detection.id

-- name: replay_readings
-- Reads the readings of a partition that came in flushes of a span, in the order in which they came.
select reading.received, stream.name, stream.unit, reading.at, reading.observed, reading.corrected,
    reading.value, reading.text, reading.quality
from reading join stream on stream.id = reading.stream
where reading.received between %(first)s and %(last)s
    and reading.at > %(first)s - interval '61 days'
    and stream.partition = %(partition)s
order by reading.received, reading.place, reading.at
