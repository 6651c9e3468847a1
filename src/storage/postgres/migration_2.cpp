// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/schema.hpp"

// Links of events that have none are made here, as events/chain.hpp makes them. Of the states that
// a stream had before, only the one after its last event is known; the others say "not finished".
namespace gatehouse::storage::postgres {

std::string_view const migration_2 = R"sql(
ALTER TABLE gatehouse.event
    ADD COLUMN finished boolean NOT NULL DEFAULT false,
    ADD COLUMN deadline bigint,
    ADD COLUMN link bytea CHECK (octet_length(link) = 16);
ALTER TABLE gatehouse.stream
    ADD COLUMN at bigint NOT NULL DEFAULT 0,
    ADD COLUMN floor bigint NOT NULL DEFAULT 0;

CREATE FUNCTION gatehouse.link_after(before bytea, stream text, version bigint, at bigint,
    actor bigint, action bigint, schema bigint, type bytea, data bytea)
RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT substr(sha256(
        coalesce(before, substr(sha256(convert_to(stream, 'UTF8')), 1, 16))
        || int8send(version) || int8send(at) || int8send(actor) || int8send(action)
        || int8send(schema) || int8send(octet_length(type)::bigint) || type || data), 1, 16)
$$;
CREATE AGGREGATE gatehouse.chain(text, bigint, bigint, bigint, bigint, bigint, bytea, bytea) (
    SFUNC = gatehouse.link_after, STYPE = bytea);
UPDATE gatehouse.event e
    SET link = c.link, finished = s.finished AND s.version = e.version,
        deadline = CASE WHEN s.version = e.version THEN s.deadline END
    FROM gatehouse.stream s, (SELECT id, gatehouse.chain(stream, version, at, actor, action, schema,
            convert_to(type, 'UTF8'), data) OVER (PARTITION BY stream ORDER BY version) AS link
        FROM gatehouse.event) c
    WHERE c.id = e.id AND s.id = e.stream;
DROP AGGREGATE gatehouse.chain(text, bigint, bigint, bigint, bigint, bigint, bytea, bytea);
DROP FUNCTION gatehouse.link_after;
UPDATE gatehouse.stream s SET at = e.at
    FROM gatehouse.event e WHERE e.stream = s.id AND e.version = s.version;

ALTER TABLE gatehouse.event ALTER COLUMN link SET NOT NULL, ALTER COLUMN finished DROP DEFAULT;
ALTER TABLE gatehouse.stream ALTER COLUMN at DROP DEFAULT;
CREATE INDEX stream_unfinished ON gatehouse.stream (slot, id) WHERE NOT finished;
DROP INDEX gatehouse.stream_slot;

CREATE TABLE gatehouse.snapshot (
    stream text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    link bytea NOT NULL CHECK (octet_length(link) = 16),
    state bytea NOT NULL,
    hash bytea NOT NULL
);

-- One group commit. The first UPDATE is at once fence, allocation of positions, lease renewal and
-- the mark by which an unknown outcome is resolved. The row of gatehouse.log stays locked until the
-- commit, so ids become visible in their order and without gaps.
DROP FUNCTION gatehouse.append;
CREATE FUNCTION gatehouse.append(batch uuid, ttl_ms bigint,
    slots bigint[], epochs bigint[], first_positions bigint[], counts bigint[],
    streams text[], stream_slots bigint[], categories text[], versions_before bigint[],
    versions_after bigint[], finishes bigint[], deadlines bigint[], last_ats bigint[],
    event_streams text[], versions bigint[], event_slots bigint[], positions bigint[], types text[],
    schemas bigint[], ats bigint[], actors bigint[], actions bigint[], begin_actions bigint[],
    datas bytea[], links bytea[], event_finishes bigint[], event_deadlines bigint[])
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    events bigint := cardinality(event_streams);
    first_event bigint;
    changed bigint;
    added bigint;
BEGIN
    UPDATE gatehouse.slot s
        SET next_position = s.next_position + u.events, last_batch = batch,
            lease_until = clock_timestamp() + ttl_ms * interval '1 millisecond'
        FROM unnest(slots, epochs, first_positions, counts) u (slot, epoch, first, events)
        WHERE s.slot = u.slot AND s.epoch = u.epoch AND s.next_position = u.first;
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed <> cardinality(slots) THEN
        RAISE EXCEPTION 'fenced out' USING ERRCODE = 'GH001';
    END IF;

