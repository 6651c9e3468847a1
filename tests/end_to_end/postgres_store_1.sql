--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: gatehouse; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA gatehouse;


--
-- Name: acquire(bigint[], text, bigint, text, bigint); Type: FUNCTION; Schema: gatehouse; Owner: -
--

CREATE FUNCTION gatehouse.acquire(slots bigint[], new_owner text, again bigint, gone text, ttl_ms bigint) RETURNS TABLE(slot_taken bigint, new_epoch bigint, its_next_position bigint, its_last_batch uuid)
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: append(uuid, bigint, bigint[], bigint[], bigint[], bigint[], text[], bigint[], text[], bigint[], bigint[], bigint[], bigint[], text[], bigint[], bigint[], bigint[], text[], bigint[], bigint[], bigint[], bigint[], bigint[], bytea[]); Type: FUNCTION; Schema: gatehouse; Owner: -
--

CREATE FUNCTION gatehouse.append(batch uuid, ttl_ms bigint, slots bigint[], epochs bigint[], first_positions bigint[], counts bigint[], streams text[], stream_slots bigint[], categories text[], versions_before bigint[], versions_after bigint[], finishes bigint[], deadlines bigint[], event_streams text[], versions bigint[], event_slots bigint[], positions bigint[], types text[], schemas bigint[], ats bigint[], actors bigint[], actions bigint[], begin_actions bigint[], datas bytea[]) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
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


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: event; Type: TABLE; Schema: gatehouse; Owner: -
--

CREATE TABLE gatehouse.event (
    id bigint NOT NULL,
    stream text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    slot smallint NOT NULL,
    "position" bigint NOT NULL,
    type text NOT NULL COLLATE pg_catalog."C",
    schema integer NOT NULL,
    at bigint NOT NULL,
    actor bigint NOT NULL,
    action bigint NOT NULL,
    begins_action boolean NOT NULL,
    data bytea NOT NULL
);


--
-- Name: log; Type: TABLE; Schema: gatehouse; Owner: -
--

CREATE TABLE gatehouse.log (
    next_event bigint NOT NULL
);


--
-- Name: migration; Type: TABLE; Schema: gatehouse; Owner: -
--

