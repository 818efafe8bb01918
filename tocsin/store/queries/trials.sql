-- Tests of people's channels, subscriptions of browsers, and the list of providers.

-- name: channels_of
-- Give the channels of a person by which a test may go; the siren of a place is nobody's.
select distinct channel from contact where person = %(person)s and channel <> 'mqtt' order by channel;

-- name: order_tests
-- Order a test of each channel that has none on its way; the token is named when it is sent, until then nobody knows it.
insert into channel_test (id, person, channel, asked, asked_by, token)
select new.id, %(person)s, new.channel, tocsin_clock(), %(by)s, sha256(uuid_send(gen_random_uuid()))
  from json_to_recordset(%(rows)s::json) as new (id text, channel text)
 where not exists (select from channel_test t
                    where t.person = %(person)s and t.channel = new.channel and t.outcome is null
                      and t.asked > tocsin_clock() - interval '10 minutes')
returning id;

-- name: lock_person
-- One at a time orders tests of a person.
select p.id from person p where p.id = %(person)s and p.active for update;

-- name: contacts
-- Give every channel of everybody who may be called, with the instant of its last test.
select c.person, c.channel,
       (select max(t.asked) from channel_test t where t.person = c.person and t.channel = c.channel) as tested
  from (select distinct person, channel from contact) c
  join person p on p.id = c.person
 where p.active and exists (select from appointment a
                          where a.person = p.id and (a.tier is not null or a.supervisor)
                            and (a.until is null or a.until > tocsin_clock()))
 order by c.person, c.channel;

-- name: claim_tests
-- Take tests to send; one whose relay died comes back after two minutes, none is sent after an hour.
with ready as (
    select t.id from channel_test t
     where t.outcome is null and t.asked > tocsin_clock() - interval '1 hour'
       and (t.claimed is null or t.claimed <= tocsin_clock() - interval '2 minutes')
     order by t.asked, t.id
     limit %(most)s
       for update skip locked
)
update channel_test t
   set claimed = tocsin_clock()
  from ready, person p
 where t.id = ready.id and p.id = t.person
returning t.id, t.person, p.name, p.language, t.channel, t.asked,
          coalesce((select c.address from contact c where c.person = t.person and c.channel = t.channel
                     order by c.rank, c.address limit 1),
                   case when t.channel = 'log' then p.name end, '') as address;

-- name: name_token
-- Keep the hash of the token that is about to be sent.
update channel_test set token = %(token)s where id = %(trial)s;

-- name: test_sent
-- Note what became of sending a test.
update channel_test
   set outcome = %(outcome)s, reason = %(reason)s, provider = %(provider)s, provider_id = %(provider_id)s,
       settled = tocsin_clock()
 where id = %(trial)s and outcome is null
returning id;

-- name: answer_token
-- Note that the person answered by the link; the first answer counts.
update channel_test
   set answered = coalesce(answered, tocsin_clock()), outcome = coalesce(outcome, 'sent'),
       settled = coalesce(settled, tocsin_clock())
 where token = %(token)s and asked > tocsin_clock() - interval '7 days'
returning id;

-- name: answer_newest
-- The same by SMS or key: for the newest test of a channel within a day.
update channel_test
   set answered = coalesce(answered, tocsin_clock()), outcome = coalesce(outcome, 'sent'),
       settled = coalesce(settled, tocsin_clock())
 where id = (select t.id from channel_test t
              where t.person = %(person)s and t.channel = %(channel)s
                and t.asked > tocsin_clock() - interval '24 hours'
              order by t.asked desc, t.id limit 1)
returning id;

-- name: tests
-- List tests, newest first, each with the score of its person and channel: the part of the last eight that
-- were answered within a day.
select t.id, t.person, p.name as person_name, t.channel, t.provider, t.asked, t.outcome, t.reason, t.settled, t.answered,
       (select avg(case when l.answered <= l.asked + interval '24 hours' then 1.0 else 0.0 end)::float8
          from (select x.asked, x.answered from channel_test x
                 where x.person = t.person and x.channel = t.channel and x.outcome is not null
                 order by x.asked desc limit 8) l) as score
  from channel_test t
  join person p on p.id = t.person
  join grid g on g.code = p.grid
 where path_within(g.path, %(scope)s)
   and (%(person)s::text is null or t.person = %(person)s)
   and (%(trial)s::text is null or t.id = %(trial)s)
 order by t.asked desc, t.id
 limit %(most)s;

-- name: unreachable
-- List people who may be called and have no working channel: none at all, or whose every test failed last.
select p.id, p.name,
       case when not exists (select from contact c where c.person = p.id and c.channel <> 'mqtt') then 'no_contact'
            else 'tests_failed' end as reason
  from person p
  join grid g on g.code = p.grid
 where p.active and exists (select from appointment a
                          where a.person = p.id and (a.tier is not null or a.supervisor)
                            and (a.until is null or a.until > tocsin_clock()))
   and path_within(g.path, %(scope)s)
   and not exists (
       select from contact c
        where c.person = p.id and c.channel <> 'mqtt'
          and coalesce((select t.outcome from channel_test t
                         where t.person = c.person and t.channel = c.channel and t.outcome is not null
                         order by t.asked desc limit 1), 'untested') <> 'failed')
 order by p.name collate "C", p.id
 limit 1000;

-- name: list_channels
-- List all providers with what waits and what became of the last hour's notices.
select h.channel, h.provider, coalesce(h.offered > tocsin_clock() - interval '2 minutes', false) as offered, h.up,
       h.since, h.failures, h.last_ok, h.reason,
       (select count(*) from notice n
         where n.channel = h.channel and n.ready_at is not null and n.cancelled_at is null) as waiting,
       (select count(*) from notice n
         where n.channel = h.channel and n.provider = h.provider and n.state in ('sent', 'delivered')
           and n.created > tocsin_clock() - interval '1 hour') as sent_hour,
       (select count(*) from notice n
         where n.channel = h.channel and n.provider = h.provider and n.state = 'failed'
           and n.created > tocsin_clock() - interval '1 hour') as failed_hour
  from provider_health h
 order by h.channel, h.provider;

-- name: subscribe
-- Keep a browser's subscription; the newest is told first.
with moved as (
    update contact c set rank = c.rank + 1
     where c.person = %(person)s and c.channel = 'web_push' and c.address <> %(address)s
)
insert into contact (person, channel, address, rank) values (%(person)s, 'web_push', %(address)s, 1)
    on conflict (person, channel, address) do update set rank = 1;

-- name: drop_subscriptions
-- Erase other addresses of the same browser, and the oldest beyond the most.
delete from contact c
 where c.person = %(person)s and c.channel = 'web_push' and c.address <> %(address)s
   and (c.address::jsonb ->> 'endpoint' = %(endpoint)s
        or c.address not in (select k.address from contact k
                              where k.person = %(person)s and k.channel = 'web_push'
                                and (k.address = %(address)s or k.address::jsonb ->> 'endpoint' <> %(endpoint)s)
                              order by k.rank, k.address limit %(most)s));

-- name: unsubscribe
-- Erase a subscription by its endpoint.
delete from contact
 where channel = 'web_push' and person = %(person)s and address::jsonb ->> 'endpoint' = %(endpoint)s;
