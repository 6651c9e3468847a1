// SPDX-License-Identifier: Apache-2.0
//
// kill -9, and what must be there afterwards.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { get, serve, until } from './harness.mjs';
import { Client, createRoom, move, place, play, tableWithBots } from './room_client.mjs';

async function back(server, client, room) {
    const again = await Client.connect(server, { token: client.token });
    await again.sit({ room });
    return again;
}

describe('kill -9', { concurrency: 3 }, () => {
    test('a game goes on after it and is fair, seats and commitment as before', async (t) => {
        const server = await serve(t);
        let { client, room } = await tableWithBots(server, { rounds: 2 });
        await client.mustAct(room, 'start');
        const inTurn = (view) => view.game.phase === 'turn' && view.game.won.some((piles) => piles);
        const before = await play(client, room, inTurn);
        await server.restart();
        assert.equal((await client.closed).code, 1006);
        client = await back(server, client, room);
        const after = client.rooms.get(room).view;
        assert.equal(client.rooms.get(room).seat, 0);
        assert.equal(after.room.commit, before.room.commit);
        assert.deepEqual(after.room.seats, before.room.seats);
        assert.deepEqual(after.game.declared, before.game.declared);
        const end = await play(client, room);
        assert.equal(end.room.status, 'finished');
        assert.match(end.room.seed, /^[0-9a-f]{64}$/);
        const replay = await server.command('room', 'replay', room);
        const played = JSON.parse(replay.out);
        assert.deepEqual(played.scores ?? end.game.scores, end.game.scores);
        await verified(server, room);
        await server.kill();
        await verified(server, room);
    });

    test('an action in flight is applied exactly once after it is sent again', async (t) => {
        const server = await serve(t);
        let client = await Client.connect(server);
        const { room } = await createRoom(server, client);
        await client.sit({ room });
        let names = 0;
        for (let cycle = 0; cycle < 8; cycle++) {
            const ids = Array.from({ length: 5 }, () => client.nextAct(room));
            const act = (id) => ({ t: 'act', id, room, a: 'room.name', d: { name: `n${id}` } });
            client.send(...ids.map(act));
            // Killed with none answered, with some, with all.
            const answered = [0, 1, 3, ids.length][cycle % 4];
            if (answered > 0) await client.answer(ids[answered - 1]);
            await server.restart();
            const acked = ids.filter((id) =>
                client.inbox.some((m) => m.t === 'ack' && m.id === id),
            );
            const again = await back(server, client, room);
            const { last, s } = again.rooms.get(room);
            assert.ok(
                acked.every((id) => id <= last),
                `acked ${acked} and kept ${last}`,
            );
            again.send(...ids.map(act));
            for (const id of ids) assert.equal((await again.answer(id)).t, 'ack');
            names += ids.length;
            assert.equal(again.rooms.get(room).view.room.seats[0].name, `n${ids.at(-1)}`);
            assert.ok(again.rooms.get(room).s - s <= ids.length);
            client = again;
        }
        const shown = await server.command('room', 'show', room);
        assert.equal(shown.out.match(/room\.named/g).length, names, 'each once');
        const ids = await server.command('events', 'tail');
        const ours = ids.out
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line))
            .filter((event) => event.room === room);
        assert.deepEqual(
            ours.map((event) => event.version),
            ours.map((_, i) => i + 1),
            'no gaps',
        );
    });

    test('an overdue timer fires once, after a grace', async (t) => {
        const server = await serve(t, {
            rooms: { 'liap-tui': { bot_think: '5ms', absence: { bot_after: '1m' } } },
        });
        const options = { rounds: 1, declaration_seconds: 1, preparation_seconds: 1 };
        const { client, room } = await tableWithBots(server, options);
        await client.mustAct(room, 'start');
        await client.see(room, ({ game }) => game.turn === 0);
        await server.kill();
        // Overdue before anybody serves it: the time stands in the last line of its events.
        const listed = await server.command('room', 'ls');
        const due = Date.parse(/\S+Z$/m.exec(listed.out)[0]);
        await until(() => Date.now() > due, 'the timer is overdue');
        await server.start();
        const served = Date.now();
        const again = await Client.connect(server, { token: client.token });
        const joined = await again.sit({ room });
        assert.equal(joined.view.game.turn, 0, 'it waits for those who come back');
        const phase = joined.view.game.phase;
        const timer = await again.see(room, ({ game }) => game.turn !== 0 || game.phase !== phase);
        assert.ok(timer);
        assert.ok(Date.now() - served > 2000, `a grace of ${Date.now() - served} ms`);
        const { out } = await server.command('room', 'show', room);
        const forced = out.split('\n').filter((line) => /"forced":true/.test(line));
        const own = forced.filter(
            (line) => line.includes('"seat":0') && /declared|kept/.test(line),
        );
        assert.ok(own.length >= 1, out);
        assert.equal(own.filter((line) => line.includes('declared')).length <= 1, true, 'once');
    });

    test('rooms of all states are there, and none that was never acked', async (t) => {
        const server = await serve(t);
        const host = await Client.connect(server);
        const made = [];
        for (let i = 0; i < 20; i++) made.push((await createRoom(server, host)).room);
        await server.restart();
        for (const room of made)
            assert.equal((await get(`${server.url}/v1/rooms/${room}`)).status, 200);
        const { rooms } = (await get(server.url + '/v1/rooms')).json;
        assert.deepEqual(rooms.map(({ room }) => room).sort(), made.sort());
        assert.equal((await get(server.url + '/health')).json.checks.rooms.unfinished, 20);
    });
});

