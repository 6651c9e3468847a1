// SPDX-License-Identifier: Apache-2.0
//
// Rules that break the server: what was asked is set aside, and an operator deals with it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { get, request, serve, soon } from './harness.mjs';
import { Client, play, tableWithBots } from './room_client.mjs';

// A table whose next action kills the process, and the server that came after it.
async function broken(t) {
    const server = await serve(t, {}, { args: ['--planted-bug-abort-at', 'start'] });
    const { client, room } = await tableWithBots(server, { rounds: 1 });
    const id = client.nextAct(room);
    client.send({ t: 'act', id, room, a: 'start', d: {} });
    const { signal } = await soon(server.ended, 'the server dies');
    assert.equal(signal, 'SIGABRT');
    await server.start();
    const again = await Client.connect(server, { token: client.token });
    await again.sit({ room });
    return { server, client: again, room, id };
}

// The same, of a game under way, whose action has words.
async function brokenDeclaration(t) {
    const server = await serve(t, {}, { args: ['--planted-bug-abort-at', 'declare'] });
    const { client, room } = await tableWithBots(server, { rounds: 1 });
    await client.mustAct(room, 'start');
    const { seat } = client.rooms.get(room);
    const mine = ({ game }) => game.phase === 'declaration' && game.turn === seat;
    await play(client, room, mine);
    const said = { piles: 1 };
    const id = client.nextAct(room);
    client.send({ t: 'act', id, room, a: 'declare', d: said });
    const { signal } = await soon(server.ended, 'the server dies');
    assert.equal(signal, 'SIGABRT');
    await server.start();
    const again = await Client.connect(server, { token: client.token });
    await again.sit({ room });
    return { server, client: again, room, id, seat, said };
}

const order = (server, path, body = {}) =>
    request(`${server.adminUrl}/admin/rooms/${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
    });

async function letters(server) {
    return JSON.parse((await get(server.adminUrl + '/admin/letters')).text).letters;
}

describe('letters', { concurrency: 3 }, () => {
    test('an action that killed the server does not do so twice, and may be retried', async (t) => {
        const { server, client, room, id } = await broken(t);
        const act = { t: 'act', id, room, a: 'start', d: {} };
        client.send(act);
        const refused = await client.answer(id);
        assert.deepEqual([refused.t, refused.code], ['err', 'internal']);
        assert.match(refused.msg, /operator/);

        const [letter] = await letters(server);
        assert.equal(letter.room, room);
        assert.deepEqual([letter.doing, letter.name, letter.why], ['act', 'start', 'SIGABRT']);
        const shown = await server.command('letter', 'ls');
        assert.equal(shown.code, 0, shown.err);
        assert.ok(shown.out.includes(room) && shown.out.includes('SIGABRT'), shown.out);

        const retried = await server.command('letter', 'retry', room, String(letter.letter));
        assert.equal(retried.code, 0, retried.err);
        await client.see(room, (view) => view.game.phase !== 'waiting');
        client.send(act); // Never answered before: it is acked now, and applied once.
        assert.equal((await client.answer(id)).t, 'ack');
        assert.deepEqual(await letters(server), []);
        await server.restart();
        const verified = await server.command('room', 'verify', room);
        assert.equal(verified.code, 0, verified.out + verified.err);
    });

    test('a letter is retried in other words', async (t) => {
        const { server, client, room, id, seat, said } = await brokenDeclaration(t);
        const [letter] = await letters(server);
        assert.deepEqual([letter.name, letter.body], ['declare', JSON.stringify(said)]);
        const retry = (...how) =>
            server.command('letter', 'retry', room, String(letter.letter), ...how);

        // What can't be done changes nothing: the letter stays for a better try.
        const garbled = await retry('--body', '{"piles":');
        assert.equal(garbled.code, 1, garbled.out);
        assert.match(garbled.err, /JSON/);
        const unknown = await retry('--name', 'fly');
        assert.equal(unknown.code, 1, unknown.out);
        assert.match(unknown.err, /no such action: fly/);
        assert.equal((await letters(server)).length, 1);

        const mended = await retry('--name', 'declare', '--body', JSON.stringify({ piles: 2 }));
        assert.equal(mended.code, 0, mended.err);
        const view = await client.see(room, ({ game }) => game.declared[seat] >= 0);
        assert.equal(view.game.declared[seat], 2);
        // Its sender's id is spent: the same again is acked, and is not applied.
        client.send({ t: 'act', id, room, a: 'declare', d: said });
        assert.equal((await client.answer(id)).t, 'ack');
        assert.deepEqual(await letters(server), []);
        await server.restart();
        const verified = await server.command('room', 'verify', room);
        assert.equal(verified.code, 0, verified.out + verified.err);
    });

    test('a discarded letter leaves the room as it was', async (t) => {
        const { server, client, room } = await broken(t);
        const [letter] = await letters(server);
        const done = await server.command('letter', 'discard', room, String(letter.letter));
        assert.equal(done.code, 0, done.err);
        assert.deepEqual(await letters(server), []);
        await client.mustAct(room, 'start'); // The next one works: the rules were mended.
    });

    test('orders need JSON, a letter that is there, and a running server', async (t) => {
        const { server, room } = await broken(t);
        const plain = await request(`${server.adminUrl}/admin/rooms/${room}/letters/1/retry`, {
            method: 'POST',
            body: '{}',
        });
        assert.equal(plain.status, 415);
        assert.equal((await order(server, `${room}/letters/999/retry`)).status, 404);
        assert.equal((await order(server, `${room}/open`)).status, 404);
        assert.equal((await order(server, 'nobody.1/letters/1/discard')).status, 404);
        assert.equal((await order(server, `${room}/fly`)).status, 404);
        const none = await server.command('room', 'open', room);
        assert.equal(none.code, 1);
        assert.match(none.err, /this room is not closed/);
        await server.kill();
        const stopped = await server.command('letter', 'ls');
        assert.equal(stopped.code, 1);
        assert.match(stopped.err, /only a running one/);
    });

    test('a start after a crash that no room caused blames nobody', async (t) => {
        const server = await serve(t);
        const { client, room } = await tableWithBots(server, { rounds: 1 });
        await client.mustAct(room, 'start');
        await server.restart();
        await server.restart({ signal: 'SIGKILL' });
        assert.deepEqual(await letters(server), []);
    });
});
