// SPDX-License-Identifier: Apache-2.0
//
// The package against the real server:
//     GATEHOUSE=build/release/gatehouse node --test sdk/js/test/server.test.mjs

import assert from 'node:assert/strict';
import { test } from 'node:test';
import WebSocket from 'ws';
import { connect, memoryStore, Refusal } from '@gatehouse/client';
import { guest, Lobby } from '@gatehouse/client/http';
import { serve, soon, until } from '../../../tests/end_to_end/harness.mjs';
import { Network } from '../../../tests/end_to_end/network.mjs';

// One person in one tab; the store is the tab's.
function open(t, server, store = memoryStore()) {
    const auth = guest({ url: server.url, store });
    const client = connect({ url: server.url, auth, store, WebSocket });
    t.after(() => client.close());
    return Object.assign(client, { lobby: new Lobby({ url: server.url, auth }) });
}

const is = (client, status) => until(() => client.state.status === status, `it is ${status}`);

async function table(t, server, store) {
    const client = open(t, server, store);
    const { room: id } = await client.lobby.createRoom('liap-tui', { rounds: 1 });
    return { client, id, room: await client.join({ room: id }) };
}

const nameOf = (room) => room.view.room.seats[room.state.seat].name;

test('who acts sees it when the promise resolves, and so do others', async (t) => {
    const server = await serve(t);
    const { client, id, room } = await table(t, server);
    assert.equal(room.state.seat, 0);
    const watching = await open(t, server).join({ room: id }, { as: 'spectator' });
    const names = [];
    const stop = watching.subscribe(
        (state) => state.view.room.seats[0].name,
        (name) => names.push(name),
    );
    const { s } = await room.act('room.name', { name: 'Ann' });
    assert.equal(nameOf(room), 'Ann');
    assert.ok(room.state.s >= s);
    await room.act('room.bot', { seat: 1 });
    await room.act('room.name', { name: 'Anna' });
    await until(() => names.length === 2, 'the spectator sees it');
    stop();
    assert.deepEqual(names, ['Ann', 'Anna'], 'a selector is told of what it selects, only');
    assert.equal(watching.state.seat, null);
    await until(() => watching.state.presence[0] === 'here', 'presence');
    const listed = await client.lobby.listRooms({ game: 'liap-tui' });
    assert.ok(listed.some((each) => each.room === id));
});

test('refusals are typed', async (t) => {
    const server = await serve(t);
    const { client, id, room } = await table(t, server);
    const no = (code) => (error) =>
        error instanceof Refusal && error.code === code && error.isFinal;
    await assert.rejects(room.act('play', { pieces: [1] }), no('wrong_phase'));
    assert.equal(room.state.refused.action.name, 'play');
    await assert.rejects(room.act('room.name', { name: 'x'.repeat(70_000) }), no('too_large'));
    await assert.rejects(room.act('room.name', {}, { base: 1 }), no('stale_base'));
    await assert.rejects(client.join({ code: 'NOSUCH' }), no('not_found'));
    await assert.rejects(client.lobby.createRoom('no-such-game'), Refusal);
    const watching = await open(t, server).join({ room: id }, { as: 'spectator' });
    await assert.rejects(watching.act('room.name', { name: 'Eve' }), no('forbidden'));
    await room.leave();
    assert.equal(room.state.status, 'left');
    await assert.rejects(room.act('room.name', { name: 'Ann' }), no('room_closed'));
    const again = await client.join({ room: id });
    assert.notEqual(again, room);
    assert.equal((await again.act('room.name', { name: 'Ann' })).id > 0, true);
});

test('kill -9 in mid-action: every act resolves once, in order, and is there once', async (t) => {
    const server = await serve(t);
    const { client, room } = await table(t, server);
    const acts = [];
    let restarts = 0;
    for (let i = 0; i < 120; i++) {
        acts.push(room.act('room.name', { name: `name ${i}` }));
        if (i % 40 === 20) {
            await acts.at(-15);
            const before = client.state;
            const dead = server.kill();
            acts.push(room.act('room.name', { name: `name ${i} meanwhile` }));
            await dead;
            await until(() => client.state !== before, 'the loss is noticed');
            assert.equal(client.state.status, 'reconnecting');
            await server.start({ args: ['--set', `listen.http=127.0.0.1:${server.port}`] });
            restarts++;
        }
        if (room.state.pending.length > 40) await acts.at(-10);
    }
    const applied = await soon(Promise.all(acts), 'all are applied', 30_000);
    assert.equal(restarts, 3);
    assert.equal(nameOf(room), 'name 119');
    const versions = applied.map(({ s }) => s);
    assert.deepEqual(versions, [...new Set(versions)].sort((a, b) => a - b));
    assert.deepEqual(room.state.pending, []);
});

test('an action outlives its tab: the next one sends it, and the server knows it', async (t) => {
    const server = await serve(t);
    const store = memoryStore();
    const { client, id, room } = await table(t, server, store);
    await room.act('room.name', { name: 'Ann' });
    await server.kill();
    const lost = room.act('room.name', { name: 'from the old tab' });
    client.close();
    await assert.rejects(lost, (error) => error.code === 'stopped' && !error.isFinal);
    await server.start({ args: ['--set', `listen.http=127.0.0.1:${server.port}`] });
    const again = await open(t, server, store).join({ room: id });
    await until(() => again.state.pending.length === 0, 'what was left is answered');
    assert.equal(nameOf(again), 'from the old tab');
});

