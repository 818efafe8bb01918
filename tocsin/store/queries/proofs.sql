-- Proofs of arrival: what was shown, tags at places, codes for photos, keys of phones.

-- name: watched
-- Find the open, confirmed incidents to which alarms of devices belong.
select distinct a.device, a.incident
  from incident i join incident_alarm a on a.incident = i.id
 where i.open and i.confirmed is not null and a.device = any(%(devices)s)
 order by a.device, a.incident;

-- name: keep_proof
-- Keep what was shown for an arrival; the same id is the same proof.
insert into proof (id, incident, tier, person, basis, at, recorded, details, picture)
values (%(id)s, %(incident)s, %(tier)s, %(person)s, %(basis)s, %(at)s, %(recorded)s, %(details)s::jsonb, %(picture)s)
    on conflict (id) do nothing;

-- name: refute_proofs
-- Mark the standing proofs of a tier as refuted.
update proof set refuted = %(now)s
 where incident = %(incident)s and tier = %(tier)s and refuted is null;

-- name: proofs
-- List what was shown at an incident, oldest first.
select id, incident, tier, person, basis, at, recorded, details, picture, refuted
  from proof where incident = %(incident)s order by recorded, id;

-- name: tag
-- Find a tag by its secret's hash, with the place where it hangs.
select t.id, t.grid, t.device, t.name, t.made, t.made_by, t.revoked,
       coalesce(d.latitude, g.latitude) as latitude, coalesce(d.longitude, g.longitude) as longitude
  from place_tag t join grid g on g.code = t.grid left join device d on d.id = t.device
 where t.secret = %(secret)s;

-- name: tags
-- List the tags of a subtree, revoked ones too.
select t.id, t.grid, t.device, t.name, t.made, t.made_by, t.revoked,
       coalesce(d.latitude, g.latitude) as latitude, coalesce(d.longitude, g.longitude) as longitude
  from place_tag t join grid g on g.code = t.grid left join device d on d.id = t.device
 where %(scope)s = '' or g.path = %(scope)s or g.path like %(scope)s || '.%%'
 order by g.path, t.name, t.id
 limit 2000;

-- name: add_tag
-- Keep a new tag, in a grid that exists.
insert into place_tag (id, grid, device, name, secret, made, made_by)
select %(id)s, g.code, %(device)s, %(name)s, %(secret)s, %(made)s, %(made_by)s from grid g where g.code = %(grid)s;

-- name: revoke_tag
-- Take a tag of a subtree out of use; the first time stays written.
update place_tag t set revoked = coalesce(t.revoked, tocsin_clock())
  from grid g
 where g.code = t.grid and t.id = %(tag)s
   and (%(scope)s = '' or g.path = %(scope)s or g.path like %(scope)s || '.%%');

-- name: challenge
-- Find a person's newest code for an incident that still holds.
select id, incident, person, code, made, expires from photo_challenge
 where incident = %(incident)s and person = %(person)s and used is null and expires > %(now)s
 order by made desc, id limit 1;

-- name: save_challenge
-- Keep a new code.
insert into photo_challenge (id, incident, person, code, made, expires)
values (%(id)s, %(incident)s, %(person)s, %(code)s, %(made)s, %(expires)s);

-- name: use_challenge
-- Use a code up: once, by its person, for its incident, in time.
update photo_challenge set used = %(now)s
 where id = %(challenge)s and incident = %(incident)s and person = %(person)s and used is null and expires >= %(now)s
returning code;

-- name: advance_phone
-- Note the counter of a signed act; nothing unless it is higher than all before.
update phone_key set counter = %(counter)s
 where id = %(phone)s and person = %(person)s and revoked is null and counter < %(counter)s;

-- name: add_phone
-- Keep a phone's key while its person has few.
insert into phone_key (id, person, public_key, name, made)
select %(id)s, %(person)s, %(public_key)s, %(name)s, %(made)s
 where (select count(*) from phone_key where person = %(person)s and revoked is null) < %(most)s;

-- name: phone
-- Find a phone's key, revoked or not.
select id, person, public_key, name, made, counter, revoked from phone_key where id = %(phone)s;

-- name: revoke_phone
-- End a phone's key; the first time stays written.
update phone_key set revoked = coalesce(revoked, tocsin_clock())
 where id = %(phone)s and (%(person)s::text is null or person = %(person)s);