async function verified(server, room) {
    const { out, code, err } = await server.command('room', 'verify', room);
    assert.equal(code, 0, out + err);
    assert.match(out, /^fair: /m);
}

test('the operator looks into rooms and events, with the server up and down', async (t) => {
    const server = await serve(t);
    const { client, room, code } = await tableWithBots(server, { rounds: 1 });
    await client.mustAct(room, 'start');
    const end = await play(client, room);
    const other = await createRoom(server, client);
    const answers = {};
    for (const state of ['up', 'down']) {
        const ran = async (...words) => {
            const { out, err, code: exit } = await server.command(...words);
            assert.equal(exit, 0, `${words}: ${err}`);
            return out;
        };
        answers[state] = [
            await ran('room', 'ls'),
            await ran('room', 'ls', '--all'),
            await ran('room', 'show', room),
            await ran('room', 'show', code),
            await ran('room', 'replay', room),
            await ran('room', 'replay', room, '--until', '6'),
            await ran('room', 'verify', room),
            await ran('events', 'tail'),
        ];
        const unknown = await server.command('room', 'show', 'nobody.00000000');
        assert.notEqual(unknown.code, 0);
        assert.match(unknown.err, /no room/);
        if (state === 'up') assert.equal((await server.kill('SIGTERM')).code, 0);
    }
    assert.deepEqual(answers.up, answers.down);
    const [open, all, shown, byCode, replay, , verify, tail] = answers.up;
    assert.ok(open.includes(other.room) && !open.includes(room), open);
    assert.ok(all.includes(other.room) && all.includes(room));
    assert.equal(shown, byCode);
    assert.match(shown, new RegExp(`commit +${end.room.commit}`));
    assert.match(shown, new RegExp(`seed +${end.room.seed}`));
    assert.equal(typeof JSON.parse(replay), 'object');
    assert.match(verify, /^fair: /m);
    const events = tail
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    assert.ok(events.filter((event) => event.room === room).length > 30);
});

test('verify notices a history that was tampered with', async (t) => {
    const server = await serve(t);
    const { client, room } = await tableWithBots(server, { rounds: 1 });
    await client.mustAct(room, 'start');
    await play(client, room);
    await server.kill('SIGTERM');
    const sound = await server.command('events', 'verify');
    assert.equal(sound.code, 0, sound.out + sound.err);
    assert.match(sound.out, /^1 rooms, \d+ events, .*: sound$/m);
    const file = path.join(server.folder, 'data/gatehouse.db');
    const bytes = fs.readFileSync(file);
    const at = bytes.indexOf('hands'); // Of the first deal: CBOR, small numbers as they are.
    assert.ok(at > 0);
    const [a, b] = [at + 7, at + 8];
    [bytes[a], bytes[b]] = [bytes[b], bytes[a]];
    fs.writeFileSync(file, bytes);
    const { out, err, code } = await server.command('room', 'verify', room);
    assert.equal(code, 1, out);
    assert.match(err, /event \d+ is not what was written/);
    const found = await server.command('events', 'verify');
    assert.equal(found.code, 1, found.out);
    assert.match(found.out, /event 7|not what was written/);
});

test('whoever is in mid-move when it happens finishes the game by the page rules', async (t) => {
    const server = await serve(t);
    let { client, room } = await tableWithBots(server, { rounds: 1 });
    await client.mustAct(room, 'start');
    for (let cycle = 0; cycle < 5; cycle++) {
        const known = client.rooms.get(room);
        const view = await client.see(
            room,
            (each) => move(each, 0) || each.game.phase === 'game_over',
        );
        const next = move(view, 0);
        if (next) client.send({ t: 'act', id: client.nextAct(room), room, a: next[0], d: next[1] });
        await server.restart({ samePort: true });
        const again = await Client.connect(server, { token: client.token });
        again.rooms.set(room, known);
        await again.sit({ room }, { at: place(known) });
        client = again;
    }
    await play(client, room);
    await verified(server, room);
    await until(
        async () => (await get(server.url + '/health/ready')).status === 200,
        'it is ready',
    );
});
