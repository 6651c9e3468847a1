// SPDX-License-Identifier: Apache-2.0
//
// New rooms that go on from how another one was.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serve, temporaryFolder, until } from './harness.mjs';
import { missing, Postgres } from './postgres.mjs';
import { Client, play, tableWithBots } from './room_client.mjs';

process.env.DB_PASSWORD = 's3cret';

async function run(server, ...words) {
    const done = await server.command(...words);
    assert.equal(done.code, 0, `${words.join(' ')}: ${done.out}${done.err}`);
    return done.out;
}

// As an operator does, and reads it off the screen.
async function fork(server, room, ...words) {
    const out = await run(server, 'room', 'fork', room, ...words);
    const [, how, from, version, id, code]
        = /^(forked|forked already:) (\S+) as it was at version (\d+): room (\S+), code (\S+)$/m
            .exec(out);
    assert.equal(from, room);
    return { room: id, code, version: Number(version), isNew: how === 'forked' };
}

const events = async (server, room) =>
    (await run(server, 'room', 'show', room)).split('\n').filter((line) => /^ +\d/.test(line));

// A room, its fork, and both play on to their ends, with the server killed in between.
async function playBoth(t, changes) {
    const server = await serve(t, changes);
    const { client, room } = await tableWithBots(server, { rounds: 2 });
    await client.mustAct(room, 'room.name', { name: 'Annabel' });
    await client.mustAct(room, 'start');
    const then = await play(client, room, ({ game }) => game.phase === 'turn' && game.turn === 0);
    const { s } = client.rooms.get(room);
    await play(client, room, ({ game }) => game.phase === 'round_over' || game.round > 1);

    const forked = await fork(server, room, '--at', String(s));
    assert.equal(forked.version, s);
    assert.match(await run(server, 'room', 'show', forked.room), /its players are awaited/);
    const again = await Client.connect(server, { token: client.token });
    const { view, seat } = await again.sit({ code: forked.code });
    assert.equal(seat, 0);
    assert.deepEqual(view.game, then.game, 'what was seen then is seen now');
    assert.equal(view.room.seats[0].name, 'Annabel');
    assert.notEqual(view.room.commit, then.room.commit);

    const acked = await again.mustAct(forked.room, 'room.name', { name: 'Ann of the fork' });
    const ackedThere = await client.mustAct(room, 'room.name', { name: 'Ann of the room' });
    await server.restart();
    const both = await Client.connect(server, { token: client.token });
    const names = [];
    for (const [id, at] of [[room, ackedThere], [forked.room, acked]]) {
        await both.sit({ room: id });
        assert.ok(both.rooms.get(id).s >= at.s);
        names.push(both.rooms.get(id).view.room.seats[0].name);
    }
    assert.deepEqual(names, ['Ann of the room', 'Ann of the fork']);
    for (const id of [forked.room, room]) {
        const shown = () => run(server, 'room', 'show', id);
        assert.match(await shown(), /an unfinished room are secrets: keep this to yourself/);
        const end = await play(both, id);
        assert.equal(end.room.status, 'finished');
        const verified = await run(server, 'room', 'verify', id);
        assert.match(verified, /^fair: every deal follows/m);
        assert.equal(/its history leads to what this room began with/.test(verified),
            id === forked.room);
        assert.equal((await shown()).includes(`(Room ${room} is not finished`), id !== room);
    }
    assert.doesNotMatch(await run(server, 'room', 'show', forked.room), /keep this to yourself/);
    assert.equal((await server.kill('SIGTERM')).code, 0);
    assert.match(await run(server, 'events', 'verify'), /: sound/);
    const made = `room fork +${room} .*: done: made ${forked.room}, ${room} as of version ${s}\\n`;
    assert.match(await run(server, 'audit', 'ls'), new RegExp(made));
}

