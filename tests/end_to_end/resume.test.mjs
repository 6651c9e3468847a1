// SPDX-License-Identifier: Apache-2.0
//
// Coming back, heartbeats, and going away.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { get, serve, soon, until } from './harness.mjs';
import { Client, createRoom, place, resumeOf, tableWithBots } from './room_client.mjs';

describe('coming back', { concurrency: 4 }, () => {
    test('a session is resumed once, with a token that each use replaces', async (t) => {
        const server = await serve(t);
        const first = await Client.connect(server);
        const { token } = first;
        first.cut();
        const second = await Client.connect(server, { token, resume: resumeOf(first) });
        assert.equal(second.welcome.resumed, true);
        assert.notEqual(second.welcome.tok, first.welcome.tok);
        const replay = await Client.connect(server, { token, resume: resumeOf(first) });
        assert.equal(replay.welcome.resumed, false, 'a used token is worth nothing');
        const thief = await Client.connect(server, { resume: resumeOf(second) });
        assert.equal(thief.welcome.resumed, false, 'it is bound to its principal');
        const guess = { sid: second.welcome.sid, tok: '0'.repeat(32) };
        assert.equal(
            (await Client.connect(server, { token, resume: guess })).welcome.resumed,
            false,
        );
        const third = await Client.connect(server, { token, resume: resumeOf(second) });
        assert.equal(third.welcome.resumed, true, 'even while the old connection seems alive');
        assert.equal((await second.closed).code, 4005);
        for (const resume of [
            7,
            {},
            { sid: 'x', tok: 'y' },
            { sid: 'ffff' + '0'.repeat(28), tok: '' },
        ])
            assert.equal((await Client.connect(server, { token, resume })).welcome.resumed, false);
    });

    test('a room is resumed where it was left: live, by its tail, or whole', async (t) => {
        const server = await serve(t);
        const { client, room } = await tableWithBots(server, { rounds: 1 });
        const watcher = await Client.connect(server);
        const seen = await watcher.sit({ room }, { as: 'spectator' });
        const again = (at) => watcher.join({ room }, { as: 'spectator', at });
        assert.equal((await again(place(seen))).how, 'live');
        await watcher.cut();

        await client.mustAct(room, 'room.name', { name: 'Ada' });
        await client.mustAct(room, 'room.name', { name: 'Bea' });
        const back = await Client.connect(server, { token: watcher.token });
        back.rooms.set(room, seen);
        const tail = await back.join({ room }, { as: 'spectator', at: place(seen) });
        assert.deepEqual([tail.how, tail.s, tail.view], ['tail', seen.s, undefined]);
        assert.equal(
            (await back.see(room, (view) => view.room.seats[0].name === 'Bea')).room.seats[0].name,
            'Bea',
        );
        for (const at of [
            { e: 1, s: 1 },
            { e: 9, s: seen.s },
            { e: 1, s: 99_999 },
        ]) {
            const snap = await back.join({ room }, { as: 'spectator', at });
            assert.equal(snap.how, 'snap', JSON.stringify(at));
            assert.equal(snap.view.room.seats[0].name, 'Bea');
        }
    });

    test('one live seat for a person: the newer connection goes on from the last', async (t) => {
        const server = await serve(t);
        const { client, room } = await tableWithBots(server);
        const newer = await Client.connect(server, { token: client.token });
        const { seat, last } = await newer.sit({ room });
        assert.deepEqual([seat, last], [0, 3]);
        assert.equal((await client.expect('left')).why, 'replaced');
        assert.equal((await client.act(room, 'start')).code, 'not_found');
        assert.equal((await newer.act(room, 'start')).t, 'ack');
        newer.send({ t: 'act', id: 2, room, a: 'room.bot', d: { seat: 2 } });
        assert.equal((await newer.answer(2)).t, 'ack', 'what the older one did is known');
    });

    test('others see who is away and who is back, and a bot stands in meanwhile', async (t) => {
        const server = await serve(t, {
            rooms: { 'liap-tui': { bot_think: '5ms', absence: { bot_after: '300ms' } } },
        });
        const [host, guest] = [await Client.connect(server), await Client.connect(server)];
        const { room } = await createRoom(server, host, { rounds: 3, scoring_seconds: 1 });
        await host.sit({ room });
        await guest.sit({ room });
        for (const seat of [2, 3]) await host.mustAct(room, 'room.bot', { seat });
        await host.mustAct(room, 'start');
        await guest.cut();
        await host.expect((m) => m.t === 'pres' && m.seats[1] === 'away');
        await host.see(room, (view) => view.room.seats[1].stand_in === true);
        const back = await Client.connect(server, { token: guest.token });
        assert.equal((await back.sit({ room })).seat, 1);
        await host.expect((m) => m.t === 'pres' && m.seats[1] === 'here');
        await host.see(room, (view) => !view.room.seats[1].stand_in);
    });
});

