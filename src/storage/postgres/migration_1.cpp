// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/schema.hpp"

// Applied somewhere, never changed again: its checksum is kept in every database.
// docs/store-format.md says what each column means.
namespace gatehouse::storage::postgres {

std::string_view const migration_1 = R"sql(
CREATE TABLE gatehouse.slot (
    slot smallint PRIMARY KEY,
    epoch bigint NOT NULL DEFAULT 0,
    owner text NOT NULL DEFAULT '',
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    next_position bigint NOT NULL DEFAULT 1,
    last_batch uuid
) WITH (fillfactor = 50);
INSERT INTO gatehouse.slot (slot) SELECT generate_series(0, 255);

CREATE TABLE gatehouse.log (next_event bigint NOT NULL);
INSERT INTO gatehouse.log VALUES (1);

CREATE TABLE gatehouse.stream (
    id text COLLATE "C" PRIMARY KEY,
    slot smallint NOT NULL REFERENCES gatehouse.slot,
    category text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    finished boolean NOT NULL,
    deadline bigint
) WITH (fillfactor = 80);
CREATE INDEX stream_slot ON gatehouse.stream (slot);

CREATE TABLE gatehouse.event (
    id bigint PRIMARY KEY,
    stream text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    slot smallint NOT NULL,
    position bigint NOT NULL,
    type text COLLATE "C" NOT NULL,
    schema integer NOT NULL,
    at bigint NOT NULL,
    actor bigint NOT NULL,
    action bigint NOT NULL,
    begins_action boolean NOT NULL,
    data bytea NOT NULL,
    CONSTRAINT event_version UNIQUE (stream, version),
    CONSTRAINT event_position UNIQUE (slot, position)
);
CREATE UNIQUE INDEX event_action ON gatehouse.event (stream, actor, action) WHERE begins_action;

-- Takes slots over: all of them or none. The new epoch is the fencing token. Waits for whatever
-- the owner before has in work; what it sends later finds another epoch. `gone` names an owner
-- that is known to have ended, so that its lease need not be waited for. An owner that takes its
-- slots `again`, over another connection, must have had them all the time.
CREATE FUNCTION gatehouse.acquire(
    slots bigint[], new_owner text, again bigint, gone text, ttl_ms bigint)
RETURNS TABLE (slot_taken bigint, new_epoch bigint, its_next_position bigint, its_last_batch uuid)
LANGUAGE plpgsql AS $$
DECLARE
    held record;
BEGIN
    PERFORM 1 FROM gatehouse.slot s WHERE s.slot = ANY (slots) ORDER BY s.slot FOR UPDATE;
    IF again <> 0 AND EXISTS (SELECT FROM gatehouse.slot s
            WHERE s.slot = ANY (slots) AND s.owner <> new_owner) THEN
        RAISE EXCEPTION 'fenced out' USING ERRCODE = 'GH001';
    END IF;
    SELECT s.owner, s.lease_until INTO held FROM gatehouse.slot s
        WHERE s.slot = ANY (slots) AND s.owner NOT IN (new_owner, gone, '')
            AND s.lease_until >= clock_timestamp()
        ORDER BY s.lease_until DESC LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', held.owner USING ERRCODE = 'GH003',
            DETAIL = to_char(held.lease_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
    END IF;
    RETURN QUERY UPDATE gatehouse.slot s
        SET epoch = s.epoch + 1, owner = new_owner,
            lease_until = clock_timestamp() + ttl_ms * interval '1 millisecond'
        WHERE s.slot = ANY (slots)
        RETURNING s.slot::bigint, s.epoch, s.next_position, s.last_batch;
END $$;

-- One group commit. The first UPDATE is at once fence, allocation of positions, lease renewal and
-- the mark by which an unknown outcome is resolved. The row of gatehouse.log stays locked until the
-- commit, so ids become visible in their order and without gaps.
CREATE FUNCTION gatehouse.append(batch uuid, ttl_ms bigint,
    slots bigint[], epochs bigint[], first_positions bigint[], counts bigint[],
    streams text[], stream_slots bigint[], categories text[], versions_before bigint[],
    versions_after bigint[], finishes bigint[], deadlines bigint[],
    event_streams text[], versions bigint[], event_slots bigint[], positions bigint[], types text[],
    schemas bigint[], ats bigint[], actors bigint[], actions bigint[], begin_actions bigint[],
    datas bytea[])
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

    INSERT INTO gatehouse.stream (id, slot, category, version, finished, deadline)
        SELECT u.id, u.slot, u.category, u.after, u.finished <> 0, u.deadline
        FROM unnest(streams, stream_slots, categories, versions_before, versions_after, finishes,
            deadlines) u (id, slot, category, before, after, finished, deadline)
        WHERE u.before = 0;
    GET DIAGNOSTICS added = ROW_COUNT;
    IF added < cardinality(streams) THEN
        UPDATE gatehouse.stream s
            SET version = u.after, finished = u.finished <> 0, deadline = u.deadline
            FROM unnest(streams, versions_before, versions_after, finishes, deadlines)
                u (id, before, after, finished, deadline)
            WHERE s.id = u.id AND s.version = u.before AND u.before > 0;
        GET DIAGNOSTICS changed = ROW_COUNT;
        IF added + changed <> cardinality(streams) THEN
            RAISE EXCEPTION 'wrong expected version' USING ERRCODE = 'GH002';
        END IF;
    END IF;

    INSERT INTO gatehouse.event (id, stream, version, slot, position, type, schema, at, actor,
            action, begins_action, data)
        SELECT first_event + u.n - 1, u.stream, u.version, u.slot, u.position, u.type, u.schema,
            u.at, u.actor, u.action, u.begins <> 0, u.data
        FROM unnest(event_streams, versions, event_slots, positions, types, schemas, ats, actors,
            actions, begin_actions, datas) WITH ORDINALITY
            u (stream, version, slot, position, type, schema, at, actor, action, begins, data, n);
    RETURN first_event;
END $$;
)sql";

} // namespace gatehouse::storage::postgres