describe('room fork', { concurrency: 2 }, () => {
    test('a fork and its room play on to their ends, through kill -9', (t) => playBoth(t, {}));

    test('the same on PostgreSQL', { skip: missing }, async (t) => {
        const postgres = await Postgres.start(t);
        await playBoth(t, { store: postgres.store });
    });

    test('the same order finds the same fork, and the room is not touched', async (t) => {
        const server = await serve(t);
        const { client, room } = await tableWithBots(server);
        const before = await events(server, room);
        const first = await fork(server, room);
        await server.restart();
        assert.deepEqual(await fork(server, room), { ...first, isNew: false });
        const named = await fork(server, room, '--as', 'dispute');
        assert.notEqual(named.room, first.room);
        assert.deepEqual(await events(server, room), before);
        const other = await server.command(
            'room', 'fork', room, '--at', '3', '--as', 'dispute');
        assert.equal(other.code, 1);
        assert.match(other.err, /give another name/);
        await client.close();
    });

    test('a game that is over is played again from its middle', async (t) => {
        const server = await serve(t);
        const { client, room } = await tableWithBots(server);
        await client.mustAct(room, 'start');
        await play(client, room, ({ game }) => game.phase === 'turn' && game.turn === 0);
        const { s } = client.rooms.get(room);
        await play(client, room);
        await client.close();
        const late = await server.command('room', 'fork', room);
        assert.equal(late.code, 1);
        assert.match(late.err, /was finished by version \d+: nobody could play on/);
        const forked = await fork(server, room, '--at', String(s));
        const again = await Client.connect(server, { token: client.token });
        await again.sit({ room: forked.room });
        assert.equal((await play(again, forked.room)).room.status, 'finished');
    });

    test('who is told of or erased is so in the fork, too', async (t) => {
        const server = await serve(t);
        const { client, room } = await tableWithBots(server);
        await client.mustAct(room, 'room.name', { name: 'Annabel' });
        const forked = await fork(server, room);
        const id = client.welcome.principal;
        const told = JSON.parse(await run(server, 'subject', 'export', id)).rooms;
        const there = told.find((each) => each.room === forked.room);
        assert.equal(there.forked_from, room);
        assert.deepEqual([there.names, there.seats], [['Annabel'], [0]]);
        assert.match(await run(server, 'subject', 'erase', id, '--yes'), /erased: 2 memberships/);
        const watcher = await Client.connect(server);
        for (const each of [room, forked.room]) {
            const { view } = await watcher.sit({ room: each }, { as: 'spectator' });
            assert.equal(view.room.seats[0].name, undefined);
        }
    });

    test('a fork that is over moves to the archive, and is replayed there', async (t) => {
        const store = temporaryFolder();
        const server = await serve(t, { archive: { to: `file:${store}`, after: '1s' } });
        const { client, room } = await tableWithBots(server);
        await client.mustAct(room, 'start');
        const forked = await fork(server, room, '--as', 'dispute');
        const again = await Client.connect(server, { token: client.token });
        await again.sit({ room: forked.room });
        await play(again, forked.room);
        await again.close();
        await until(async () => {
            const listed = await server.command('archive', 'ls');
            return listed.out.includes(forked.room);
        }, 'the fork is in the archive');
        assert.match(await run(server, 'archive', 'replay', forked.room), /^fair: /m);
        await until(async () => {
            const stored = await run(server, 'room', 'ls', '--all');
            return !stored.includes(forked.room);
        }, 'it left the store');
        const twice = await server.command('room', 'fork', room, '--as', 'dispute');
        assert.equal(twice.code, 1, twice.out);
        assert.ok(twice.err.includes(`gatehouse archive restore ${forked.room}`), twice.err);
        assert.notEqual((await fork(server, room, '--as', 'again')).room, forked.room);
    });

    test('what makes no sense is refused in words', async (t) => {
        const server = await serve(t);
        const { room } = await tableWithBots(server);
        const refuse = async (words, what) => {
            const done = await server.command('room', 'fork', ...words);
            assert.equal(done.code, 1, done.out);
            assert.match(done.err, what);
        };
        await refuse([room, '--at', 'yesterday'], /expected a version/);
        await refuse([room, '--at', '2020-01-01T00:00:00Z'], /was not there yet/);
        await refuse([room, '--at', '999'], /the room is at version \d+/);
        await refuse(['none.12345678'], /no such room/);
    });
});
