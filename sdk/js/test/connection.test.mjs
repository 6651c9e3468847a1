// SPDX-License-Identifier: Apache-2.0
//
// The client line by line: connecting, coming back, tokens, the page's life, what goes wrong here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore, Refusal } from '@gatehouse/client';
import { FakeWorld, isBack, online, outcome } from './world.mjs';
import { settle, start, table, upd, welcome } from './world.mjs';

// ---- Connecting

test('says hello, and is online when welcomed', async () => {
    const { world, client } = start();
    assert.deepEqual(client.state, { status: 'connecting', principal: null });
    await online(world, { now: world.now() + 5000 });
    const { socket } = world;
    assert.equal(socket.url, 'wss://play.example/v1/connect');
    assert.equal(socket.subprotocol, 'gatehouse.v1.json');
    assert.deepEqual(socket.sent[0], { t: 'hello', v: 1, sdk: 'js/0.1.0', auth: 'jwt' });
    assert.deepEqual(client.state, { status: 'online', principal: 'ann' });
    assert.equal(client.now(), world.now() + 5000);
});

test('answers heartbeats, and takes 4.5 s of silence for death', async () => {
    const { world, client } = start();
    await online(world);
    const first = world.socket;
    await world.pass(4000);
    first.say({});
    assert.deepEqual(first.sent.at(-1), {});
    await world.pass(4450);
    assert.equal(client.state.status, 'online');
    await world.pass(50);
    assert.equal(client.state.status, 'reconnecting');
    assert.equal(first.closedWith, 4201);
    await world.pass(500);
    world.socket.onopen();
    assert.deepEqual(world.socket.sent[0].resume, { sid: 'S', tok: 'T' });
    world.socket.die(4200);
    await world.pass(9000);
    world.socket.onopen();
    assert.equal(world.socket.sent[0].resume, undefined, 'a resume token is good for one use');
});

test('who is told to stay away stays away, whatever the page does meanwhile', async () => {
    for (const [code, least] of [
        [1013, 1000],
        [4100, 1000],
        [1006, 0],
        [1012, 0],
    ]) {
        const { world, client } = start({ world: new FakeWorld(1) });
        await online(world);
        const begin = world.now();
        world.socket.die(code);
        assert.equal(client.state.status, 'reconnecting');
        assert.ok(client.state.retryAt > begin);
        while (world.sockets.length === 1) {
            world.happen('wake');
            await world.pass(50);
        }
        const waited = world.now() - begin;
        assert.ok(waited >= least && waited <= least + 100, `${code}: ${waited} ms`);
    }
});

test('a person who does not want to wait tries now', async () => {
    const { world, client } = start({ world: new FakeWorld(1) });
    await online(world);
    world.socket.die(1006);
    client.wake();
    await settle();
    assert.equal(world.sockets.length, 2);
});

test('codes that say so end it, and all that waits', async () => {
    for (const code of [4001, 4003, 4005, 4007]) {
        const { world, client, room } = await table();
        const act = room.act('play');
        world.socket.die(code, 'because');
        const { refusal } = await outcome(act);
        assert.equal(refusal.code, 'stopped');
        assert.equal(refusal.isFinal, false);
        assert.equal(client.state.status, 'stopped');
        assert.deepEqual([client.state.code, client.state.reason], [code, 'because']);
        assert.deepEqual([room.state.status, room.state.why], ['left', 'stopped']);
        assert.equal(world.isListening, false);
        await world.pass(60_000);
        assert.equal(world.sockets.length, 1);
        await assert.rejects(client.join({ room: 'R' }), { code: 'stopped' });
    }
});

test('what the server said last is believed where its close frame was lost', async () => {
    const bye = { t: 'bye', code: 'forbidden', msg: 'go', retry: false };
    const { world, client } = start();
    await online(world);
    world.socket.say(bye).die(1006);
    assert.equal(client.state.status, 'stopped');
    assert.equal(client.state.reason, 'go');
    const other = start();
    await online(other.world);
    other.world.socket.say(bye).die(1012);
    assert.equal(other.client.state.status, 'reconnecting', 'the code itself comes first');
});

