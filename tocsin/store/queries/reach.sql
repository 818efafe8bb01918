-- Budgets and providers, shared by all relays.

-- name: salt
-- Give the key of the hashes of addresses.
select salt from reach_salt;

-- name: lock_budgets
-- Lock the budgets of a batch in the order of their keys, made where there are none.
insert into send_budget as b (key)
select key from unnest(%(keys)s::text[]) as asked (key) order by key
    on conflict (key) do update set blocked_until = b.blocked_until
returning key, spent, blocked_until, tocsin_clock() as now;

-- name: spend
-- Keep what was spent of locked budgets.
update send_budget b
   set spent = new.spent
  from json_to_recordset(%(rows)s::json) as new (key text, spent timestamptz[])
 where b.key = new.key;

-- name: block
-- Let nothing be spent under a key before an instant; never shorter than before.
insert into send_budget as b (key, blocked_until) values (%(key)s, %(until)s)
    on conflict (key) do update set blocked_until = greatest(b.blocked_until, excluded.blocked_until);

-- name: healths
-- Give all providers that a relay ever offered.
select channel, provider, up, since, failures, last_ok, probed, reason, offered from provider_health;

-- name: offer
-- Say which providers a relay has; new ones are taken to be well.
insert into provider_health (channel, provider, up, since, offered)
select channel, provider, true, tocsin_clock(), tocsin_clock()
  from json_to_recordset(%(rows)s::json) as new (channel text, provider text)
 order by channel, provider
    on conflict (channel, provider) do update set offered = excluded.offered;

-- name: lock_health
-- Lock one provider's health.
select channel, provider, up, since, failures, last_ok, probed, reason, offered, tocsin_clock() as now
  from provider_health where channel = %(channel)s and provider = %(provider)s for update;

-- name: save_health
-- Keep one provider's health.
update provider_health
   set up = %(up)s, since = %(since)s, failures = %(failures)s, last_ok = %(last_ok)s, reason = %(reason)s
 where channel = %(channel)s and provider = %(provider)s;

-- name: try_down
-- Take the right to try a provider that is down.
update provider_health
   set probed = tocsin_clock()
 where channel = %(channel)s and provider = %(provider)s and not up
   and (probed is null or probed <= tocsin_clock() - %(every)s::interval)
returning provider;
