-- What the steps of a case are called where.

-- name: profile_of
-- Find the profile chosen for a tree, else the one for all.
select profile from display_profile where root in (%(root)s, '') order by root = '' limit 1;

-- name: choose_profile
-- Choose a profile for a tree, or for all that have chosen none.
insert into display_profile (root, profile, person, chosen)
values (%(root)s, %(profile)s, %(person)s, %(at)s)
    on conflict (root) do update set
       (profile, person, chosen) = (excluded.profile, excluded.person, excluded.chosen);
