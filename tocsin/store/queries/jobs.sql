-- Work on many rows at once: who asked, how far it is, what came of it.

-- name: forget
-- Forget jobs that ended long ago, a few at a time.
delete from bulk_job
 where id in (select id from bulk_job where ended < tocsin_clock() - make_interval(days => %(days)s) limit 100);

-- name: add
-- Keep a new job.
insert into bulk_job (id, kind, person, scope, holder, beat, made)
select %(id)s, %(kind)s, %(person)s, %(scope)s, %(holder)s, at, at from tocsin_clock() as at
returning id, kind, person, scope, state, done, total, faults, faulty, report, reason_code, reason, file_name, made, ended;

-- name: begin
-- Say that a job runs now, unless it shall stop.
update bulk_job set state = 'running', beat = tocsin_clock()
 where id = %(id)s and state = 'waiting' and not stopping
returning id;

-- name: end
-- Keep what came of a job.
update bulk_job
   set state = 'done', ended = greatest(tocsin_clock(), made), done = greatest(done, total), faults = %(faults)s,
       faulty = %(faulty)s, report = %(report)s, file_name = %(file_name)s, file_type = %(file_type)s, file = %(file)s
 where id = %(id)s and state in ('waiting', 'running');

-- name: fail
-- Say why a job failed.
update bulk_job
   set state = 'failed', ended = greatest(tocsin_clock(), made), reason_code = %(code)s, reason = %(reason)s
 where id = %(id)s and state in ('waiting', 'running');

-- name: beat
-- Say that a holder lives and how far its jobs are; give those that shall stop.
with said as (
    select id, done, total from json_to_recordset(%(rows)s::json) as new (id text, done bigint, total bigint)
), beaten as (
    update bulk_job j
       set beat = tocsin_clock(), done = coalesce(s.done, j.done), total = coalesce(s.total, j.total)
      from bulk_job k left join said s on s.id = k.id
     where j.id = k.id and k.holder = %(holder)s and k.state in ('waiting', 'running')
    returning j.id, j.stopping
)
select id from beaten where stopping;

-- name: fail_lost
-- Fail the jobs of holders that are silent.
update bulk_job
   set state = 'failed', ended = greatest(tocsin_clock(), made), reason_code = 'job.lost',
       reason = 'the process that did it has ended before it was finished: start it again'
 where state in ('waiting', 'running') and holder <> %(holder)s
   and beat < tocsin_clock() - make_interval(secs => %(seconds)s);

-- name: stop
-- Note that a job shall stop.
update bulk_job set stopping = true where id = %(id)s and state in ('waiting', 'running');

-- name: jobs
-- List jobs of a scope, newest first.
select id, kind, person, scope, state, done, total, faults, faulty, report, reason_code, reason, file_name, made, ended
  from bulk_job
 where path_within(scope, %(scope)s) and (%(person)s::text is null or person = %(person)s)
 order by made desc, id
 limit %(most)s;

-- name: job
-- Find one job.
select id, kind, person, scope, state, done, total, faults, faulty, report, reason_code, reason, file_name, made, ended
  from bulk_job
 where id = %(id)s;

-- name: file
-- Give the file that a job made.
select file_name, file_type, file from bulk_job where id = %(id)s and file is not null;
