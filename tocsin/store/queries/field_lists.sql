-- Queries of tocsin/store/field_queries.py: lists for the faces, each bounded and within a scope.

-- name: collectors_health
-- Lists collectors of a subtree with their last signs of life.
select collector.id, collector.name, collector.grid, collector.partition, collector.link, collector.heartbeat_at,
    collector.heartbeat, collector.lost,
    (select count(*) from quarantine where quarantine.collector = collector.id and quarantine.state = 'held') as quarantined
from collector join grid on grid.code = collector.grid
where path_within(grid.path, %(scope)s)
order by collector.id
limit 10000

-- name: devices
-- Lists devices of a subtree, placed or only heard of; one without a place stands where its collector does.
select coalesce(device.id, device_health.device) as id, coalesce(device.collector, device_health.collector) as collector,
    coalesce(device.kind, device_health.kind) as kind, coalesce(device.name, device_health.device) as name,
    grid.code as grid, device_health.last_seen, device_health.changed, device_health.fault,
    device.latitude, device.longitude
from device full join device_health on device_health.device = device.id
join collector on collector.id = coalesce(device.collector, device_health.collector)
join grid on grid.code = coalesce(device.grid, collector.grid)
where path_within(grid.path, %(scope)s)
    and (%(collector)s::text is null or collector.id = %(collector)s)
order by 1
limit %(most)s

-- name: latest
-- Gives the newest value of each stream of a subtree; of a stream in two units, the newer one.
select distinct on (stream.name) stream.name, stream.unit, latest.value, latest.text, latest.observed, latest.at,
    latest.quality
from stream
join latest on latest.stream = stream.id
join collector on collector.id = stream.collector
left join device on device.id = stream.device
join grid on grid.code = coalesce(device.grid, collector.grid)
where path_within(grid.path, %(scope)s)
    and (%(device)s::text is null or stream.device = %(device)s)
order by stream.name, latest.at desc
limit %(most)s

-- name: readings
-- Gives the readings of one stream in a span, oldest first.
select reading.received, stream.name, stream.unit, reading.at, reading.observed, reading.corrected,
    reading.value, reading.text, reading.quality
from stream
join reading on reading.stream = stream.id
join collector on collector.id = stream.collector
left join device on device.id = stream.device
join grid on grid.code = coalesce(device.grid, collector.grid)
where stream.name = %(stream)s and reading.at >= %(begin)s and reading.at < %(end)s
    and path_within(grid.path, %(scope)s)
order by reading.at, reading.received, reading.place
limit %(most)s

-- name: picture
-- Finds one picture within a subtree.
select picture.sha256, picture.camera, picture.observed, picture.received, picture.bytes_total, picture.complete,
    picture.detection
from picture
join collector on collector.id = picture.collector
left join device on device.id = picture.camera
join grid on grid.code = coalesce(device.grid, collector.grid)
where picture.sha256 = %(sha256)s and path_within(grid.path, %(scope)s)

-- name: pictures
-- Lists the pictures of a camera within a subtree, newest first.
select picture.sha256, picture.camera, picture.observed, picture.received, picture.bytes_total, picture.complete,
    picture.detection
from picture
join collector on collector.id = picture.collector
left join device on device.id = picture.camera
join grid on grid.code = coalesce(device.grid, collector.grid)
where picture.camera = %(camera)s and path_within(grid.path, %(scope)s)
order by picture.observed desc
limit %(most)s

-- name: grid_exists
-- Asks whether a grid is known.
select 1 from grid where code = %(grid)s

-- name: add_collector
-- Makes a collector known.
insert into collector (id, partition, grid, name, enabled, secret_hash, public_key)
values (%(id)s, %(partition)s, %(grid)s, %(name)s, %(enabled)s, %(secret_hash)s, %(public_key)s)
on conflict (id) do nothing
returning id

-- name: enable_collector
-- Lets a collector in or keeps it out; says whether that was anything new, nothing for an unknown one.
with before as (select id, enabled from collector where id = %(id)s for update)
update collector c set enabled = %(enabled)s from before where c.id = before.id
returning before.enabled <> %(enabled)s

-- name: quarantined
-- Lists quarantined messages of collectors within a subtree, oldest first; a top-level scope has the unknown ones too.
select q.id, q.topic, q.collector, q.lane, q.received, q.code, q.reason, q.trace, q.payload, q.state
from quarantine q
left join collector on collector.id = q.collector
left join grid on grid.code = collector.grid
where q.state = %(state)s
    and (%(lane)s::text is null or q.lane = %(lane)s)
    and (path_within(grid.path, %(scope)s) or collector.id is null and strpos(%(scope)s, '.') = 0)
order by q.id
limit %(most)s

-- name: calls_held
-- Counts the messages of the alarm lane that are held within a subtree; a top-level scope has the unknown ones too.
select count(*)
from quarantine q
left join collector on collector.id = q.collector
left join grid on grid.code = collector.grid
where q.state = 'held' and q.lane = 'alarm'
    and (path_within(grid.path, %(scope)s) or collector.id is null and strpos(%(scope)s, '.') = 0)

-- name: held
-- Reads held messages by number, oldest first.
select id, topic, collector, lane, received, code, reason, trace, payload, state
from quarantine
where id = any(%(ids)s::bigint[]) and state = 'held'
order by id

-- name: drop_quarantined
-- Marks held messages as dropped.
update quarantine set state = 'dropped', settled = tocsin_clock()
where id = any(%(ids)s::bigint[]) and state = 'held'
returning id