    UPDATE gatehouse.log SET next_event = next_event + events
        RETURNING next_event - events INTO first_event;

    INSERT INTO gatehouse.stream (id, slot, category, version, finished, deadline, at)
        SELECT u.id, u.slot, u.category, u.after, u.finished <> 0, u.deadline, u.at
        FROM unnest(streams, stream_slots, categories, versions_before, versions_after, finishes,
            deadlines, last_ats) u (id, slot, category, before, after, finished, deadline, at)
        WHERE u.before = 0;
    GET DIAGNOSTICS added = ROW_COUNT;
    IF added < cardinality(streams) THEN
        UPDATE gatehouse.stream s
            SET version = u.after, finished = u.finished <> 0, deadline = u.deadline, at = u.at
            FROM unnest(streams, versions_before, versions_after, finishes, deadlines, last_ats)
                u (id, before, after, finished, deadline, at)
            WHERE s.id = u.id AND s.version = u.before AND u.before > 0;
        GET DIAGNOSTICS changed = ROW_COUNT;
        IF added + changed <> cardinality(streams) THEN
            RAISE EXCEPTION 'wrong expected version' USING ERRCODE = 'GH002';
        END IF;
    END IF;

    INSERT INTO gatehouse.event (id, stream, version, slot, position, type, schema, at, actor,
            action, begins_action, data, link, finished, deadline)
        SELECT first_event + u.n - 1, u.stream, u.version, u.slot, u.position, u.type, u.schema,
            u.at, u.actor, u.action, u.begins <> 0, u.data, u.link, u.finished <> 0, u.deadline
        FROM unnest(event_streams, versions, event_slots, positions, types, schemas, ats, actors,
            actions, begin_actions, datas, links, event_finishes, event_deadlines) WITH ORDINALITY
            u (stream, version, slot, position, type, schema, at, actor, action, begins, data, link,
                finished, deadline, n);
    RETURN first_event;
END $$;

-- For what is written beside appends: whoever takes the slot over waits until it is done, and
-- whoever has lost the slot does nothing.
CREATE FUNCTION gatehouse.fence(its_slot bigint, its_epoch bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM gatehouse.slot s WHERE s.slot = its_slot AND s.epoch = its_epoch FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'fenced out' USING ERRCODE = 'GH001';
    END IF;
END $$;

-- Nothing hangs on a snapshot, so its commit does not wait for the disk. Whatever counts on it, a
-- compaction, comes later in the same log, and does.
CREATE FUNCTION gatehouse.keep(its_slot bigint, its_epoch bigint, its_stream text,
    its_version bigint, its_link bytea, its_state bytea, its_hash bytea)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM gatehouse.fence(its_slot, its_epoch);
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO gatehouse.snapshot AS kept (stream, version, link, state, hash)
        SELECT s.id, its_version, its_link, its_state, its_hash
        FROM gatehouse.stream s WHERE s.id = its_stream AND s.version >= its_version
        ON CONFLICT (stream) DO UPDATE
        SET version = excluded.version, link = excluded.link, state = excluded.state,
            hash = excluded.hash
        WHERE kept.version <= excluded.version;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such version, or a newer snapshot' USING ERRCODE = 'GH002';
    END IF;
END $$;

CREATE FUNCTION gatehouse.compact(
    its_slot bigint, its_epoch bigint, its_stream text, up_to bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM gatehouse.fence(its_slot, its_epoch);
    IF NOT EXISTS (SELECT FROM gatehouse.stream s WHERE s.id = its_stream) THEN
        RAISE EXCEPTION 'no such stream' USING ERRCODE = 'GH004';
    END IF;
    IF NOT EXISTS (SELECT FROM gatehouse.snapshot k
            WHERE k.stream = its_stream AND k.version >= up_to) THEN
        RAISE EXCEPTION 'no snapshot tells of these events' USING ERRCODE = 'GH002';
    END IF;
    UPDATE gatehouse.stream s SET floor = up_to WHERE s.id = its_stream AND s.floor < up_to;
    DELETE FROM gatehouse.event e WHERE e.stream = its_stream AND e.version <= up_to;
END $$;

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
    DELETE FROM gatehouse.event e WHERE e.stream = its_stream;
END $$;
)sql";

} // namespace gatehouse::storage::postgres