describe('heartbeats', { concurrency: 4 }, () => {
    test('a silent client gets beats and is dead in less than five seconds', async (t) => {
        const server = await serve(t);
        const silent = await Client.connect(server, { answersBeats: false });
        const begun = Date.now();
        const { code, at } = await soon(silent.closed, 'the server notices', 8000);
        assert.equal(code, 4201);
        assert.ok(at - begun < 5000, `dead after ${at - begun} ms`);
        assert.ok(silent.beats >= 1, 'it was asked');
    });

    test('who answers beats lives on', async (t) => {
        const server = await serve(t);
        const quiet = await Client.connect(server);
        await until(() => quiet.beats >= 3, 'three beats', 15_000);
        assert.equal(quiet.socket.readyState, 1);
    });

    test('a connection that is cut without a word is noticed by the others', async (t) => {
        const server = await serve(t);
        const [host, guest] = [await Client.connect(server), await Client.connect(server)];
        const { room } = await createRoom(server, host);
        await host.sit({ room });
        await guest.sit({ room });
        guest.answersBeats = false;
        guest.socket.pause();
        const begun = Date.now();
        await host.expect((m) => m.t === 'pres' && m.seats[1] === 'away', 8000);
        assert.ok(Date.now() - begun < 5500, `${Date.now() - begun} ms`);
        const sessions = async () => (await server.metric('gatehouse_sessions')) === 1;
        await until(sessions, 'its connection is gone as well');
    });
});

test('a deploy says goaway, closes with 1012, exits with 0, and the game goes on', async (t) => {
    const server = await serve(t);
    const { client, room } = await tableWithBots(server, { rounds: 1 });
    const before = client.rooms.get(room);
    const silent = await Client.connect(server, { answersBeats: false });
    const ended = server.kill('SIGTERM');
    const goaway = await client.expect('goaway');
    assert.match(goaway.why, /^(deploy|drain)$/);
    assert.ok(goaway.in <= 3000);
    assert.equal((await client.closed).code, 1012);
    assert.equal((await silent.closed).code, 1012);
    assert.deepEqual(await ended, { code: 0, signal: null });
    await server.start({ args: ['--set', `listen.http=127.0.0.1:${server.port}`] });
    const back = await Client.connect(server, { token: client.token });
    back.rooms.set(room, before);
    assert.equal((await back.join({ room }, { at: place(before) })).how, 'live');
    assert.equal((await back.act(room, 'start')).t, 'ack');
});

test('while it drains, nothing new begins and health says so', async (t) => {
    const server = await serve(t, { drain: { timeout: '3s' } });
    const { url } = server;
    const client = await Client.connect(server);
    const ended = server.kill('SIGTERM');
    await client.expect('goaway');
    await assert.rejects(() => get(url + '/v1/games'), 'nobody listens any more');
    client.socket.pause(); // Never answers the close.
    const begun = Date.now();
    assert.equal((await ended).code, 0);
    assert.ok(Date.now() - begun < 5000, 'the timeout of drain holds');
});
