-- The outbox as relays use it.

-- name: claim
-- Lease what may be sent now, most urgent first, skipping what another relay locks.  A lease that ran out
-- is up for taking again; what is cancelled or over is never given out.
with moment as materialized (select tocsin_clock() as now),
ready as (
    select n.id
      from notice n
     where n.ready_at <= (select now from moment) and n.cancelled_at is null
       and n.expires > (select now from moment)
     order by n.priority, n.ready_at, n.id
     limit %(most)s
       for update skip locked
),
leased as (
    update notice n
       set state = 'leased', holder = %(relay)s, attempt = n.attempt + 1,
           ready_at = (select now from moment) + %(lease)s::interval
      from ready
     where n.id = ready.id
    returning n.*
)
select n.id, n.incident, n.person, n.tier, n.channel, n.template, n.step, n.priority, n.not_before, n.expires,
       n.drill, n.attempt, n.provider,
       case when n.channel = 'web_push' then
            (select (array_agg(c.address order by c.rank, c.address))[2:10] from contact c
              where c.person = n.person and c.channel = n.channel) end as others,
       coalesce((select c.address from contact c
                  where c.person = n.person and c.channel = n.channel
                  order by c.rank, c.address limit 1),
                case n.channel
                    when 'mqtt' then coalesce(split_part(i.device, '/', 1),
                                              (select c.id from collector c
                                                where c.grid = any(string_to_array(i.grid_path collate "default", '.'))
                                                order by c.grid = i.grid desc, c.id limit 1))
                    when 'log' then coalesce(p.name, n.person)
                end, '') as address,
       coalesce(p.name, n.person, '') as person_name, coalesce(p.language, 'zh') as language,
       i.kind as incident_kind, i.grade, g.name as grid_name, coalesce(d.name, i.device, '') as place_name,
       i.began, i.confirmed, coalesce(i.stage_due, k.due) as due,
       coalesce(m.name, '') as matter_name, coalesce(m.name_en, '') as matter_name_en,
       (select x.sha256 from picture x
          join incident_alarm ia on ia.device = x.camera
         where ia.incident = i.id and x.complete and x.detection is not null
           and x.observed >= i.began - interval '10 minutes'
         order by x.observed desc limit 1) as picture
  from leased n
  join incident i on i.id = n.incident
  join grid g on g.code = i.grid
  left join person p on p.id = n.person
  left join device d on d.id = i.device
  left join incident_clock k on k.incident = n.incident and k.tier = n.tier
  left join matter m on m.code = i.matter
 order by n.priority, n.not_before, n.id;

-- name: settle
-- Write an outcome while the lease is ours; what was sent may become delivered later.
update notice
   set state = %(outcome)s, ready_at = null, reason = %(reason)s,
       provider_id = case when %(provider_id)s = '' then provider_id else %(provider_id)s end,
       provider = case when %(provider)s = '' then provider else %(provider)s end,
       sent_at = case when %(outcome)s in ('sent', 'delivered') then coalesce(sent_at, tocsin_clock()) else sent_at end,
       delivered_at = case when %(outcome)s = 'delivered' then tocsin_clock() else delivered_at end
 where id = %(notice)s and holder = %(relay)s
   and (state = 'leased' or state = 'sent' and %(outcome)s = 'delivered')
returning id;

-- name: postpone
-- Give a notice back until an instant; one that was cancelled meanwhile ends here, one that was not sent has
-- not used an attempt.
update notice
   set state = case when cancelled_at is null then 'pending' else 'cancelled' end,
       ready_at = case when cancelled_at is null then %(until)s::timestamptz end,
       not_before = %(until)s, reason = %(reason)s,
       attempt = case when %(tried)s then attempt else greatest(attempt - 1, 0) end,
       provider = case when %(provider)s = '' then provider else %(provider)s end
 where id = %(notice)s and holder = %(relay)s and state = 'leased'
returning id;

-- name: forget
-- Erase a contact whose address will never exist again.
delete from contact where channel = %(channel)s and address = %(address)s;

-- name: expire
-- End notices whose time is over and that no relay holds now, or whose cancelling met a lease that ran out.
with moment as materialized (select tocsin_clock() as now),
over as (
    select n.id
      from notice n
     where n.expires <= (select now from moment) and n.ready_at is not null
       and (n.state = 'pending' or n.state = 'leased' and n.ready_at <= (select now from moment))
     order by n.expires
     limit %(most)s
       for update skip locked
)
update notice n
   set state = case when n.cancelled_at is null then 'expired' else 'cancelled' end, ready_at = null,
       reason = case when n.cancelled_at is not null then n.reason
                     else left(case when n.expires <= (select now from moment) - %(outage)s::interval
                                    then 'outage' else 'not_sent_in_time' end
                               || case when n.reason = '' then '' else ', last ' || n.reason end, 500) end
  from over
 where n.id = over.id
returning n.id, n.incident, n.person, n.tier, n.channel, n.template, n.step, n.priority, n.not_before, n.expires,
          n.drill, n.state;

-- name: next_send
-- Give the database's now and the earliest instant at which something may be sent.
-- One look into the index for each priority, however many notices wait.
select tocsin_clock() as now, min(first.ready_at) as ready
  from generate_series(0, 9) as level (priority)
  left join lateral (
       select n.ready_at from notice n
        where n.priority = level.priority and n.ready_at is not null and n.cancelled_at is null
        order by n.ready_at
        limit 1) as first on true;
