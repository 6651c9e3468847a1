// SPDX-License-Identifier: Apache-2.0
//
// Rooms as their holders see them: joined by several words, let go, come back to; what they tell,
// and what can be asked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alive, inRoom, isBack, joined, online, outcome, start, table, upd } from './world.mjs';

const view = { room: { code: 'K7QXM' }, game: { n: 0 } };
const refusal = (join, code, retry) => ({ t: 'err', id: join.id, code, msg: code, retry });

// ---- By several words

test('the same room by other words is one room with two handles', async () => {
    const { world, client, room } = await table({}, { view });
    assert.equal(client.room({ code: 'K7QXM' }), room);
    assert.equal(client.room({ code: 'K7QXM' }, { as: 'player' }), room);
    const act = room.act('play');
    const other = client.room({ room: 'R', code: 'K7QXM' });
    assert.notEqual(other, room);
    assert.equal(world.socket.of('join').length, 1, 'nothing to ask for');
    assert.equal((await outcome(other.ready)).answer, other);
    assert.equal(other.state, room.state);
    world.socket.say(upd(10, 11, 1), { t: 'ack', id: world.id(1), room: 'R', s: 11 });
    assert.equal((await outcome(act)).settled, true);
    assert.equal(other.view.game.n, 1);
    const done = other.act('play');
    world.socket.say(upd(11, 12, 2), { t: 'ack', id: world.id(2), room: 'R', s: 12 });
    assert.equal((await outcome(done)).answer.s, 12);
    world.socket.die(1012);
    await world.pass(500);
    await isBack(world, { s: 12 });
    assert.deepEqual([room.state.status, other.state.status], ['live', 'live']);
});

test('two joins of one room at once are one join, and never end a connection', async () => {
    const { world, client } = start();
    await online(world);
    const [byId, byCode] = [client.room({ room: 'R' }), client.room({ code: 'K7QXM' })];
    assert.equal(world.socket.of('join').length, 1);
    world.socket.say(joined(world.socket.last('join'), { view }));
    await outcome(byCode.ready);
    assert.deepEqual([byId.state.status, byCode.state.status], ['live', 'live']);
    assert.equal(world.socket.of('join').length, 1);
    await alive(world, 60_000);
    assert.equal(world.sockets.length, 1);
});

test('another way into a room that one is in takes over all that is unanswered', async () => {
    const { world, client, room } = await table({}, { view });
    const act = room.act('play');
    const found = client.room({ find: { game: 'g' } });
    world.socket.say(joined(world.socket.last('join'), { view, s: 10 }));
    assert.equal((await outcome(found.ready)).settled, true);
    assert.deepEqual([room.state.status, found.state.status], ['live', 'live']);
    assert.equal(world.socket.of('act').length, 2, 'the answers of before do not come');
    world.socket.say(upd(10, 11, 1), { t: 'ack', id: world.id(1), room: 'R', s: 11 });
    assert.equal((await outcome(act)).settled, true);
});

test('in another part, the newer one goes on alone', async () => {
    const { world, client, room } = await table({}, { view });
    const watching = client.room({ room: 'R' }, { as: 'spectator' });
    world.socket.say(joined(world.socket.last('join'), { view, seat: null }));
    assert.deepEqual([room.state.status, room.state.why], ['left', 'replaced']);
    assert.equal(watching.state.status, 'live');
});

test('a newer join elsewhere, while one more way in is asked for, ends both', async () => {
    const { world, client, room } = await table({}, { view });
    const found = client.room({ find: { game: 'g' } });
    const newer = { room: 'R', ...refusal(world.socket.last('join'), 'out_of_order', false) };
    world.socket.say(newer);
    assert.deepEqual([room.state.why, found.state.why], ['replaced', 'replaced']);
    assert.equal(world.socket.of('join').length, 2);
});

test('another part that is closed before it is answered costs nobody, either', async () => {
    const { world, client, room } = await table({}, { view });
    const watching = client.room({ room: 'R' }, { as: 'spectator' });
    watching.close();
    world.socket.say(joined(world.socket.last('join'), { view, seat: null }));
    assert.equal(world.socket.of('leave').length, 0);
    world.socket.say(joined(world.socket.last('join'), { view }));
    assert.deepEqual([world.socket.of('join').length, room.state.status], [3, 'live']);
});

test('another part that is refused costs nobody the one that they have', async () => {
    const { world, client, room } = await table({}, { view, seat: null });
    const playing = client.join({ room: 'R' }, { as: 'player', seat: 1 });
    world.socket.say(refusal(world.socket.last('join'), 'room_full', false));
    assert.equal((await outcome(playing)).refusal.code, 'room_full');
    assert.equal(world.socket.of('join').length, 3, 'it is joined anew');
    world.socket.say(joined(world.socket.last('join'), { view, seat: null }));
    assert.equal(room.state.status, 'live');
});

