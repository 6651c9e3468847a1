// SPDX-License-Identifier: Apache-2.0
//
// Looking for a room, and seats that wait for somebody.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertProblem, get, post, request, serve, until } from './harness.mjs';
import { Client, createRoom } from './room_client.mjs';

async function open(server, { token }, more = {}) {
    const answer = await post(server.url + '/v1/rooms', { game: 'liap-tui', ...more }, token);
    assert.equal(answer.status, 201, answer.text);
    return answer.json.room;
}

async function list(server, query = '') {
    const answer = await get(`${server.url}/v1/rooms?${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
}

const ids = async (server, query) => (await list(server, query)).rooms.map(({ room }) => room);

async function giveUp(server, room, { token }) {
    const headers = { authorization: `Bearer ${token}` };
    const target = `${server.url}/v1/rooms/${room}/reservation`;
    return (await request(target, { method: 'DELETE', headers })).status;
}

describe('the lobby', { concurrency: 3 }, () => {
    test('shows the rooms that are asked for, page by page', async (t) => {
        const server = await serve(t);
        const ann = await Client.connect(server);
        const short = await open(server, ann, { options: { rounds: 1 } });
        const long = await open(server, ann, { options: { rounds: 9 } });
        const secret = await open(server, ann, { listed: false });
        assert.deepEqual(await ids(server), [long, short], 'the newest first');
        assert.deepEqual(await ids(server, 'game=liap-tui&option.rounds=1'), [short]);
        await ann.sit({ room: short });
        assert.deepEqual(await ids(server, 'free=4'), [long]);
        for (const seat of [1, 2, 3]) await ann.mustAct(short, 'room.bot', { seat });
        assert.deepEqual(await ids(server, 'open=true'), [long]);
        await ann.mustAct(short, 'start');
        assert.deepEqual(await ids(server, 'status=running'), [short]);

        const page = await list(server, 'limit=1');
        const rest = await list(server, 'limit=1&after=' + page.next);
        assert.deepEqual([...page.rooms, ...rest.rooms], (await list(server)).rooms);
        assert.equal((await get(`${server.url}/v1/rooms/${secret}`)).status, 200);
        for (const bad of ['roudns=1', 'game=liap-tui&option.roudns=1', 'free=many'])
            assertProblem(await get(`${server.url}/v1/rooms?${bad}`), {
                status: 400,
                code: 'bad_request',
            });
        await ann.close();
    });

    test('keeps a seat for who was named, over a restart', async (t) => {
        const server = await serve(t);
        let ann = await Client.connect(server);
        let bob = await Client.connect(server);
        const reserve = ['me', bob.welcome.principal];
        const room = await open(server, ann, { reserve });
        await server.restart();
        [ann, bob] = await Promise.all(
            [ann, bob].map(({ token }) => Client.connect(server, { token })),
        );
        const [eve, dan, fay] = await Promise.all([1, 2, 3].map(() => Client.connect(server)));
        assert.equal((await eve.sit({ room })).seat, 2);
        assert.equal((await dan.sit({ room })).seat, 3);
        assert.equal((await fay.join({ room })).code, 'room_full');
        assert.equal((await fay.join({ room }, { seat: 1 })).code, 'room_full');
        assert.deepEqual((await list(server)).rooms[0].seats[1], { by: 'nobody', reserved: true });
        assert.equal((await bob.sit({ room })).seat, 1);
        assert.equal(await giveUp(server, room, bob), 404, 'it is taken');
        assert.equal(await giveUp(server, room, ann), 204);
        assert.equal((await fay.sit({ room })).seat, 0, 'ann does not want it');
    });

    test('sits down at once who comes with a ticket for a seat', async (t) => {
        const server = await serve(t);
        const ann = await Client.connect(server);
        const room = await open(server, ann);
        const { status, json } = await post(
            server.url + '/v1/tickets',
            { room, seat: 2 },
            ann.token,
        );
        assert.equal(status, 201);
        const bob = await Client.connect(server);
        assert.equal((await bob.join({ room }, { seat: 2 })).code, 'room_full');
        const there = await Client.connect(server, { token: json.ticket });
        assert.equal(there.welcome.room, room);
        assert.equal((await there.sit({ room: there.welcome.room })).seat, 2);
    });

    test('frees a seat whose time is up, and one of somebody who is erased', async (t) => {
        const rooms = { 'liap-tui': { seat_reserved: '1s' } };
        const server = await serve(t, { rooms });
        const ann = await Client.connect(server);
        const bob = await Client.connect(server);
        const { room } = await createRoom(server, ann);
        await ann.sit({ room });
        const shown = []; // It may be over before anybody looks.
        const keep = ({ d }) => {
            shown.push(d?.room?.seats?.[1].reserved);
            return false;
        };
        ann.expect(keep, 600_000).catch(() => {});
        await ann.mustAct(room, 'room.reserve', { seat: 1, principal: bob.welcome.principal });
        await ann.see(room, (view) => !view.room.seats[1].reserved);
        assert.ok(shown.includes(true));
        await ann.close();

        const slow = await serve(t);
        const cem = await Client.connect(slow);
        const dan = await Client.connect(slow);
        const reserved = await open(slow, cem, { reserve: ['me', dan.welcome.principal] });
        await cem.sit({ room: reserved });
        assert.ok(cem.rooms.get(reserved).view.room.seats[1].reserved);
        const done = await slow.command('subject', 'erase', dan.welcome.principal, '--yes');
        assert.equal(done.code, 0, done.err);
        await cem.see(reserved, (view) => !view.room.seats[1].reserved);
        const again = await Client.connect(slow, { token: dan.token });
        assert.equal((await again.sit({ room: reserved }, { seat: 1 })).seat, 1);
    });
});

const seek = ({ url }, { token }, options = {}) =>
    post(url + '/v1/matches', { game: 'liap-tui', options }, token);

const withMatches = (match) => ({
    rooms: { 'liap-tui': { bot_think: '5ms', match: { players: 2, players_min: 1, ...match } } },
});

describe('matches', { concurrency: 3 }, () => {
    test('lead people who want the same into a room where their seats wait', async (t) => {
        const server = await serve(t, { ...withMatches({ patience: '1h' }), shards: 3 });
        const people = await Promise.all([1, 2, 3, 4, 5, 6].map(() => Client.connect(server)));
        const rounds = [1, 1, 1, 1, 9, 9];
        const asked = people.map((who, i) => seek(server, who, { rounds: rounds[i] }));
        const answers = await Promise.all(asked);
        const found = answers.map(({ status, json }) => {
            assert.equal(status, 200);
            return json;
        });
        const rooms = new Map();
        for (const [i, { room }] of found.entries())
            rooms.set(room, [...(rooms.get(room) ?? []), rounds[i]]);
        assert.equal(rooms.size, 3);
        for (const [room, both] of rooms) {
            assert.deepEqual(both, both[0] === 1 ? [1, 1] : [9, 9]);
            const { json } = await get(`${server.url}/v1/rooms/${room}`);
            assert.equal(json.options.rounds, both[0]);
        }
        assert.deepEqual(await ids(server), [], "they are nobody else's");
        const stranger = await Client.connect(server);
        assert.ok((await stranger.sit({ room: found[0].room })).seat >= 2);
        await server.restart();
        for (const [i, { room, seat }] of found.entries()) {
            const again = await Client.connect(server, { token: people[i].token });
            assert.equal((await again.sit({ room })).seat, seat);
            if (seat === 0) await again.mustAct(room, 'room.bot', { seat: 3 });
            await again.close();
        }
    });

    test('take fewer from who is out of patience', async (t) => {
        const server = await serve(t, withMatches({ patience: '1s' }));
        const ann = await Client.connect(server);
        const { status, json } = await seek(server, ann);
        assert.equal(status, 200);
        assert.equal(json.players, 1);
        assert.ok(json.waited_ms >= 1000);
        assert.equal(await server.metric('gatehouse_matches_waiting{game="liap-tui"}'), 0);
        assert.equal(await server.metric('gatehouse_matched_players_total{game="liap-tui"}'), 1);
        assertProblem(await seek(server, ann, { roudns: 1 }), { status: 400 });
    });

    test('end when the server stops, and begin anew with the next', async (t) => {
        const server = await serve(t, withMatches({ patience: '1h' }));
        const ann = await Client.connect(server);
        const bob = await Client.connect(server);
        const asked = seek(server, ann);
        const waiting = 'gatehouse_matches_waiting{game="liap-tui"}';
        await until(async () => (await server.metric(waiting)) === 1, 'she waits');
        ann.close();
        bob.close();
        await server.restart({ signal: 'SIGTERM' });
        assertProblem(await asked, { status: 503, code: 'unavailable' });
        const both = await Promise.all([seek(server, ann), seek(server, bob)]);
        assert.equal(both[0].json.room, both[1].json.room);
        assert.deepEqual(both.map(({ json }) => json.seat).sort(), [0, 1]);
    });
});