CREATE TABLE gatehouse.migration (
    version integer NOT NULL,
    name text NOT NULL,
    sha256 bytea NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: slot; Type: TABLE; Schema: gatehouse; Owner: -
--

CREATE TABLE gatehouse.slot (
    slot smallint NOT NULL,
    epoch bigint DEFAULT 0 NOT NULL,
    owner text DEFAULT ''::text NOT NULL,
    lease_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    next_position bigint DEFAULT 1 NOT NULL,
    last_batch uuid
)
WITH (fillfactor='50');


--
-- Name: stream; Type: TABLE; Schema: gatehouse; Owner: -
--

CREATE TABLE gatehouse.stream (
    id text NOT NULL COLLATE pg_catalog."C",
    slot smallint NOT NULL,
    category text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    finished boolean NOT NULL,
    deadline bigint
)
WITH (fillfactor='80');


--
-- Data for Name: event; Type: TABLE DATA; Schema: gatehouse; Owner: -
--

INSERT INTO gatehouse.event VALUES (1, '5hpet.1856493e', 1, 25, 1, 'room.opened', 1, 1795257101306, 0, 0, false, '\xa56467616d65686c6961702d7475696572756c65730164636f64656535485045546473656564784064626131333731313361323932393232623364316136316564323261313135626639626237333931656230393364336364633639663761653263633834396531676f7074696f6e7378c86137363436373666363136633138333236363732366637353665363437333031363737323635363436353631366337333033373337303732363537303631373236313734363936663665356637333635363336663665363437333066373336343635363336633631373236313734363936663665356637333635363336663665363437333138316536633734373537323665356637333635363336663665363437333138316536663733363336663732363936653637356637333635363336663665363437333037');
INSERT INTO gatehouse.event VALUES (2, '5hpet.1856493e', 2, 25, 2, 'room.came', 1, 1795257101309, 0, 0, false, '\xa1697072696e636970616c781a675f373638333664353337366233363832643531386430393161');
INSERT INTO gatehouse.event VALUES (3, '5hpet.1856493e', 3, 25, 3, 'room.seated', 1, 1795257101309, 0, 0, false, '\xa2656163746f7201647365617400');
INSERT INTO gatehouse.event VALUES (4, '5hpet.1856493e', 4, 25, 4, 'room.bot_seated', 1, 1795257101311, 1, 1, true, '\xa1647365617401');
INSERT INTO gatehouse.event VALUES (5, '5hpet.1856493e', 5, 25, 5, 'room.bot_seated', 1, 1795257101312, 1, 2, true, '\xa1647365617402');
INSERT INTO gatehouse.event VALUES (6, '5hpet.1856493e', 6, 25, 6, 'room.bot_seated', 1, 1795257101313, 1, 3, true, '\xa1647365617403');
INSERT INTO gatehouse.event VALUES (7, '5hpet.1856493e', 7, 25, 7, 'dealt', 1, 1795257101314, 1, 4, true, '\xa465726f756e6401646465616c016773746172746572016568616e6473848806070a0e12181a181d181e8800010b0c0d0f1516880205091011171819181f8803040813141818181b181c8182647475726e1b000001a1fda9e132');
INSERT INTO gatehouse.event VALUES (8, '5hpet.1856493e', 8, 25, 8, 'declared', 1, 1795257101320, 0, 0, false, '\xa36473656174016570696c65730466666f72636564f48182647475726e1b000001a1fda9e138');
INSERT INTO gatehouse.event VALUES (9, '5hpet.1856493e', 9, 25, 9, 'declared', 1, 1795257101325, 0, 0, false, '\xa36473656174026570696c65730166666f72636564f48182647475726e1b000001a1fda9e13d');
INSERT INTO gatehouse.event VALUES (10, '5hpet.1856493e', 10, 25, 10, 'declared', 1, 1795257101331, 0, 0, false, '\xa36473656174036570696c65730166666f72636564f48182647475726e1b000001a1fda9e143');
INSERT INTO gatehouse.event VALUES (11, '5hpet.1856493e', 11, 25, 11, 'declared', 1, 1795257101332, 1, 5, true, '\xa36473656174006570696c65730166666f72636564f48182647475726e1b000001a1fda9e144');
INSERT INTO gatehouse.event VALUES (12, '5hpet.1856493e', 12, 25, 12, 'played', 1, 1795257101338, 0, 0, false, '\xa364736561740166706965636573820c0d66666f72636564f48182647475726e1b000001a1fda9e14a');
INSERT INTO gatehouse.event VALUES (13, '5hpet.1856493e', 13, 25, 13, 'played', 1, 1795257101344, 0, 0, false, '\xa3647365617402667069656365738217181f66666f72636564f48182647475726e1b000001a1fda9e150');
INSERT INTO gatehouse.event VALUES (14, '5hpet.1856493e', 14, 25, 14, 'played', 1, 1795257101350, 0, 0, false, '\xa36473656174036670696563657382181b181c66666f72636564f48182647475726e1b000001a1fda9e156');
INSERT INTO gatehouse.event VALUES (15, '5hpet.1856493e', 15, 25, 15, 'played', 1, 1795257101351, 1, 6, true, '\xa36473656174006670696563657382181d181e66666f72636564f4');
INSERT INTO gatehouse.event VALUES (16, '5hpet.1856493e', 16, 25, 16, 'turn_won', 1, 1795257101351, 1, 6, false, '\xa26473656174016570696c6573028182647475726e1b000001a1fda9e157');
INSERT INTO gatehouse.event VALUES (17, '5hpet.1856493e', 17, 25, 17, 'played', 1, 1795257101356, 0, 0, false, '\xa364736561740166706965636573810066666f72636564f48182647475726e1b000001a1fda9e15c');
INSERT INTO gatehouse.event VALUES (18, '5hpet.1856493e', 18, 25, 18, 'played', 1, 1795257101362, 0, 0, false, '\xa36473656174026670696563657381181966666f72636564f48182647475726e1b000001a1fda9e162');
INSERT INTO gatehouse.event VALUES (19, '5hpet.1856493e', 19, 25, 19, 'played', 1, 1795257101368, 0, 0, false, '\xa36473656174036670696563657381181866666f72636564f48182647475726e1b000001a1fda9e168');
INSERT INTO gatehouse.event VALUES (20, '5hpet.1856493e', 20, 25, 20, 'played', 1, 1795257101369, 1, 7, true, '\xa36473656174006670696563657381181a66666f72636564f4');
INSERT INTO gatehouse.event VALUES (21, '5hpet.1856493e', 21, 25, 21, 'turn_won', 1, 1795257101369, 1, 7, false, '\xa26473656174016570696c6573018182647475726e1b000001a1fda9e169');
INSERT INTO gatehouse.event VALUES (22, '5hpet.1856493e', 22, 25, 22, 'played', 1, 1795257101375, 0, 0, false, '\xa364736561740166706965636573810166666f72636564f48182647475726e1b000001a1fda9e16f');
INSERT INTO gatehouse.event VALUES (23, '5hpet.1856493e', 23, 25, 23, 'played', 1, 1795257101381, 0, 0, false, '\xa364736561740266706965636573811066666f72636564f48182647475726e1b000001a1fda9e175');
INSERT INTO gatehouse.event VALUES (24, '5hpet.1856493e', 24, 25, 24, 'played', 1, 1795257101387, 0, 0, false, '\xa364736561740366706965636573811466666f72636564f48182647475726e1b000001a1fda9e17b');
INSERT INTO gatehouse.event VALUES (25, '5hpet.1856493e', 25, 25, 25, 'played', 1, 1795257101388, 1, 8, true, '\xa364736561740066706965636573811266666f72636564f4');
INSERT INTO gatehouse.event VALUES (26, '5hpet.1856493e', 26, 25, 26, 'turn_won', 1, 1795257101388, 1, 8, false, '\xa26473656174016570696c6573018182647475726e1b000001a1fda9e17c');
INSERT INTO gatehouse.event VALUES (27, '5hpet.1856493e', 27, 25, 27, 'played', 1, 1795257101394, 0, 0, false, '\xa364736561740166706965636573811666666f72636564f48182647475726e1b000001a1fda9e182');
INSERT INTO gatehouse.event VALUES (28, '5hpet.1856493e', 28, 25, 28, 'played', 1, 1795257101400, 0, 0, false, '\xa364736561740266706965636573811166666f72636564f48182647475726e1b000001a1fda9e188');
INSERT INTO gatehouse.event VALUES (29, '5hpet.1856493e', 29, 25, 29, 'played', 1, 1795257101406, 0, 0, false, '\xa364736561740366706965636573810866666f72636564f48182647475726e1b000001a1fda9e18e');
INSERT INTO gatehouse.event VALUES (30, '5hpet.1856493e', 30, 25, 30, 'played', 1, 1795257101408, 1, 9, true, '\xa364736561740066706965636573810e66666f72636564f4');
INSERT INTO gatehouse.event VALUES (31, '5hpet.1856493e', 31, 25, 31, 'turn_won', 1, 1795257101408, 1, 9, false, '\xa26473656174036570696c6573018182647475726e1b000001a1fda9e190');
INSERT INTO gatehouse.event VALUES (32, '5hpet.1856493e', 32, 25, 32, 'played', 1, 1795257101413, 0, 0, false, '\xa364736561740366706965636573811366666f72636564f48182647475726e1b000001a1fda9e195');
INSERT INTO gatehouse.event VALUES (33, '5hpet.1856493e', 33, 25, 33, 'played', 1, 1795257101415, 1, 10, true, '\xa364736561740066706965636573810a66666f72636564f48182647475726e1b000001a1fda9e197');
INSERT INTO gatehouse.event VALUES (34, '5hpet.1856493e', 34, 25, 34, 'played', 1, 1795257101420, 0, 0, false, '\xa364736561740166706965636573810b66666f72636564f48182647475726e1b000001a1fda9e19c');
INSERT INTO gatehouse.event VALUES (35, '5hpet.1856493e', 35, 25, 35, 'played', 1, 1795257101426, 0, 0, false, '\xa364736561740266706965636573810966666f72636564f4');
INSERT INTO gatehouse.event VALUES (36, '5hpet.1856493e', 36, 25, 36, 'turn_won', 1, 1795257101426, 0, 0, false, '\xa26473656174026570696c6573018182647475726e1b000001a1fda9e1a2');
INSERT INTO gatehouse.event VALUES (37, '5hpet.1856493e', 37, 25, 37, 'played', 1, 1795257101432, 0, 0, false, '\xa364736561740266706965636573810566666f72636564f48182647475726e1b000001a1fda9e1a8');
INSERT INTO gatehouse.event VALUES (38, '5hpet.1856493e', 38, 25, 38, 'played', 1, 1795257101438, 0, 0, false, '\xa364736561740366706965636573810466666f72636564f48182647475726e1b000001a1fda9e1ae');
INSERT INTO gatehouse.event VALUES (39, '5hpet.1856493e', 39, 25, 39, 'played', 1, 1795257101440, 1, 11, true, '\xa364736561740066706965636573810766666f72636564f48182647475726e1b000001a1fda9e1b0');
INSERT INTO gatehouse.event VALUES (40, '5hpet.1856493e', 40, 25, 40, 'played', 1, 1795257101446, 0, 0, false, '\xa364736561740166706965636573810f66666f72636564f4');
INSERT INTO gatehouse.event VALUES (41, '5hpet.1856493e', 41, 25, 41, 'turn_won', 1, 1795257101446, 0, 0, false, '\xa26473656174026570696c6573018182647475726e1b000001a1fda9e1b6');
INSERT INTO gatehouse.event VALUES (42, '5hpet.1856493e', 42, 25, 42, 'played', 1, 1795257101452, 0, 0, false, '\xa364736561740266706965636573810266666f72636564f48182647475726e1b000001a1fda9e1bc');
INSERT INTO gatehouse.event VALUES (43, '5hpet.1856493e', 43, 25, 43, 'played', 1, 1795257101458, 0, 0, false, '\xa364736561740366706965636573810366666f72636564f48182647475726e1b000001a1fda9e1c2');
INSERT INTO gatehouse.event VALUES (44, '5hpet.1856493e', 44, 25, 44, 'played', 1, 1795257101459, 1, 12, true, '\xa364736561740066706965636573810666666f72636564f48182647475726e1b000001a1fda9e1c3');
INSERT INTO gatehouse.event VALUES (45, '5hpet.1856493e', 45, 25, 45, 'played', 1, 1795257101465, 0, 0, false, '\xa364736561740166706965636573811566666f72636564f4');
INSERT INTO gatehouse.event VALUES (46, '5hpet.1856493e', 46, 25, 46, 'turn_won', 1, 1795257101465, 0, 0, false, '\xa26473656174026570696c657301');
INSERT INTO gatehouse.event VALUES (47, '5hpet.1856493e', 47, 25, 47, 'scored', 1, 1795257101465, 0, 0, false, '\xa16664656c7461738420092106');
INSERT INTO gatehouse.event VALUES (48, '5hpet.1856493e', 48, 25, 48, 'ended', 1, 1795257101465, 0, 0, false, '\xa16777696e6e65727381018182647475726ef6');
INSERT INTO gatehouse.event VALUES (49, '5hpet.1856493e', 49, 25, 49, 'room.finished', 1, 1795257101465, 0, 0, false, '\xa0');
INSERT INTO gatehouse.event VALUES (50, 'ydejv.219351d1', 1, 61, 1, 'room.opened', 1, 1795257101468, 0, 0, false, '\xa56467616d65686c6961702d7475696572756c65730164636f6465655944454a566473656564784061386435623761356432396566333632633466643931316539316363346335383837633532316532316132396631383662313838333961633666363038336231676f7074696f6e7378c86137363436373666363136633138333236363732366637353665363437333134363737323635363436353631366337333033373337303732363537303631373236313734363936663665356637333635363336663665363437333066373336343635363336633631373236313734363936663665356637333635363336663665363437333138316536633734373537323665356637333635363336663665363437333138316536663733363336663732363936653637356637333635363336663665363437333037');
INSERT INTO gatehouse.event VALUES (51, 'ydejv.219351d1', 2, 61, 2, 'room.came', 1, 1795257101469, 0, 0, false, '\xa1697072696e636970616c781a675f373638333664353337366233363832643531386430393161');
INSERT INTO gatehouse.event VALUES (52, 'ydejv.219351d1', 3, 61, 3, 'room.seated', 1, 1795257101469, 0, 0, false, '\xa2656163746f7201647365617400');


--
-- Data for Name: log; Type: TABLE DATA; Schema: gatehouse; Owner: -
--

INSERT INTO gatehouse.log VALUES (53);


--
-- Data for Name: migration; Type: TABLE DATA; Schema: gatehouse; Owner: -
--

INSERT INTO gatehouse.migration VALUES (1, 'slots, streams, events', '\xfdee9aaf23fb6fc6f5c52683056cd53cef51cfe7b88ba666f5fd8b17537c4e30', '2026-11-21 10:31:41.261822+00');


--
-- Data for Name: slot; Type: TABLE DATA; Schema: gatehouse; Owner: -
--

INSERT INTO gatehouse.slot VALUES (0, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (1, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (2, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (3, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (4, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (5, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (6, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (7, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (8, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (9, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (10, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (11, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (12, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (13, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (14, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (15, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (16, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (17, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (18, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (19, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (20, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (21, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (22, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (23, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (24, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (25, 1, '', '-infinity', 50, '7e5d2290-cbff-8fcb-2934-807d5d6bdbba');
INSERT INTO gatehouse.slot VALUES (26, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (27, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (28, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (29, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (30, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (31, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (32, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (33, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (34, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (59, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (60, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (61, 1, '', '-infinity', 4, '221b27b6-506c-75d6-75b5-587dda41ee9e');
INSERT INTO gatehouse.slot VALUES (62, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (63, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (64, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (65, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (66, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (67, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (68, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (69, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (70, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (71, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (72, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (73, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (74, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (75, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (76, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (77, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (78, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (79, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (80, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (81, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (82, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (83, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (84, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (85, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (86, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (87, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (88, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (89, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (90, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (91, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (92, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (93, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (118, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (119, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (120, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (121, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (122, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (123, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (124, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (125, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (126, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (127, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (128, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (129, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (130, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (131, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (132, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (133, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (134, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (135, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (136, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (137, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (138, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (139, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (140, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (141, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (142, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (143, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (144, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (145, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (146, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (147, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (148, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (149, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (150, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (151, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (152, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (177, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (178, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (179, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (180, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (181, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (182, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (183, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (184, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (185, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (186, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (187, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (188, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (189, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (190, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (191, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (192, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (193, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (194, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (195, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (196, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (197, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (198, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (199, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (200, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (201, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (202, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (203, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (204, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (205, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (206, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (207, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (208, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (209, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (210, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (211, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (35, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (36, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (37, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (38, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (39, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (40, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (41, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (42, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (43, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (44, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (45, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (46, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (47, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (48, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (49, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (50, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (51, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (52, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (53, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (54, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (55, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (56, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (57, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (236, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (237, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (238, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (239, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (240, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (241, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (242, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (243, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (244, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (245, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (246, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (247, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (248, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (249, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (250, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (251, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (252, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (253, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (254, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (255, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (58, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (94, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (95, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (96, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (97, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (98, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (99, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (100, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (101, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (102, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (103, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (104, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (105, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (106, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (107, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (108, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (109, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (110, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (111, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (112, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (113, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (114, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (115, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (116, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (117, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (153, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (154, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (155, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (156, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (157, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (158, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (159, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (160, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (161, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (162, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (163, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (164, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (165, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (166, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (167, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (168, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (169, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (170, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (171, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (172, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (173, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (174, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (175, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (176, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (212, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (213, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (214, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (215, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (216, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (217, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (218, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (219, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (220, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (221, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (222, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (223, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (224, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (225, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (226, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (227, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (228, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (229, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (230, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (231, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (232, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (233, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (234, 1, '', '-infinity', 1, NULL);
INSERT INTO gatehouse.slot VALUES (235, 1, '', '-infinity', 1, NULL);


--
-- Data for Name: stream; Type: TABLE DATA; Schema: gatehouse; Owner: -
--

INSERT INTO gatehouse.stream VALUES ('5hpet.1856493e', 25, 'liap-tui', 49, true, NULL);
INSERT INTO gatehouse.stream VALUES ('ydejv.219351d1', 61, 'liap-tui', 3, false, NULL);


--
-- Name: event event_pkey; Type: CONSTRAINT; Schema: gatehouse; Owner: -
--

ALTER TABLE ONLY gatehouse.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);


--
-- Name: event event_position; Type: CONSTRAINT; Schema: gatehouse; Owner: -
--

ALTER TABLE ONLY gatehouse.event
    ADD CONSTRAINT event_position UNIQUE (slot, "position");


--
-- Name: event event_version; Type: CONSTRAINT; Schema: gatehouse; Owner: -
--

ALTER TABLE ONLY gatehouse.event
    ADD CONSTRAINT event_version UNIQUE (stream, version);


--
-- Name: migration migration_pkey; Type: CONSTRAINT; Schema: gatehouse; Owner: -
--

ALTER TABLE ONLY gatehouse.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (version);


--
-- Name: slot slot_pkey; Type: CONSTRAINT; Schema: gatehouse; Owner: -
--

ALTER TABLE ONLY gatehouse.slot
    ADD CONSTRAINT slot_pkey PRIMARY KEY (slot);


--
-- Name: stream stream_pkey; Type: CONSTRAINT; Schema: gatehouse; Owner: -
--

ALTER TABLE ONLY gatehouse.stream
    ADD CONSTRAINT stream_pkey PRIMARY KEY (id);


--
-- Name: event_action; Type: INDEX; Schema: gatehouse; Owner: -
--

CREATE UNIQUE INDEX event_action ON gatehouse.event USING btree (stream, actor, action) WHERE begins_action;


--
-- Name: stream_slot; Type: INDEX; Schema: gatehouse; Owner: -
--

CREATE INDEX stream_slot ON gatehouse.stream USING btree (slot);


--
-- Name: stream stream_slot_fkey; Type: FK CONSTRAINT; Schema: gatehouse; Owner: -
--

ALTER TABLE ONLY gatehouse.stream
    ADD CONSTRAINT stream_slot_fkey FOREIGN KEY (slot) REFERENCES gatehouse.slot(slot);


--
-- PostgreSQL database dump complete
--


