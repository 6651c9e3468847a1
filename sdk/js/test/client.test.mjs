// SPDX-License-Identifier: Apache-2.0
//
// The client line by line: connecting, coming back, tokens, the page's life, what goes wrong here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, guest, memoryStore, OUTBOX_MAX, Refusal } from '@gatehouse/client';
import { FakeWorld, inRoom, joined, online, settle, welcome } from './world.mjs';

const url = 'https://play.example';

function start(options = {}) {
    const world = options.world ?? new FakeWorld();
    const errors = [];
    const onError = (error) => errors.push(error);
    const client = connect({ url, auth: 'jwt', onError, ...options, world });
    return { world, client, errors };
}

async function table(options, more) {
    const all = start(options);
    await online(all.world);
    return { ...all, room: await inRoom(all.world, all.client, more) };
}

// The newest socket is welcomed, and the room joined as it was.
async function isBack(world, more = {}) {
    await online(world);
    const join = world.socket.last('join');
    world.socket.say(joined(join, { ...join.at, how: 'live', view: undefined, ...more }));
}

const upd = (p, s, n) => ({ t: 'upd', room: 'R', p, s, d: { game: { n } } });
const outcome = async (promise) => {
    const what = { settled: false };
    promise.then(
        (answer) => Object.assign(what, { settled: true, answer }),
        (refusal) => Object.assign(what, { settled: true, refusal }),
    );
    await settle();
    return what;
};

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
    assert.equal(world.socket.last('act').id, 1, 'until then it serves');
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
    assert.equal(silent.client.state.reason, 'no token was given');
});

test('a guest stays the same person until the token cannot be renewed', async () => {
    const world = new FakeWorld();
    let count = 0;
    const lasting = (ms) => new Date(world.now() + ms).toISOString();
    world.answer = (path, { authorization }) =>
        authorization === 'Bearer expired'
            ? { status: 401, code: 'token_expired', detail: 'too late' }
            : { token: `guest ${++count}`, expires_at: lasting(24 * 3_600_000) };
    const person = guest({ url, world });
    assert.deepEqual(await Promise.all([person(), person()]), Array(2).fill(await person()));
    assert.equal(world.requests.length, 1, 'asked once');
    await person({ stale: 'guest 1' });
    assert.equal(world.requests[1].headers.authorization, 'Bearer guest 1');
    const session = { token: 'expired', expires_at: lasting(120_000) };
    world.store.setItem('gatehouse:guest:', JSON.stringify(session));
    assert.equal((await person()).token, 'expired', 'used while it lasts');
    assert.equal((await person({ stale: 'expired' })).token, 'guest 3', 'somebody new');
    person.forget();
    assert.equal((await person()).token, 'guest 4');
});

// ---- Rooms

test('act resolves on the ack, after the view shows it, and listeners first', async () => {
    const { world, room } = await table();
    const order = [];
    room.subscribe(
        (state) => state.view.game.n,
        (n) => order.push(n),
    );
    const act = room.act('play', { pieces: [1] }, { base: 10 });
    act.then(({ id, s }) => order.push({ id, s }));
    const sent = { t: 'act', id: 1, room: 'R', a: 'play', d: { pieces: [1] }, base: 10 };
    assert.deepEqual(world.socket.last('act'), sent);
    world.socket.say(upd(10, 11, 1));
    assert.equal((await outcome(act)).settled, false, 'seen, but not acked');
    world.socket.say({ t: 'ack', id: 1, room: 'R', s: 11 });
    await settle();
    assert.deepEqual(order, [1, { id: 1, s: 11 }]);
    const early = room.act('play');
    world.socket.say({ t: 'ack', id: 2, room: 'R', s: 12 });
    assert.equal((await outcome(early)).settled, false, 'acked, but not seen');
    world.socket.say(upd(11, 12, 2));
    assert.deepEqual((await outcome(early)).answer, { id: 2, s: 12 });
});

test('a selector is not called upon by what leaves its part alone', async () => {
    const { world, room } = await table();
    let calls = 0;
    room.subscribe(
        (state) => state.view.game.other,
        () => calls++,
    );
    world.socket.say(upd(10, 11, 1));
    const view = { room: {}, game: { n: 1, other: { deep: 1 } } };
    world.socket.say({ t: 'upd', room: 'R', p: 11, s: 15, e: 1, view });
    assert.equal(room.state.s, 15);
    assert.equal(calls, 0);
    world.socket.say({ t: 'upd', room: 'R', p: 15, s: 16, d: { game: { other: { deep: 2 } } } });
    assert.equal(calls, 1);
});

test('a gap is asked for; what comes before the answer is passed over', async () => {
    const { world, room } = await table();
    world.socket.say(upd(11, 12, 9), upd(12, 13, 10));
    const [, again] = world.socket.of('join');
    assert.deepEqual([again.room, again.at], ['R', { e: 1, s: 10 }]);
    assert.equal(room.state.status, 'joining');
    world.socket.say(joined(again, { how: 'tail', view: undefined }), upd(10, 12, 2));
    assert.deepEqual([room.state.s, room.view.game.n], [12, 2]);
});

