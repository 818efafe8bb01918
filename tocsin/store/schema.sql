-- Tocsin's tables, read from top to bottom as prose.
--
-- Instants come from one function, tocsin_clock(), so that tests can travel in time.
-- Locks are taken in one order: advisory place locks, session lease, ledger rows,
-- incidents by ascending id, then everything that belongs to them.

create function tocsin_clock() returns timestamptz
    language sql volatile as 'select clock_timestamp()';

comment on function tocsin_clock() is 'The only clock of the database; tests replace its body.';

-- == town: grids, people, duty, devices, accounts ==

-- == field: collectors, sessions, ledger, streams, readings, latest, detections, health, pictures, quarantine ==

-- == response: policies, alarms, incidents, events, deadlines, notices ==
