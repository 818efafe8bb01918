-- What a replay reads of the record; in pieces, for a week of readings fits no memory.

-- name: partitions
-- Names the collectors of a subtree and their partitions.
select collector.partition, collector.id, collector.grid
from collector join grid on grid.code = collector.grid
where path_within(grid.path, %(scope)s)
order by collector.partition, collector.id

-- name: kept_since
-- Gives the receipt of the oldest reading that is kept, from the oldest day that has any.
select min(received) from reading
where at < (select min(at) from reading) + interval '1 day'

-- name: readings
-- Reads readings received in a span by collectors of a subtree, in the order in which they came.
select stream.partition, reading.received, stream.name, stream.unit, reading.at, reading.observed, reading.corrected,
    reading.value, reading.text, reading.quality
from reading
join stream on stream.id = reading.stream
join collector on collector.id = stream.collector
join grid on grid.code = collector.grid
where reading.received >= %(since)s and reading.received < %(until)s
    and reading.at > %(since)s::timestamptz - interval '61 days'
    and reading.at < %(until)s::timestamptz + interval '11 minutes'
    and path_within(grid.path, %(scope)s)
order by reading.received, reading.place, reading.at
limit %(most)s

-- name: whole_since
-- Gives the instant since which no line of the log of flushes has been thinned out (maintenance.thin_flushes).
select least(tocsin_clock() - interval '1 hour', (
    select min(detector_state.at) from detector_state
    where detector_state.at > (select max(at) from detector_state) - interval '7 days'
))

-- name: marks
-- Reads what is left of the log of flushes in a span.
select at, session, partitions from flush_log
where at >= %(since)s and at < %(until)s
order by at, session

-- name: cameras
-- Counts the pictures of each camera of a subtree that were announced and are kept.
select picture.camera, count(*), count(*) filter (where picture.kept)
from picture
join collector on collector.id = picture.collector
left join device on device.id = picture.camera
join grid on grid.code = coalesce(device.grid, collector.grid)
where picture.observed >= %(since)s and picture.observed < %(until)s and path_within(grid.path, %(scope)s)
group by picture.camera order by picture.camera

-- name: pictures
-- Lists kept pictures of a camera in order of observation, from behind one.
select observed, sha256 from picture
where camera = %(camera)s and observed >= %(since)s and observed < %(until)s and kept
    and (%(after_at)s::timestamptz is null or (observed, sha256) > (%(after_at)s, %(after_sha256)s::text))
order by observed, sha256
limit %(most)s