test('a place that belonged to another seat or epoch is given up for a whole view', async () => {
    for (const other of [{ seat: 1 }, { e: 2 }, { s: 11 }]) {
        const { world, room } = await table();
        world.socket.die(1012);
        await world.pass(500);
        await isBack(world, other);
        const again = world.socket.last('join');
        assert.equal(again.at, undefined, JSON.stringify(other));
        assert.deepEqual(room.view.game.n, 0, 'what was seen last stays meanwhile');
        world.socket.say(joined(again, { s: 20, view: { game: { n: 5 } }, ...other }));
        assert.equal(room.view.game.n, 5);
    }
});

test('a whole view brings its epoch, and forgets timers and presence', async () => {
    const { world, room } = await table();
    world.socket.say(
        { t: 'timer', room: 'R', name: 'turn', at: world.now() + 3000 },
        { t: 'pres', room: 'R', seats: { 0: 'here', 2: 'away' } },
    );
    assert.equal(room.timeLeft('turn'), 3000);
    world.socket.say({ t: 'upd', room: 'R', p: 10, s: 4, e: 2, view: { game: { n: 4 } } });
    assert.deepEqual([room.state.e, room.state.s, room.view.game.n], [2, 4, 4]);
    assert.deepEqual([room.state.timers, room.state.presence], [{}, {}]);
    const older = { t: 'upd', room: 'R', p: 9, view: { game: { n: 'old' } } };
    world.socket.say({ ...older, s: 3, e: 2 }, { ...older, s: 99, e: 1 });
    assert.equal(room.view.game.n, 4, 'a view never goes backward');
    world.socket.say({ t: 'timer', room: 'R', name: 'turn', at: null });
    assert.equal(room.timeLeft('turn'), null);
});

test('what was not answered is sent again after coming back, in order, same ids', async () => {
    const { world, room } = await table();
    const acts = ['a', 'b', 'c'].map((name) => room.act(name));
    world.socket.say(upd(10, 11, 1), { t: 'ack', id: 1, room: 'R', s: 11 });
    world.socket.die();
    acts.push(room.act('d'));
    await world.pass(500);
    await isBack(world, { s: 11, last: 1 });
    const sent = world.socket.of('act').map(({ id, a }) => [id, a]);
    assert.deepEqual(sent, [
        [2, 'b'],
        [3, 'c'],
        [4, 'd'],
    ]);
    const no = { t: 'err', room: 'R', code: 'not_your_turn', msg: 'wait', retry: false };
    world.socket.say({ ...no, id: 3 }, { t: 'ack', id: 2, room: 'R', s: 11 });
    assert.deepEqual((await outcome(acts[1])).answer, { id: 2, s: 11 });
    const { refusal } = await outcome(acts[2]);
    assert.deepEqual([refusal.code, refusal.isFinal], ['not_your_turn', true]);
    assert.equal(room.state.refused.action.name, 'c');
    assert.deepEqual(
        room.state.pending.map(({ id }) => id),
        [4],
    );
});

test('a refusal for now is no answer: the same id goes again after a pause', async () => {
    const { world, room } = await table();
    const act = room.act('play');
    for (const code of ['busy', 'unavailable', 'rate_limited']) {
        const at = code === 'rate_limited' ? {} : { room: 'R' }; // That one names no room.
        world.socket.say({ t: 'err', id: 1, ...at, code, msg: '', retry: true });
        const before = world.socket.of('act').length;
        await world.pass(400);
        assert.equal(world.socket.of('act').length, before);
        await world.pass(700);
        assert.equal(world.socket.of('act').length, before + 1, code);
        assert.equal(world.socket.last('act').id, 1);
        world.socket.say({});
    }
    assert.equal((await outcome(act)).settled, false);
});

test('bounds: 16 under way, 64 waiting, 40 a second, 64 KiB', async () => {
    const { world, room } = await table();
    const acts = Array.from({ length: OUTBOX_MAX + 1 }, () => room.act('play'));
    assert.equal(world.socket.of('act').length, 16);
    assert.equal((await outcome(acts.at(-1))).refusal.code, 'busy');
    assert.equal((await outcome(room.act('x', 'y'.repeat(70_000)))).refusal.code, 'busy');
    let acked = 0;
    const answerAll = () => {
        for (let id = ++acked; id <= world.socket.last('act').id; id = ++acked)
            world.socket.say(upd(9 + id, 10 + id, id), { t: 'ack', id, room: 'R', s: 10 + id });
        acked--;
    };
    answerAll();
    assert.ok(acked > 30 && acked <= 40, `${acked} at once`);
    for (let ms = 0; ms < 700; ms += 10) {
        await world.pass(10);
        answerAll();
    }
    assert.equal(acked, OUTBOX_MAX);
    assert.deepEqual(room.state.pending, []);
    const wide = (await outcome(room.act('x', 'y'.repeat(70_000)))).refusal;
    assert.deepEqual([wide.code, wide.isFinal], ['too_large', true]);
    const endless = {};
    endless.self = endless;
    await assert.rejects(room.act('x', endless), TypeError);
});

