// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/schema.hpp"

// What is deleted goes a few events at a time, each time in a transaction of its own: a room of a
// million would outlast the patience of whoever waits, every time anew.
namespace gatehouse::storage::postgres {

std::string_view const migration_4 = R"sql(
-- Streams that were erased, and some of whose events are still there: nobody is shown them, and
-- nothing is appended before they are gone.
CREATE TABLE gatehouse.remains (stream text COLLATE "C" PRIMARY KEY);

-- Deletes up to `most` events from the first one on; tells which ones are gone.
DROP FUNCTION gatehouse.compact;
CREATE FUNCTION gatehouse.compact(
    its_slot bigint, its_epoch bigint, its_stream text, up_to bigint, most bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    gone bigint;
BEGIN
    PERFORM gatehouse.fence(its_slot, its_epoch);
    SELECT s.floor INTO gone FROM gatehouse.stream s WHERE s.id = its_stream;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such stream' USING ERRCODE = 'GH004';
    END IF;
    IF NOT EXISTS (SELECT FROM gatehouse.snapshot k
            WHERE k.stream = its_stream AND k.version >= up_to) THEN
        RAISE EXCEPTION 'no snapshot tells of these events' USING ERRCODE = 'GH002';
    END IF;
    IF gone < up_to THEN
        gone := least(up_to, gone + most);
        UPDATE gatehouse.stream s SET floor = gone WHERE s.id = its_stream;
        DELETE FROM gatehouse.event e WHERE e.stream = its_stream AND e.version <= gone;
    END IF;
    RETURN gone;
END $$;

-- From here on there is no such stream; its events are still to be deleted.
DROP FUNCTION gatehouse.erase;
CREATE FUNCTION gatehouse.erase(
    its_slot bigint, its_epoch bigint, its_stream text, its_version bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM gatehouse.fence(its_slot, its_epoch);
    IF NOT EXISTS (SELECT FROM gatehouse.stream s WHERE s.id = its_stream) THEN
        RAISE EXCEPTION 'no such stream' USING ERRCODE = 'GH004';
    END IF;
    DELETE FROM gatehouse.stream s
        WHERE s.id = its_stream AND s.finished AND s.version = its_version;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not finished, or of another version' USING ERRCODE = 'GH002';
    END IF;
    DELETE FROM gatehouse.snapshot k WHERE k.stream = its_stream;
    INSERT INTO gatehouse.remains VALUES (its_stream);
END $$;

CREATE FUNCTION gatehouse.clear(its_slot bigint, its_epoch bigint, its_stream text, most bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    cleared bigint;
BEGIN
    PERFORM gatehouse.fence(its_slot, its_epoch);
    DELETE FROM gatehouse.event e WHERE e.id IN (SELECT p.id FROM gatehouse.event p
        WHERE p.stream = its_stream ORDER BY p.version LIMIT most);
    GET DIAGNOSTICS cleared = ROW_COUNT;
    IF cleared < most THEN
        DELETE FROM gatehouse.remains r WHERE r.stream = its_stream;
    END IF;
END $$;

-- So many keys were deleted: less than there were before, and the database was set back.
CREATE TABLE gatehouse.ring (forgotten bigint NOT NULL);
INSERT INTO gatehouse.ring VALUES (0);

CREATE OR REPLACE FUNCTION gatehouse.forget(
    its_slot bigint, its_epoch bigint, its_subject text, most bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    forgotten_now bigint;
BEGIN
    PERFORM gatehouse.fence(its_slot, its_epoch);
    DELETE FROM gatehouse.membership m WHERE m.number IN (
        SELECT p.number FROM gatehouse.membership p WHERE p.subject = its_subject
        ORDER BY p.stream, p.actor LIMIT most);
    GET DIAGNOSTICS forgotten_now = ROW_COUNT;
    UPDATE gatehouse.ring SET forgotten = forgotten + forgotten_now WHERE forgotten_now > 0;
    RETURN forgotten_now;
END $$;

CREATE FUNCTION gatehouse.forget_numbers(its_slot bigint, its_epoch bigint, numbers bigint[])
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    forgotten_now bigint;
BEGIN
    PERFORM gatehouse.fence(its_slot, its_epoch);
    DELETE FROM gatehouse.membership m WHERE m.number = ANY (numbers);
    GET DIAGNOSTICS forgotten_now = ROW_COUNT;
    UPDATE gatehouse.ring SET forgotten = forgotten + forgotten_now WHERE forgotten_now > 0;
    RETURN forgotten_now;
END $$;
)sql";

} // namespace gatehouse::storage::postgres