test('a join without an answer is asked for again, and others do not suffer', async () => {
    const { world, client } = await table({}, { view });
    const lost = client.join({ code: 'LOST1' });
    const other = client.join({ code: 'OTHER' });
    await alive(world, 21_000);
    const third = world.socket.last('join');
    assert.equal(third.code, 'OTHER', 'its turn');
    world.socket.say(joined(third, { room: 'Q' }));
    assert.equal((await outcome(other)).settled, true);
    await alive(world, 2000);
    assert.equal(world.socket.last('join').code, 'LOST1');
    assert.equal(world.sockets.length, 1);
    await alive(world, 300_000);
    assert.equal((await outcome(lost)).refusal.code, 'unavailable', 'not without end');
    assert.equal(world.sockets.length, 1);
});

test('a first join is tried again where that may help, and so often', async () => {
    const { world, client } = start();
    await online(world);
    const first = client.join({ room: 'R' });
    world.socket.say(refusal(world.socket.last('join'), 'unavailable', true));
    await alive(world, 1600);
    world.socket.say(joined(world.socket.last('join')));
    assert.equal((await outcome(first)).settled, true);
    const busy = client.join({ room: 'Q' });
    const joins = () => world.socket.of('join').filter(({ room }) => room === 'Q').length;
    for (let tries = 1; tries <= 8; tries++) {
        assert.equal(joins(), tries);
        world.socket.say(refusal(world.socket.last('join'), 'busy', true));
        await alive(world, 1000 * 2 ** Math.min(tries - 1, 4) + 100);
    }
    assert.equal((await outcome(busy)).refusal.code, 'busy');
});

// ---- Replaced, closed, and back

test('who hears that a newer join went ahead does not throw it out again', async () => {
    const { world, room } = await table();
    world.socket.die(1012);
    await world.pass(500);
    await online(world);
    world.socket.say(refusal(world.socket.last('join'), 'out_of_order', false));
    assert.deepEqual([room.state.status, room.state.why], ['left', 'replaced']);
    await alive(world, 60_000);
    assert.equal(world.socket.of('join').length, 1);
});

test('a room that was left can be come back to, with the same handle', async () => {
    const { world, client, room } = await table();
    world.socket.say({ t: 'left', room: 'R', why: 'replaced' });
    assert.equal(room.state.status, 'left');
    const back = room.join();
    assert.equal(room.state.status, 'joining');
    assert.equal(world.socket.last('join').code, 'K7QXM');
    world.socket.say(joined(world.socket.last('join'), { s: 20 }));
    assert.equal((await outcome(back)).answer, room);
    assert.deepEqual([room.state.status, room.state.s], ['live', 20]);
    assert.equal(client.room({ code: 'K7QXM' }), room);
    assert.equal((await outcome(room.join())).settled, true, 'who is there is there');
    assert.equal(world.socket.of('join').length, 2);
});

test('closed, a room is let go of and the seat kept; what is unanswered stays stored', async () => {
    const { world, client, room } = await table();
    const act = room.act('play');
    const asked = room.ask('sets');
    room.close();
    const went = world.socket.sent.slice(-2).map(({ t, id, room, as }) => [t, id, room, as]);
    const seen = ['join', 0, 'R', 'spectator']; // Who watches has no seat to give up.
    assert.deepEqual(went, [seen, ['leave', 0, 'R', 'spectator']]);
    const { code, isFinal } = (await outcome(act)).refusal;
    assert.deepEqual([code, isFinal], ['stopped', false]);
    assert.deepEqual([room.state.status, room.state.why], ['left', 'closed']);
    world.socket.say({ t: 'left', room: 'R', why: 'left' });
    await assert.rejects(room.act('play'), { code: 'room_closed' });
    await alive(world, 11_000);
    assert.equal((await outcome(asked)).settled, true);
    world.socket.die(1012);
    await world.pass(500);
    await online(world);
    assert.equal(world.socket.of('join').length, 0, 'nor joined again');
    const again = await inRoom(world, client);
    assert.equal(world.socket.last('act').id, world.id(1));
    assert.equal(again.state.pending.length, 1);
});