test('a server that leaves is left when it closes, or does not', async () => {
    const { world, client, room } = await table();
    world.socket.say({ t: 'goaway', why: 'drain', in: 3000 });
    assert.equal(client.state.goaway.why, 'drain');
    room.act('play');
    assert.equal(world.socket.of('act').length, 1, 'until then it serves');
    for (let i = 0; i < 3; i++) {
        await world.pass(1200);
        world.socket.say({});
    }
    assert.equal(client.state.status, 'online');
    await world.pass(600);
    assert.equal(client.state.status, 'reconnecting');
    assert.equal(client.state.code, 1012);
});

test('nonsense from the server is a lost connection', async () => {
    for (const text of ['{', '7', 'null', '[null]', '[[]']) {
        const { world, client } = start();
        await online(world);
        world.socket.onmessage({ data: text });
        assert.equal(client.state.code, 1007, text);
    }
    const { world, client } = start();
    await online(world);
    world.socket.say({ t: 'from the future' }, { t: 'upd', room: 'unknown', p: 1, s: 2, d: {} });
    assert.equal(client.state.status, 'online');
});

// ---- Tokens

test('a token is asked for anew each time, and said to be stale after 4202', async () => {
    const asked = [];
    const auth = (about) => `jwt ${asked.push(about.stale)}`;
    const { world } = start({ auth });
    await online(world);
    world.socket.die(1006);
    await world.pass(9000);
    await online(world);
    world.socket.die(4202);
    await world.pass(9000);
    assert.deepEqual(asked, [undefined, undefined, 'jwt 2']);
    await online(world);
    assert.equal(world.socket.sent[0].auth, 'jwt 3');
});

