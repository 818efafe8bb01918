-- Receipts of providers, and what people answer without a page.  A provider is named with its channel: 'sms/aliyun'.

-- name: keep_receipts
-- Keep receipts, each once: what was said first stays.
insert into provider_receipt (provider, provider_id, delivered, reason, at)
select provider, provider_id, delivered, reason, tocsin_clock()
  from json_to_recordset(%(rows)s::json) as new (provider text, provider_id text, delivered boolean, reason text)
    on conflict (provider, provider_id, address) do nothing
returning provider_id;

-- name: give_up_receipts
-- Receipts that belong to nothing of ours after ten minutes: the account is used by others, too.
update provider_receipt
   set settled = tocsin_clock()
 where settled is null and at < tocsin_clock() - interval '10 minutes' and provider not like 'reply/%%';

-- name: unsettled
-- Give receipts whose message is known by now, oldest first.
select r.provider, r.provider_id, r.delivered, r.reason as said, t.id as trial, n.id, n.incident, n.person, n.tier,
       n.channel, n.template, n.step, n.priority, n.not_before, n.expires, n.drill, n.state
  from provider_receipt r
  left join lateral (
       select * from notice own
        where r.provider_id like 'notice:%%' and own.id = substr(r.provider_id, 8)
       union all
       select * from notice theirs
        where theirs.provider = split_part(r.provider, '/', 2) and theirs.provider_id = r.provider_id
          and theirs.provider_id <> '' and theirs.channel = split_part(r.provider, '/', 1)
       limit 1) n on n.state not in ('pending', 'leased')
  left join lateral (
       select c.id from channel_test c
        where c.channel = split_part(r.provider, '/', 1) and c.outcome is not null
          and (c.id = substr(r.provider_id, 13) and r.provider_id like 'notice:test-%%'
               or c.provider = split_part(r.provider, '/', 2) and c.provider_id = r.provider_id and c.provider_id <> '')
        limit 1) t on n.id is null
 where r.settled is null and r.provider not like 'reply/%%' and (n.id is not null or t.id is not null)
 order by r.at, r.provider_id
 limit %(most)s;

-- name: settle_notice
-- Write a receipt's word into a notice that the provider had taken.
update notice
   set state = %(state)s, reason = %(reason)s,
       delivered_at = case when %(state)s = 'delivered' then tocsin_clock() else delivered_at end
 where id = %(notice)s and state = 'sent';

-- name: settle_trial
-- The same for a test.
update channel_test
   set outcome = %(state)s, reason = %(reason)s
 where id = %(trial)s and outcome = 'sent';

-- name: settle_receipt
-- Mark a receipt done.
update provider_receipt set settled = tocsin_clock()
 where provider = %(provider)s and provider_id = %(provider_id)s and settled is null;

-- name: lock_codes
-- One at a time gives a person numbers.
select pg_advisory_xact_lock(hashtext('reply_code'), hashtext(%(person)s));

-- name: codes
-- Give all numbers of a person, the last given first.
select c.number, c.incident, c.made, c.alone, c.expires > tocsin_clock() and i.ended is null as open
  from reply_code c join incident i on i.id = c.incident
 where c.person = %(person)s
 order by c.made desc, c.number desc;

-- name: save_code
-- Give a number, or let one live longer.
insert into reply_code as c (person, number, incident, made, expires, alone)
values (%(person)s, %(number)s, %(incident)s, tocsin_clock(), %(until)s::timestamptz + interval '2 hours', %(alone)s)
    on conflict (person, number) do update set
       incident = excluded.incident, alone = excluded.alone,
       made = case when c.incident = excluded.incident then c.made else excluded.made end,
       expires = case when c.incident = excluded.incident then greatest(c.expires, excluded.expires)
                      else excluded.expires end
returning number, incident, made, alone;

-- name: people_of
-- Find whose telephone number this is; numbers are compared by their digits, without the country's 86.
select distinct person from contact
 where channel in ('sms', 'voice') and regexp_replace(regexp_replace(address, '\D', '', 'g'), '^(00)?86(?=1\d{10}$)', '') = %(digits)s
 order by person;

-- name: codes_of
-- Find the numbers that are open for these people.
select c.person, c.number, c.incident, c.made, c.alone
  from reply_code c join incident i on i.id = c.incident
 where c.person = any(%(people)s) and c.expires > tocsin_clock() and i.ended is null
 order by c.person, c.number;

-- name: told_by
-- Find whom a message told, and of what.
select person, incident from (
    select n.person, n.incident, 1 as place from notice n
     where n.id = substr(%(provider_id)s, 8) and %(provider_id)s like 'notice:%%'
        or n.provider = split_part(%(provider)s, '/', 2) and n.provider_id = %(provider_id)s
           and n.provider_id <> '' and n.channel = split_part(%(provider)s, '/', 1)
    union all
    select c.person, null, 2 from channel_test c
     where c.id = substr(%(provider_id)s, 13) and %(provider_id)s like 'notice:test-%%'
        or c.provider = split_part(%(provider)s, '/', 2) and c.provider_id = %(provider_id)s
           and c.provider_id <> '' and c.channel = split_part(%(provider)s, '/', 1)) as told
 where person is not null
 order by place limit 1;

-- name: begin_reply
-- Note that an answer came; gives whether it was dealt with before.
insert into provider_receipt as r (provider, provider_id, delivered, at)
values ('reply/' || %(provider)s, %(reference)s, true, tocsin_clock())
    on conflict (provider, provider_id, address) do update set delivered = r.delivered
returning settled is not null as done;

-- name: done_reply
-- Note that an answer was dealt with.
update provider_receipt set settled = tocsin_clock()
 where provider = 'reply/' || %(provider)s and provider_id = %(reference)s;