test('a tab that takes over says so to the older one', async (t) => {
    const server = await serve(t);
    const store = memoryStore();
    const { id, room } = await table(t, server, store);
    const newer = await open(t, server, store).join({ room: id });
    await until(() => room.state.status === 'left', 'the older one left');
    assert.equal(room.state.why, 'replaced');
    await newer.act('room.name', { name: 'newer' });
});

test('a token is renewed over the connection before its end', async (t) => {
    const server = await serve(t, { auth: { guests: { anonymous: { ttl: '2s' } } } });
    const store = memoryStore();
    const asked = [];
    const renewed = async (about) => {
        asked.push(about);
        const fresh = guest({ url: server.url, store: memoryStore() });
        if (asked.length === 1) return (first = await fresh());
        const answer = await fetch(`${server.url}/v1/sessions`, {
            method: 'POST',
            headers: { authorization: `Bearer ${first.token}` },
        });
        first = await answer.json();
        return { token: first.token, expiresAt: first.expires_at };
    };
    let first;
    const client = connect({ url: server.url, auth: renewed, store, WebSocket });
    t.after(() => client.close());
    const states = [];
    client.subscribe(
        (state) => state.status,
        (status) => states.push(status),
    );
    await until(() => asked.length >= 4, 'asked again and again');
    assert.deepEqual(states, ['online'], 'the connection lived on');
    assert.ok(asked[1].stale);
});

test('a server that drains is left when it closes, and found again', async (t) => {
    const server = await serve(t);
    const { client, room } = await table(t, server);
    const news = [];
    client.subscribe(
        (state) => state.goaway,
        (goaway) => goaway && news.push(goaway.why),
    );
    await server.restart({ signal: 'SIGTERM', samePort: true });
    await is(client, 'online');
    assert.deepEqual(news, ['drain']);
    await room.act('room.name', { name: 'still here' });
});

test('timers are deadlines on the clock of the server', async (t) => {
    const server = await serve(t);
    const { client, room } = await table(t, server);
    for (const seat of [1, 2, 3]) await room.act('room.bot', { seat });
    await room.act('start');
    const name = await until(() => Object.keys(room.state.timers)[0], 'a timer is armed');
    assert.ok(room.timeLeft(name) > 0);
    assert.equal(room.timeLeft('no such'), null);
    assert.ok(Math.abs(client.now() - Date.now()) < 1000);
});

test('two devices of one person: no answer to the one is taken for one to the other', async (t) => {
    const server = await serve(t);
    const network = await Network.before(server);
    t.after(() => network.close());
    const auth = guest({ url: server.url, store: memoryStore() });
    const open = (url) => {
        const client = connect({ url, auth, store: memoryStore(), WebSocket });
        t.after(() => client.close());
        return client;
    };
    const phone = open(network.url);
    const { room: id } = await new Lobby({ url: server.url, auth }).createRoom('liap-tui');
    const onPhone = await phone.join({ room: id });
    await onPhone.act('room.name', { name: 'phone' });
    network.cut();
    await is(phone, 'reconnecting');
    const late = onPhone.act('room.name', { name: 'phone, later' });
    const onLaptop = await open(server.url).join({ room: id });
    for (let i = 0; i < 3; i++) await onLaptop.act('room.name', { name: `laptop ${i}` });
    network.mend();
    await assert.rejects(late, (no) => no.code === 'out_of_order' && !no.isFinal);
    assert.equal(nameOf(onPhone), 'laptop 2');
    assert.equal(onLaptop.state.why, 'replaced');
    await onPhone.act('room.name', { name: 'phone again' });
    assert.equal(nameOf(onPhone), 'phone again');
});

test('one room by two words at once is joined once, and nobody is cut off', async (t) => {
    const server = await serve(t);
    const client = open(t, server);
    const { room, code } = await client.lobby.createRoom('liap-tui');
    const handles = await Promise.all([
        client.join({ room }),
        client.join({ code }),
        client.join({ find: { game: 'liap-tui' } }),
    ]);
    await Promise.all(handles.map((each, i) => each.act('room.name', { name: `by ${i}` })));
    assert.deepEqual(
        handles.map(({ state }) => [state.status, state.id]),
        Array(3).fill(['live', room]),
    );
});

test('a room that is closed keeps the seat and is away; twenty of them are no bound', async (t) => {
    const server = await serve(t);
    const client = open(t, server);
    const rooms = [];
    for (let i = 0; i < 20; i++) {
        const room = await client.join(await client.lobby.createRoom('liap-tui'));
        assert.equal(room.state.seat, 0);
        rooms.push(room);
        if (i < 19) room.close();
    }
    const { id } = rooms[7].state;
    const other = await open(t, server).join({ room: id });
    assert.equal(other.state.seat, 1, 'the first one is kept');
    await until(() => other.state.presence[0] === 'away', 'and nobody is there');
    await rooms[7].join();
    assert.equal(rooms[7].state.seat, 0);
    await until(() => other.state.presence[0] === 'here', 'but comes back');
});
