// SPDX-License-Identifier: Apache-2.0
//
// The client line by line: what becomes of views and actions.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore, OUTBOX_MAX } from '@gatehouse/client';
import { Luck } from './simulation/luck.mjs';
import { alive, FakeWorld, inRoom, isBack, joined } from './world.mjs';
import { online, outcome, settle, table, upd } from './world.mjs';

test('act resolves on the ack, after the view shows it, and listeners first', async () => {
    const { world, room } = await table();
    const order = [];
    room.subscribe(
        (state) => state.view.game.n,
        (n) => order.push(n),
    );
    const act = room.act('play', { pieces: [1] }, { base: 10 });
    act.then(({ id, s }) => order.push({ id, s }));
    const id = world.id(1);
    const sent = { t: 'act', id, room: 'R', a: 'play', d: { pieces: [1] }, base: 10 };
    assert.deepEqual(world.socket.last('act'), sent);
    world.socket.say(upd(10, 11, 1));
    assert.equal((await outcome(act)).settled, false, 'seen, but not acked');
    world.socket.say({ t: 'ack', id, room: 'R', s: 11 });
    await settle();
    assert.deepEqual(order, [1, { id, s: 11 }]);
    const early = room.act('play');
    world.socket.say({ t: 'ack', id: world.id(2), room: 'R', s: 12 });
    assert.equal((await outcome(early)).settled, false, 'acked, but not seen');
    world.socket.say(upd(11, 12, 2));
    assert.deepEqual((await outcome(early)).answer, { id: world.id(2), s: 12 });
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
    world.socket.say(upd(10, 11, 1), { t: 'ack', id: world.id(1), room: 'R', s: 11 });
    world.socket.die();
    acts.push(room.act('d'));
    await world.pass(500);
    await isBack(world, { s: 11, last: world.id(1) });
    const sent = world.socket.of('act').map(({ id, a }) => [id, a]);
    assert.deepEqual(sent, [
        [world.id(2), 'b'],
        [world.id(3), 'c'],
        [world.id(4), 'd'],
    ]);
    const no = { t: 'err', room: 'R', code: 'not_your_turn', msg: 'wait', retry: false };
    const id = world.id(2);
    world.socket.say({ ...no, id: world.id(3) }, { t: 'ack', id, room: 'R', s: 11 });
    assert.deepEqual((await outcome(acts[1])).answer, { id, s: 11 });
    const { refusal } = await outcome(acts[2]);
    assert.deepEqual([refusal.code, refusal.isFinal], ['not_your_turn', true]);
    assert.equal(room.state.refused.action.name, 'c');
    assert.deepEqual(
        room.state.pending.map(({ id }) => id),
        [world.id(4)],
    );
});

test('a refusal for now is no answer: the same id goes again after a pause', async () => {
    const { world, room } = await table();
    const act = room.act('play');
    const codes = ['busy', 'unavailable', 'rate_limited', 'busy', 'busy', 'busy', 'busy'];
    for (const [i, code] of codes.entries()) {
        const at = code === 'rate_limited' ? {} : { room: 'R' }; // That one names no room.
        world.socket.say({ t: 'err', id: world.id(1), ...at, code, msg: '', retry: true });
        const before = world.socket.of('act').length;
        const pause = 1000 * 2 ** Math.min(i, 4);
        await alive(world, pause - 100);
        assert.equal(world.socket.of('act').length, before, `not before ${pause} ms`);
        await alive(world, 200);
        assert.equal(world.socket.of('act').length, before + 1, code);
        assert.equal(world.socket.last('act').id, world.id(1));
    }
    assert.equal((await outcome(act)).settled, false);
    const no = { t: 'err', id: world.id(1), room: 'R', code: 'unavailable', msg: '', retry: true };
    world.socket.say(no);
    const { refusal } = await outcome(act);
    assert.deepEqual([refusal.code, refusal.isFinal], ['unavailable', false], 'nor without end');
    assert.deepEqual(room.state.pending, []);
});

test('what may be applied later is not called never', async () => {
    for (const code of ['internal', 'out_of_order', 'rejected']) {
        const { world, room } = await table();
        const act = room.act('play');
        world.socket.say({ t: 'err', id: world.id(1), room: 'R', code, msg: '', retry: false });
        const { refusal } = await outcome(act);
        assert.deepEqual([refusal.code, refusal.isFinal], [code, code === 'rejected']);
        assert.deepEqual(room.state.pending, []);
    }
});

test('two devices of one person never give one id to two actions', async () => {
    const [phone, laptop] = [await table(), await table()];
    for (const [seed, { world }] of [phone, laptop].entries()) world.luck = new Luck(seed);
    for (const { room } of [phone, laptop]) for (let i = 0; i < 9; i++) room.act(`play ${i}`);
    const ids = [...phone.world.acts, ...laptop.world.acts];
    assert.equal(new Set(ids).size, 18);
    assert.ok(ids.every((id) => Number.isSafeInteger(id)));
    const high = 2 ** 52;
    const after = await table({}, { last: high });
    after.room.act('play');
    assert.ok(after.world.id(1) > high, 'they rise, whatever this clock says');
});

test('one at a time, if that is wanted: the second waits for the answer of the first', async () => {
    const { world, room } = await table({ inflight: 1 });
    room.act('a');
    room.act('b');
    world.socket.say({ t: 'err', id: world.id(1), room: 'R', code: 'busy', msg: '', retry: true });
    await world.pass(1100);
    world.socket.say(upd(10, 11, 1), { t: 'ack', id: world.id(1), room: 'R', s: 11 });
    const sent = world.socket.of('act').map(({ a }) => a);
    assert.deepEqual(sent, ['a', 'a', 'b']);
});

test('bounds: 16 under way, 64 waiting, 40 a second, 64 KiB', async () => {
    const { world, room } = await table();
    const acts = Array.from({ length: OUTBOX_MAX + 1 }, () => room.act('play'));
    assert.equal(world.socket.of('act').length, 16);
    assert.equal((await outcome(acts.at(-1))).refusal.code, 'busy');
    assert.equal((await outcome(room.act('x', 'y'.repeat(70_000)))).refusal.code, 'busy');
    let acked = 0;
    const answerAll = () => {
        for (; acked < world.acts.length; acked++) {
            const s = 11 + acked;
            const id = world.acts[acked];
            world.socket.say(upd(s - 1, s, acked), { t: 'ack', id, room: 'R', s });
        }
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
    await alive(world, 21_000);
    assert.equal(world.socket.of('join').length, 2);
    assert.equal(client.state.status, 'online');
    const silent = world.socket;
    await alive(world, 21_000);
    assert.equal(silent.closedWith, 4203);
});