test('a handle that is closed leaves the others alone; too early, it is let go of', async () => {
    const { world, client, room } = await table({}, { view });
    const other = client.room({ room: 'R' });
    other.close();
    assert.deepEqual([other.state.status, room.state.status], ['left', 'live']);
    assert.equal(world.socket.of('leave').length, 0);
    const early = client.room({ code: 'OTHER' });
    early.close();
    world.socket.say(joined(world.socket.last('join'), { room: 'Q' }));
    assert.equal(world.socket.last('leave').room, 'Q');
    assert.equal(early.state.status, 'left');
});

// ---- News and questions

test('what the game tells of its events comes in order, after the view they led to', async () => {
    const { world, room } = await table();
    const heard = [];
    const stop = room.on('ev', ({ e, d }) => heard.push([e, d, room.view.game.n]));
    room.on('ev', ({ e }) => assert.notEqual(e, 'bug'));
    const ev = [{ e: 'dealt', d: { n: 1 } }, { e: 'bug' }];
    world.socket.say({ ...upd(10, 11, 1), ev }, { ...upd(10, 11, 1), ev });
    world.socket.say({ ...upd(11, 12, 2), ev: [{ e: 'played' }] });
    stop();
    world.socket.say({ ...upd(12, 13, 3), ev });
    assert.deepEqual(heard, [
        ['dealt', { n: 1 }, 1],
        ['bug', undefined, 1],
        ['played', undefined, 2],
    ]);
});

test('a question is answered, refused, or not: then it is over, and not asked again', async () => {
    const { world, room } = await table();
    const asked = room.ask('sets', { seat: 1 });
    const { id, ...sent } = world.socket.last('rpc');
    assert.deepEqual(sent, { t: 'rpc', room: 'R', q: 'sets', d: { seat: 1 } });
    world.socket.say({ t: 'res', id, room: 'R', s: 10, d: { sets: [] } });
    assert.deepEqual((await outcome(asked)).answer, { sets: [] });
    const no = room.ask('nonsense');
    const err = { t: 'err', room: 'R', code: 'bad_request', msg: 'what?', retry: false };
    world.socket.say({ ...err, id: world.socket.last('rpc').id });
    assert.equal((await outcome(no)).refusal.code, 'bad_request');
    const late = room.ask('sets', undefined, { timeout: 300 });
    await world.pass(310);
    assert.equal((await outcome(late)).refusal.code, 'unavailable');
    const cut = room.ask('sets');
    world.socket.die();
    assert.equal((await outcome(cut)).refusal.retry, true);
    assert.equal((await outcome(room.ask('sets'))).refusal.code, 'unavailable');
    await world.pass(500);
    await isBack(world);
    assert.equal(world.socket.of('rpc').length, 0);
});

// ---- Games in fixed steps

const step = (s, pk, k, n) => ({ ...upd(s, s, n), pk, k });

test('steps between two events are shown, each once, and a missed one is asked for', async () => {
    const { world, room } = await table();
    assert.equal(world.socket.last('join').ticks, true);
    world.socket.say(step(10, undefined, 1, 1), step(10, 1, 3, 3), step(10, 1, 3, 99));
    assert.deepEqual([room.state.s, room.state.k, room.view.game.n], [10, 3, 3]);
    world.socket.say({ ...upd(10, 11, 4), pk: 3, k: 3 });
    assert.deepEqual([room.state.s, room.state.k, room.view.game.n], [11, 3, 4]);
    world.socket.say({ ...upd(11, 12, 6), pk: 5, k: 6 });
    assert.equal(room.view.game.n, 4, 'a step was missed');
    const again = world.socket.last('join');
    assert.deepEqual(again.at, { e: 1, s: 11, k: 3 });
    world.socket.say(joined(again, { s: 11, k: 3, how: 'tail', view: undefined }));
    world.socket.say(step(11, 3, 5, 5), { ...upd(11, 12, 6), pk: 5, k: 6 });
    assert.deepEqual([room.state.s, room.state.k, room.view.game.n], [12, 6, 6]);
});

test('who comes back after steps is not at the place that they left', async () => {
    const { world, room } = await table();
    world.socket.say(step(10, undefined, 2, 2));
    world.socket.say({ ...upd(10, 12, 9), pk: 5, k: 6 });
    const asked = world.socket.last('join');
    assert.deepEqual(asked.at, { e: 1, s: 10, k: 2 });
    world.socket.say(joined(asked, { s: 10, how: 'live', view: undefined }));
    assert.equal(world.socket.last('join').at, undefined, 'of another step: the whole view');
    assert.equal(room.view.game.n, 2);
    const view = { room: {}, game: { n: 7 } };
    world.socket.say(joined(world.socket.last('join'), { s: 12, k: 8, view }));
    assert.deepEqual([room.state.s, room.state.k, room.view.game.n], [12, 8, 7]);
});