test('a replaced tab drops its copy, and not what the newer one stores', async () => {
    const store = memoryStore();
    const { world, room } = await table({ store });
    const act = room.act('play');
    const key = 'gatehouse:outbox:ann:R';
    assert.match(store.getItem(key), /"play"/);
    world.socket.say({ t: 'left', room: 'R', why: 'replaced' });
    const { refusal } = await outcome(act);
    assert.deepEqual([refusal.code, refusal.isFinal], ['replaced', false]);
    assert.equal(store.getItem(key), null);

    const older = await table({ store });
    older.room.act('play');
    const newer = await table({ store, world: new FakeWorld(0.7) });
    assert.equal(newer.world.socket.last('act').a, 'play');
    older.world.socket.say({ t: 'left', room: 'R', why: 'replaced' });
    assert.match(store.getItem(key), /"play"/);
});

test('the same room by other words is one room: the newer handle lives on', async () => {
    const { world, client, room } = await table();
    assert.equal(client.room({ code: 'K7QXM' }), room);
    const act = room.act('play');
    const other = client.room({ room: 'R' });
    world.socket.say(joined(world.socket.last('join')));
    assert.equal((await outcome(act)).refusal.code, 'replaced');
    assert.equal(room.state.status, 'left');
    assert.deepEqual(
        other.state.pending.map(({ id }) => id),
        [1],
    );
    assert.equal(world.socket.last('act').id, 1);
});

test('who comes back as somebody else has left, and sends nothing of the other', async () => {
    const store = memoryStore();
    const { world, client, room } = await table({ store });
    const act = room.act('play');
    world.socket.die(1012);
    await world.pass(500);
    await online(world, { principal: 'bob' });
    const { refusal } = await outcome(act);
    assert.deepEqual([refusal.code, refusal.isFinal], ['unauthenticated', false]);
    assert.deepEqual([room.state.status, room.state.why], ['left', 'unauthenticated']);
    assert.equal(world.socket.of('join').length, 0);
    assert.match(store.getItem('gatehouse:outbox:ann:R'), /play/, 'it is still hers');
    const again = await inRoom(world, client, { seat: null });
    assert.deepEqual(again.state.pending, []);
});

test('leaving is answered, over a lost connection too', async () => {
    const { world, client, room } = await table();
    world.socket.die(1012);
    const left = room.leave();
    await world.pass(500);
    await isBack(world);
    assert.equal(world.socket.last('leave').room, 'R');
    assert.equal((await outcome(left)).settled, false);
    world.socket.say({ t: 'left', room: 'R', why: 'left' });
    assert.equal((await outcome(left)).settled, true);
    assert.notEqual(client.room({ code: 'K7QXM' }), room, 'it may be joined anew');
});

test('a first join that is refused says so, a later one goes on where that helps', async () => {
    const { world, client, room } = await table();
    const nowhere = client.join({ code: 'NOSUCH' });
    const err = { t: 'err', code: 'not_found', msg: 'no room', retry: false };
    world.socket.say({ ...err, id: world.socket.last('join').id });
    assert.equal((await outcome(nowhere)).refusal.code, 'not_found');
    world.socket.die(1012);
    await world.pass(500);
    await online(world);
    const busy = { t: 'err', code: 'unavailable', msg: '', retry: true };
    world.socket.say({ ...busy, id: world.socket.last('join').id });
    assert.equal(room.state.status, 'joining');
    await world.pass(1600);
    assert.equal(world.socket.of('join').length, 2);
    const act = room.act('play');
    world.socket.say({ ...err, id: world.socket.last('join').id });
    assert.deepEqual([room.state.status, room.state.why], ['left', 'not_found']);
    const { refusal } = await outcome(act);
    assert.deepEqual([refusal.code, refusal.isFinal], ['room_closed', false]);
});

test('without an answer the room is joined anew, then the connection given up', async () => {
    const { world, client, room } = await table();
    room.act('play');
    const alive = async (ms) => {
        for (let i = 0; i < ms; i += 1000) {
            await world.pass(1000);
            world.socket.say({});
        }
    };
    await alive(21_000);
    assert.equal(world.socket.of('join').length, 2);
    assert.equal(client.state.status, 'online');
    const silent = world.socket;
    await alive(21_000);
    assert.equal(silent.closedWith, 4203);
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

test('a bug of a listener, a full store and a world without WebSocket are told of', async () => {
    const full = new Error('quota');
    const store = { ...memoryStore(), setItem: () => assert.fail(full) };
    const { world, room, errors } = await table({ store });
    room.subscribe(
        (state) => state.pending.length,
        () => assert.fail('a bug'),
    );
    const act = room.act('play');
    world.socket.say(upd(10, 11, 1), { t: 'ack', id: 1, room: 'R', s: 11 });
    assert.deepEqual((await outcome(act)).answer, { id: 1, s: 11 });
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
    assert.deepEqual(
        world.socket.of('act').map(({ id, a }) => [id, a]),
        [[1, 'after 2']],
    );
    room.act('then');
    assert.equal(world.socket.last('act').id, 2);
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