test('a JWT says itself when it ends, and is renewed before, over the connection', async () => {
    const world = new FakeWorld();
    const jwt = (seconds) => {
        const claims = { exp: Math.floor(world.now() / 1000) + seconds };
        return `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;
    };
    const asked = [];
    const auth = ({ stale }) => (asked.push(stale), jwt(100));
    const { client } = start({ world, auth });
    const beat = async (ms) => {
        for (let i = 0; i < ms; i += 1000) {
            await world.pass(1000);
            world.socket.say({ t: 'pong', now: world.now() });
        }
    };
    await online(world);
    await beat(79_000);
    assert.equal(asked.length, 1);
    await beat(2000);
    assert.equal(world.socket.of('auth').length, 1);
    assert.equal(typeof asked[1], 'string');
    assert.equal(client.state.status, 'online');
    assert.equal(world.sockets.length, 1);
});

test('a token that is not renewed is not asked for without end', async () => {
    const world = new FakeWorld();
    let asked = 0;
    const end = world.now() + 100_000;
    const auth = () => (asked++, { token: 'jwt', expiresAt: end });
    start({ world, auth });
    await online(world);
    while (world.now() < end - 10) {
        await world.pass(end - world.now() > 2000 ? 1000 : 10);
        world.socket.say({ t: 'pong', now: world.now() });
    }
    assert.equal(asked, 4); // After 0, 80, 96 and 99.2 s.
});

test('where no token is to be had it tries again, unless that is refused', async () => {
    const answers = [new Error('no network'), new Refusal('unavailable', 'busy', true), 'jwt'];
    const auth = async () => {
        const answer = answers.shift();
        if (answer instanceof Error) throw answer;
        return answer;
    };
    const { world, client } = start({ auth });
    await settle();
    assert.match(client.state.reason, /no network/);
    await world.pass(9000);
    await online(world);
    assert.equal(client.state.status, 'online');

    const refused = start({ auth: () => Promise.reject(new Refusal('forbidden', 'banned')) });
    await settle();
    assert.equal(refused.client.state.status, 'stopped');

    const silent = start({ auth: () => new Promise(() => {}) });
    await silent.world.pass(31_000);
    assert.equal(silent.client.state.reason, 'no token');
});

// ---- The page

test('a page that sleeps says goodbye, and is back at once when it wakes', async () => {
    const { world, client } = await table();
    world.happen('sleep');
    assert.equal(world.socket.closedWith, 1000);
    assert.equal(client.state.status, 'reconnecting');
    await world.pass(3_600_000);
    assert.equal(world.sockets.length, 1, 'it sleeps');
    world.happen('wake');
    await isBack(world);
    assert.equal(client.state.status, 'online');
});

test('in doubt, the connection has 2.5 s to say something', async () => {
    for (const news of ['wake', 'doubt']) {
        const { world, client } = await table();
        world.socket.say({ t: 'pong', now: world.now() });
        const pings = world.socket.of('ping').length;
        world.happen(news);
        assert.equal(world.socket.of('ping').length, pings + 1);
        await world.pass(2400);
        assert.equal(client.state.status, 'online');
        await world.pass(100);
        assert.equal(client.state.status, 'reconnecting');
    }
});

test('who is told of bugs may have one, and so may a socket: the client goes on', async () => {
    const { world, room } = await table({ onError: () => assert.fail('a bug of its own') });
    room.subscribe(
        (state) => state.pending.length,
        () => assert.fail('a bug'),
    );
    const act = room.act('play');
    const id = world.id(1);
    world.socket.say(upd(10, 11, 1), { t: 'ack', id, room: 'R', s: 11 });
    assert.deepEqual((await outcome(act)).answer, { id, s: 11 });
    world.socket.send = () => assert.fail('closing');
    room.act('play');
    await world.pass(5000); // Nothing comes back, so it is given up.
    await world.pass(5000);
    assert.equal(world.sockets.length, 2);
    await isBack(world, { s: 11 });
    assert.equal(world.socket.of('act').length, 1);
});

test('who sleeps may not come back sooner than it was told to', async () => {
    const { world } = await table({ world: new FakeWorld(1) });
    world.socket.die(4100);
    world.happen('sleep');
    await world.pass(100);
    world.happen('wake');
    await world.pass(800);
    assert.equal(world.sockets.length, 1);
    await world.pass(200);
    assert.equal(world.sockets.length, 2);
});

test('who acts all the time notices a lost answer, too', async () => {
    const { world, room } = await table();
    room.act('lost');
    for (let s = 11; world.socket.of('join').length === 1; s++) {
        assert.ok(s < 40, 'it is noticed');
        room.act('play');
        const id = world.socket.last('act').id;
        world.socket.say(upd(s - 1, s, s), { t: 'ack', id, room: 'R', s });
        await world.pass(1000);
    }
});

test('a server that is behind is left: a view never goes backward', async () => {
    const { world, room } = await table();
    world.socket.die(1012);
    await world.pass(500);
    await isBack(world, { how: 'snap', s: 9, view: { game: { n: 'old' } } });
    assert.equal(world.socket.closedWith, 4203);
    assert.deepEqual([room.state.s, room.view.game.n], [10, 0]);
});

test('a bug of a listener, a full store and a world without WebSocket are told of', async () => {
    const full = new Error('quota');
    const store = { ...memoryStore(), setItem: () => assert.fail(full) };
    const { world, room, errors } = await table({ store });
    room.subscribe(
        (state) => state.pending.length,
        () => assert.fail('a bug'),
    );
    const act = room.act('play');
    const id = world.id(1);
    world.socket.say(upd(10, 11, 1), { t: 'ack', id, room: 'R', s: 11 });
    assert.deepEqual((await outcome(act)).answer, { id, s: 11 });
    assert.ok(errors.some(({ message }) => message === 'a bug'));
    assert.ok(errors.includes(full));

    const none = new FakeWorld();
    none.dial = () => assert.fail('no WebSocket here');
    const { client, errors: others } = start({ world: none });
    await settle();
    assert.match(others[0].message, /no WebSocket/);
    assert.equal(client.state.status, 'connecting');
    client.close();
});

test('what a listener does meanwhile keeps the order of things', async () => {
    const { world, room } = await table();
    room.subscribe(
        (state) => state.view.game.n,
        (n) => n < 3 && room.act(`after ${n}`),
    );
    world.socket.say(upd(10, 11, 1), upd(11, 12, 2));
    room.act('then');
    assert.deepEqual(
        world.socket.of('act').map(({ a }) => a),
        ['after 2', 'then'],
    );
});

test('the welcome of another connection is nobody’s', async () => {
    const { world, client } = start();
    await settle();
    const first = world.socket;
    first.onopen();
    const { onmessage } = first;
    first.die();
    onmessage({ data: JSON.stringify(welcome(world)) });
    assert.equal(client.state.status, 'connecting');
});
