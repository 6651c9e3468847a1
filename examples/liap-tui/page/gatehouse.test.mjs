// SPDX-License-Identifier: Apache-2.0
//
// node --test examples/liap-tui/page/
// The client against a server of its own in the same process: no socket, no real clock.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, guest, mergePatch, reconnectDelay, Refusal } from './gatehouse.js';

// Time, chance, storage and network that only the test moves.
class World {
    time = 1_000_000;
    sockets = [];
    requests = [];
    #timers = [];
    #listeners = {};
    #items = new Map();

    constructor(random = () => 0.5) {
        const world = this;
        this.random = random;
        this.WebSocket = class extends FakeSocket {
            constructor(url, protocol) {
                super(url, protocol);
                world.sockets.push(this);
            }
        };
        this.storage = {
            getItem: (key) => this.#items.get(key) ?? null,
            setItem: (key, value) => void this.#items.set(key, value),
            removeItem: (key) => void this.#items.delete(key),
        };
    }
    now = () => this.time;
    setTimeout = (task, ms) => {
        const timer = { at: this.time + ms, task };
        this.#timers.push(timer);
        return timer;
    };
    clearTimeout = (timer) => {
        this.#timers = this.#timers.filter((other) => other !== timer);
    };
    listen = (name, listener) => {
        this.#listeners[name] = listener;
        return () => delete this.#listeners[name];
    };
    fetch = async (url, { method, headers, body }) => {
        this.requests.push({ path: url.pathname, method, headers, body });
        return this.answer(url.pathname);
    };
    happen(name) {
        this.#listeners[name]?.();
    }
    get socket() {
        return this.sockets.at(-1);
    }
    get stored() {
        return Object.fromEntries(this.#items);
    }
    async advance(ms) {
        const end = this.time + ms;
        for (;;) {
            await settle();
            const due = this.#timers.filter((timer) => timer.at <= end);
            if (due.length === 0) break;
            const next = due.reduce((a, b) => (b.at < a.at ? b : a));
            this.clearTimeout(next);
            this.time = Math.max(this.time, next.at);
            next.task();
        }
        this.time = end;
        await settle();
    }
}

class FakeSocket {
    readyState = 1;
    sent = [];
    constructor(url, protocol) {
        Object.assign(this, { url, protocol });
    }
    send(text) {
        this.sent.push(JSON.parse(text));
        this.onsent?.(this.sent.at(-1));
    }
    close(code) {
        this.readyState = 3;
        this.closedWith = code;
    }
    // What the other side does.
    open() {
        this.onopen();
        return this;
    }
    say(...messages) {
        this.onmessage?.({ data: JSON.stringify(messages.length === 1 ? messages[0] : messages) });
        return this;
    }
    die(code = 1006, reason = '') {
        this.readyState = 3;
        this.onclose?.({ code, reason });
    }
    of(type) {
        return this.sent.filter((message) => message.t === type);
    }
}

// Lets everything happen that is due at this instant, a few answers to answers deep.
const settle = async () => {
    for (let i = 0; i < 6; i++) await new Promise((resolve) => setImmediate(resolve));
};

const welcome = (world, more = {}) => ({
    t: 'welcome',
    sid: 'S',
    tok: 'T',
    ttl: 120,
    hb: 2000,
    dead: 4500,
    now: world.time,
    principal: 'ann',
    max: { bytes: 65536, rate: 50, inflight: 16 },
    resumed: false,
    ...more,
});
const joined = (join, more = {}) => ({
    t: 'joined',
    id: join.id,
    room: 'R',
    game: 'g',
    e: 1,
    s: 10,
    seat: 0,
    how: 'snap',
    view: { n: 0 },
    last: 0,
    durability: 'durable',
    ...more,
});

function start(world) {
    return connect({ url: 'https://play.example', auth: 'jwt', storage: world.storage, world });
}

async function online(world, client = start(world), more = {}) {
    await settle();
    world.socket.open().say(welcome(world, more));
    return client;
}

async function inRoom(world, client, more = {}) {
    client ??= await online(world);
    const joining = client.join({ code: 'K7QXM' });
    const room = world.socket.of('join').at(-1);
    world.socket.say(joined(room, more));
    return joining;
}

async function comesBack(world, more = {}) {
    await world.advance(9000);
    world.socket.open().say(welcome(world));
    const again = world.socket.of('join').at(-1);
    world.socket.say(joined(again, { how: 'live', view: undefined, ...more }));
    return world.socket;
}

test('merge patch gives what the appendix of RFC 7396 says', () => {
    const vectors = [
        [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
        [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
        [{ a: 'b' }, { a: null }, {}],
        [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
        [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
        [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
        [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
        [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
        [
            ['a', 'b'],
            ['c', 'd'],
            ['c', 'd'],
        ],
        [{ a: 'b' }, ['c'], ['c']],
        [{ a: 'foo' }, null, null],
        [{ a: 'foo' }, 'bar', 'bar'],
        [{ e: null }, { a: 1 }, { e: null, a: 1 }],
        [[1, 2], { a: 'b', c: null }, { a: 'b' }],
        [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ];
    for (const [target, patch, result] of vectors)
        assert.deepEqual(mergePatch(target, patch), result, JSON.stringify([target, patch]));
});

test('merge patch shares what it leaves alone, freezes the rest and sets no prototype', () => {
    const before = mergePatch({}, { kept: { deep: [1] }, changed: { a: 1 } });
    const after = mergePatch(before, { changed: { a: 2 } });
    assert.equal(after.kept, before.kept);
    assert.equal(before.changed.a, 1);
    assert.throws(() => (after.changed.a = 3), TypeError);
    assert.throws(() => after.kept.deep.push(2), TypeError);
    const hostile = mergePatch({}, JSON.parse('{"__proto__":{"seat":1}}'));
    assert.equal(hostile.seat, undefined);
});

test('every close code has its pause', () => {
    const most = () => 1;
    const pauses = [
        // code, attempt, longest pause
        [4000, 0, null],
        [4001, 0, null],
        [4005, 3, null],
        [4099, 0, null],
        [4100, 0, 1250],
        [4101, 10, 9000],
        [1013, 0, 1250],
        [1012, 0, 500],
        [4200, 0, 500],
        [4205, 0, 500],
        [4200, 3, 2000],
        [1006, 0, 250],
        [1006, 1, 500],
        [1006, 5, 8000],
        [1006, 50, 8000],
        [1001, 0, 250],
    ];
    for (const [code, attempt, longest] of pauses)
        assert.equal(reconnectDelay(code, attempt, most), longest, `${code} after ${attempt}`);
    assert.equal(
        reconnectDelay(4100, 0, () => 0),
        1000,
    );
    assert.equal(
        reconnectDelay(1006, 4, () => 0),
        0,
    );
});

test('says hello with the token, and is online when welcomed', async () => {
    const world = new World();
    const states = [];
    const client = start(world);
    client.on('state', (state) => states.push(state));
    await online(world, client, { now: world.time + 5000 });
    assert.equal(world.socket.url, 'wss://play.example/v1/connect');
    assert.equal(world.socket.protocol, 'gatehouse.v1.json');
    assert.deepEqual(world.socket.sent[0], { t: 'hello', v: 1, sdk: 'js/0.1.0', auth: 'jwt' });
    assert.deepEqual(states, ['online']);
    assert.equal(client.now(), world.time + 5000);
});

test('the clock counts half of the way to the server', async () => {
    const world = new World();
    const client = await online(world);
    await world.advance(200);
    world.socket.say({ t: 'pong', now: 5_000_000 });
    assert.equal(client.now(), 5_000_100);
});

test('answers heartbeats, and takes 4.5 s of silence for death', async () => {
    const world = new World();
    const client = await online(world);
    const first = world.socket;
    await world.advance(4000);
    first.say({});
    assert.deepEqual(first.sent.at(-1), {});
    await world.advance(4400);
    assert.equal(client.state, 'online');
    await world.advance(100);
    assert.equal(client.state, 'reconnecting');
    assert.equal(first.closedWith, 4201);
    await world.advance(500);
    assert.equal(world.sockets.length, 2);
    world.socket.open();
    assert.deepEqual(world.socket.sent[0].resume, { sid: 'S', tok: 'T' });
});

test('a resume token is offered once', async () => {
    const world = new World();
    await online(world);
    world.socket.die(1012);
    await world.advance(500);
    world.socket.open().die(4200);
    await world.advance(9000);
    assert.equal(world.socket.open().sent[0].resume, undefined);
});

test('a joined room shows its view, then each patch', async () => {
    const world = new World();
    const room = await inRoom(world);
    const seen = [];
    room.on('change', (view, change) => seen.push([view.n, change.events.length, change.mine]));
    world.socket.say(
        { t: 'upd', room: 'R', p: 10, s: 11, d: { n: 1 }, ev: [{ e: 'x' }] },
        { t: 'upd', room: 'R', p: 11, s: 14, d: { n: 2 }, me: 7 },
        { t: 'upd', room: 'other', p: 1, s: 2, d: { n: 9 } },
    );
    assert.deepEqual(seen, [
        [1, 1, undefined],
        [2, 0, 7],
    ]);
    assert.equal(room.s, 14);
});

test('an update that was seen is passed over, a gap is asked for', async () => {
    const world = new World();
    const room = await inRoom(world);
    world.socket.say({ t: 'upd', room: 'R', p: 9, s: 10, d: { n: 'old' } });
    assert.deepEqual(room.view, { n: 0 });
    world.socket.say({ t: 'upd', room: 'R', p: 12, s: 13, d: { n: 3 } });
    world.socket.say({ t: 'upd', room: 'R', p: 13, s: 14, d: { n: 4 } });
    const again = world.socket.of('join');
    assert.equal(again.length, 2);
    assert.deepEqual(again[1].at, { e: 1, s: 10 });
    assert.equal(again[1].room, 'R');
    world.socket.say(
        { t: 'left', room: 'R', why: 'replaced' }, // Our older join, by our newer one.
        joined(again[1], { how: 'tail', s: 14, view: undefined }),
        { t: 'upd', room: 'R', p: 10, s: 13, d: { n: 3 } },
        { t: 'upd', room: 'R', p: 13, s: 14, d: { n: 5 } },
    );
    assert.deepEqual(room.view, { n: 5 });
});

test('a whole view needs no chain', async () => {
    const world = new World();
    const room = await inRoom(world);
    world.socket.say({ t: 'upd', room: 'R', p: 90, s: 99, view: { n: 99 } });
    assert.deepEqual([room.view.n, room.s, world.socket.of('join').length], [99, 99, 1]);
});

test('act resolves on the ack, after the view shows it', async () => {
    const world = new World();
    const room = await inRoom(world, null, { last: 17 });
    const acting = room.act('play', { pieces: [1] });
    assert.deepEqual(world.socket.of('act'), [
        { t: 'act', id: 18, room: 'R', a: 'play', d: { pieces: [1] } },
    ]);
    assert.equal(room.pending, 1);
    world.socket.say(
        { t: 'upd', room: 'R', p: 10, s: 11, d: { n: 1 }, me: 18 },
        { t: 'ack', id: 18, room: 'R', s: 11 },
    );
    assert.deepEqual(await acting, { s: 11 });
    assert.deepEqual([room.view.n, room.pending], [1, 0]);
});

test('a refusal rejects with its type and leaves a gap in the ids', async () => {
    const world = new World();
    const room = await inRoom(world);
    const acting = room.act('play', {});
    const no = { code: 'not_your_turn', msg: 'wait', retry: false };
    world.socket.say({ t: 'err', id: 1, room: 'R', ...no });
    await assert.rejects(acting, (refusal) => refusal instanceof Refusal);
    await assert.rejects(acting, no);
    room.act('play', {});
    assert.equal(world.socket.of('act').at(-1).id, 2);
});

test('refused for now is not refused: the same id goes again after a pause', async () => {
    const world = new World();
    const room = await inRoom(world);
    const answers = [room.act('a'), room.act('b')];
    world.socket.say({ t: 'err', id: 1, code: 'rate_limited', msg: 'slower', retry: true });
    room.act('c');
    const sent = () => world.socket.of('act').map(({ id }) => id);
    assert.deepEqual(sent(), [1, 2]);
    world.socket.say({ t: 'ack', id: 2, room: 'R', s: 11 });
    await world.advance(1000);
    assert.deepEqual(sent(), [1, 2, 1, 3]);
    world.socket.say({
        t: 'err',
        id: 1,
        room: 'R',
        code: 'out_of_order',
        msg: 'late',
        retry: false,
    });
    await assert.rejects(answers[0], { code: 'out_of_order' });
    await answers[1];
});

test('no more than the limit are in flight, the others follow in order', async () => {
    const world = new World();
    const client = await online(world, start(world), { max: { bytes: 300, inflight: 2 } });
    const room = await inRoom(world, client);
    for (let i = 0; i < 4; i++) room.act('add', { i });
    const ids = () => world.socket.of('act').map(({ id }) => id);
    assert.deepEqual(ids(), [1, 2]);
    world.socket.say({ t: 'ack', id: 1, room: 'R', s: 11 });
    assert.deepEqual(ids(), [1, 2, 3]);
    await assert.rejects(room.act('add', { text: 'x'.repeat(300) }), { code: 'too_large' });
});

test('killed in mid-action: the same ids are sent again, in order, after the resume', async () => {
    const world = new World();
    const room = await inRoom(world);
    const answers = [room.act('a'), room.act('b')];
    world.socket.die(1006);
    answers.push(room.act('c')); // While offline.
    assert.equal(world.socket.of('act').length, 2);
    await comesBack(world, { last: 1 });
    const { sent } = world.socket;
    assert.deepEqual(
        sent.map(({ t }) => t),
        ['hello', 'ping', 'join', 'act', 'act', 'act'],
    );
    assert.deepEqual(sent[2].at, { e: 1, s: 10 });
    assert.deepEqual(
        world.socket.of('act').map(({ id, a }) => id + a),
        ['1a', '2b', '3c'],
    );
    for (const id of [1, 2, 3]) world.socket.say({ t: 'ack', id, room: 'R', s: 10 + id });
    assert.deepEqual(await Promise.all(answers), [{ s: 11 }, { s: 12 }, { s: 13 }]);
});

test('a reload of the tab sends again what the page before it had no answer to', async () => {
    const world = new World();
    const room = await inRoom(world);
    room.act('a');
    room.act('b');
    world.socket.say({ t: 'ack', id: 1, room: 'R', s: 11 });
    const after = await inRoom(world, await online(world), { last: 1 });
    assert.deepEqual(
        world.socket.of('act').map(({ id, a }) => [id, a]),
        [[2, 'b']],
    );
    after.act('c');
    assert.equal(world.socket.of('act').at(-1).id, 3);
    for (const id of [2, 3]) world.socket.say({ t: 'ack', id, room: 'R', s: 11 });
    assert.deepEqual(world.stored, {});
});

test('an ack that comes while the view is behind waits for the view', async () => {
    const world = new World();
    const room = await inRoom(world);
    let shown = null;
    room.act('a').then(() => (shown = room.view.n));
    world.socket.say({ t: 'upd', room: 'R', p: 11, s: 12, d: { n: 2 }, me: 1 }); // A gap.
    world.socket.say({ t: 'ack', id: 1, room: 'R', s: 12 });
    await settle();
    assert.equal(shown, null);
    world.socket.say(joined(world.socket.of('join').at(-1), { s: 12, view: { n: 2 } }));
    await settle();
    assert.equal(shown, 2);
});

test('codes 4000 to 4099 end it: states and answers say so', async () => {
    const world = new World();
    const room = await inRoom(world);
    const acting = room.act('a');
    world.socket.die(4004, 'room gone');
    await assert.rejects(acting, { code: 'unavailable', msg: 'room gone' });
    await world.advance(60_000);
    assert.equal(world.sockets.length, 1);
});

test('a goaway is waited out; with an address, followed', async () => {
    const world = new World();
    const client = await online(world);
    world.socket.say({ t: 'goaway', why: 'deploy', in: 3000 });
    await world.advance(1000);
    world.socket.say({});
    await world.advance(1900);
    assert.equal(client.state, 'online');
    world.socket.die(1012);
    await world.advance(250);
    world.socket.open().say(welcome(world));
    world.socket.say({ t: 'goaway', why: 'moved', in: 1000, url: 'wss://b.example/v1/connect' });
    await world.advance(1000);
    assert.equal(world.socket.url, 'wss://b.example/v1/connect');
});

test('the network coming back cuts the pause short', async () => {
    const world = new World(() => 1);
    const client = await online(world);
    for (let i = 0; i < 6; i++) {
        world.socket.die(1006);
        await world.advance(8000);
    }
    const count = world.sockets.length;
    world.socket.die(1006);
    world.happen('online');
    await settle();
    assert.equal(world.sockets.length, count + 1);
    assert.equal(client.state, 'reconnecting');
});

test('a room that is gone at the return is left, and its actions are refused', async () => {
    const world = new World();
    const room = await inRoom(world);
    const acting = room.act('a');
    let why = null;
    room.on('left', (reason) => (why = reason));
    world.socket.die(1012);
    await world.advance(500);
    world.socket.open().say(welcome(world));
    const { id } = world.socket.of('join')[0];
    world.socket.say({ t: 'err', id, room: 'R', code: 'not_found', msg: 'gone', retry: false });
    await assert.rejects(acting, { code: 'room_closed' });
    assert.equal(why, 'not_found');
    assert.deepEqual(world.stored, {});
});

test('a join that is refused rejects; leaving resolves when the server says so', async () => {
    const world = new World();
    const client = await online(world);
    const refused = client.join({ code: 'NOPE' });
    const { id } = world.socket.of('join')[0];
    world.socket.say({ t: 'err', id, code: 'not_found', msg: 'no such code', retry: false });
    await assert.rejects(refused, { code: 'not_found' });
    const room = await inRoom(world, client);
    const leaving = room.leave();
    assert.equal(world.socket.of('leave')[0].room, 'R');
    world.socket.say({ t: 'left', room: 'R', why: 'left' });
    await leaving;
    await assert.rejects(room.act('a'), { code: 'room_closed' });
});

test('a whole view forgets timers and presence, for those that hold follow it', async () => {
    const world = new World();
    const room = await inRoom(world);
    world.socket.say({ t: 'pres', room: 'R', seats: { 2: 'away' } });
    world.socket.say({ t: 'timer', room: 'R', name: 'turn', at: 77 });
    world.socket.say([
        { t: 'upd', room: 'R', p: 99, s: 99, view: { n: 99 } },
        { t: 'timer', room: 'R', name: 'scoring', at: 78 },
        { t: 'pres', room: 'R', seats: { 0: 'here' } },
    ]);
    assert.deepEqual([room.presence, room.timers], [{ 0: 'here' }, { scoring: 78 }]);
});

test('presence and timers are the server’s, and forgotten with the connection', async () => {
    const world = new World();
    const room = await inRoom(world);
    world.socket.say({ t: 'pres', room: 'R', seats: { 2: 'away' } });
    world.socket.say({ t: 'timer', room: 'R', name: 'turn', at: 77 });
    assert.deepEqual([room.presence, room.timers], [{ 2: 'away' }, { turn: 77 }]);
    world.socket.say({ t: 'timer', room: 'R', name: 'turn' });
    assert.deepEqual(room.timers, {});
    world.socket.die();
    await comesBack(world);
    assert.deepEqual(room.presence, {});
});

test('a guest is one person until the session expires', async () => {
    const world = new World();
    let made = 0;
    world.answer = () => {
        const expires = new Date(world.time + 2 * 3_600_000).toISOString();
        return { ok: true, json: async () => ({ token: `t${++made}`, expires_at: expires }) };
    };
    const person = () => guest({ url: 'https://play.example', storage: world.storage, world });
    const { token } = person();
    assert.deepEqual(await Promise.all([token(), token()]), ['t1', 't1']);
    assert.equal(await person().token(), 't1');
    await world.advance(2 * 3_600_000);
    assert.equal(await person().token(), 't2');
    assert.deepEqual(
        world.requests.map(({ method, path }) => [method, path]),
        [
            ['POST', '/v1/sessions'],
            ['POST', '/v1/sessions'],
        ],
    );
});

test('a guest whose token nears its end renews it and stays who they are', async () => {
    const world = new World();
    let made = 0;
    let refuses = false;
    world.answer = () => {
        if (refuses) return Promise.reject(new TypeError('Failed to fetch'));
        const expires = new Date(world.time + 2 * 3_600_000).toISOString();
        return { ok: true, json: async () => ({ token: `t${++made}`, expires_at: expires }) };
    };
    const { token } = guest({ url: 'https://play.example', storage: world.storage, world });
    assert.equal(await token(), 't1');
    await world.advance(3_600_001);
    refuses = true;
    assert.equal(await token(), 't1', 'still good, and nobody answers');
    refuses = false;
    assert.equal(await token(), 't2');
    assert.equal(world.requests.at(-1).headers.authorization, 'Bearer t1');
    assert.equal(await token(), 't2');
});

test('an HTTP error is a typed refusal', async () => {
    const world = new World();
    const problem = { code: 'rate_limited', detail: 'slow' };
    world.answer = () => ({ ok: false, status: 429, json: async () => problem });
    const client = await online(world);
    const no = { code: 'rate_limited', msg: 'slow', retry: true };
    await assert.rejects(client.createRoom('liap-tui'), no);
    assert.equal(world.requests[0].headers.authorization, 'Bearer jwt');
    world.answer = () => Promise.reject(new TypeError('Failed to fetch'));
    await assert.rejects(client.createRoom('liap-tui'), { code: 'unavailable', retry: true });
});

// A room that appends what it is told, keeping the protocol: ids are applied once, and in order.
class ModelServer {
    log = [];
    last = 0;

    constructor(world, random) {
        Object.assign(this, { world, random });
    }
    serve(socket) {
        const soon = (task) => setImmediate(() => socket.readyState === 1 && task());
        let isCut = false;
        const mayCut = () => {
            if (!isCut && this.random() < 0.08) {
                isCut = true;
                if (this.random() < 0.5) soon(() => socket.die(1006)); // Else: silence.
            }
            return isCut;
        };
        socket.onsent = (message) => {
            if (mayCut()) return; // Lost on the way in, with all that follows.
            const answers = this.answer(message);
            if (mayCut() || answers.length === 0) return; // Lost on the way out.
            soon(() => socket.say(...answers));
            if (message.t === 'act' && this.random() < 0.1) soon(() => socket.say(...answers));
        };
    }
    answer({ t, id, d, at }) {
        const view = () => ({ log: [...this.log] });
        if (t === 'hello') return [welcome(this.world)];
        if (t === 'join') {
            const s = this.log.length;
            const shown = at?.s === s ? { how: 'live', view: undefined } : { view: view() };
            return [joined({ id }, { s, last: this.last, ...shown })];
        }
        if (t !== 'act') return [];
        if (id <= this.last) return [{ t: 'ack', id, room: 'R', s: this.log.length }];
        this.last = id;
        this.log.push(d.i);
        const s = this.log.length;
        return [
            { t: 'upd', room: 'R', p: s - 1, s, d: view(), me: id },
            { t: 'ack', id, room: 'R', s },
        ];
    }
}

test('under any cuts each action is applied once, in order, and the view agrees', async () => {
    for (let seed = 1; seed <= 100; seed++) {
        let state = seed;
        const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
        const world = new World(random);
        const server = new ModelServer(world, random);
        const { WebSocket } = world;
        world.WebSocket = class extends WebSocket {
            constructor(...args) {
                super(...args);
                server.serve(this);
                setImmediate(() => this.onopen?.());
            }
        };
        const joining = start(world).join({ code: 'K7QXM' });
        await world.advance(60_000);
        const room = await joining;
        const answers = [];
        for (let i = 0; i < 20; i++) {
            answers.push(room.act('add', { i }));
            if (random() < 0.5) await world.advance(300);
        }
        await world.advance(300_000);
        await Promise.all(answers);
        const wanted = answers.map((_, i) => i);
        assert.deepEqual(server.log, wanted, `seed ${seed}`);
        assert.deepEqual(room.view.log, wanted, `seed ${seed}`);
        assert.deepEqual(world.stored, {}, `seed ${seed}`);
    }
});
