// SPDX-License-Identifier: Apache-2.0
//
// Rooms that go on from how they were.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serve, until } from './harness.mjs';
import { Client, createRoom, place, play, tableWithBots } from './room_client.mjs';

async function restored(server, room, moment) {
    const done = await server.command('room', 'restore', room, '--at', String(moment));
    assert.equal(done.code, 0, done.err);
    return done;
}

describe('room restore', { concurrency: 3 }, () => {
    test('by version: all who are there see it, and it survives kill -9', async (t) => {
        const server = await serve(t);
        const { client, room } = await tableWithBots(server);
        await client.mustAct(room, 'room.name', { name: 'Before' });
        const then = client.rooms.get(room).s;
        const watcher = await Client.connect(server);
        await watcher.sit({ room }, { as: 'spectator' });
        await client.mustAct(room, 'room.unbot', { seat: 3 });
        await watcher.see(room, (view) => view.room.seats[3].by === 'nobody');

        await restored(server, room, then);
        for (const each of [client, watcher])
            await each.see(room, (view) => view.room.seats[3].by === 'bot');
        await client.mustAct(room, 'start');
        await server.restart();
        const again = await Client.connect(server, { token: client.token });
        const { view } = await again.sit({ room });
        assert.deepEqual(view.room.seats.map((seat) => seat.by), ['player', 'bot', 'bot', 'bot']);
        assert.equal((await server.command('room', 'verify', room)).code, 0);
    });

    test('by time, and whoever comes back with an old view gets a whole one', async (t) => {
        const server = await serve(t);
        const client = await Client.connect(server);
        const { room } = await createRoom(server, client);
        await client.sit({ room });
        await client.mustAct(room, 'room.bot', { seat: 1 });
        const then = new Date().toISOString();
        await until(() => new Date().toISOString() > then, 'the clock goes on');
        await client.mustAct(room, 'room.bot', { seat: 2 });
        const seen = place(client.rooms.get(room));
        await client.close();
        await restored(server, room, then);
        const again = await Client.connect(server, { token: client.token });
        const joined = await again.join({ room }, { at: seen });
        assert.equal(joined.how, 'snap');
        assert.equal(joined.e, seen.e + 1);
        assert.equal(joined.view.room.seats[2].by, 'nobody');
    });

    test('a finished game goes on from its middle', async (t) => {
        const server = await serve(t);
        const { client, room } = await tableWithBots(server);
        await client.mustAct(room, 'start');
        await play(client, room, (view) => view.game.phase === 'turn');
        const then = client.rooms.get(room).s;
        await play(client, room);
        await restored(server, room, then);
        await client.see(room, (view) => view.room.status === 'running');
        const end = await play(client, room);
        assert.equal(end.room.status, 'finished');
    });

    test('what makes no sense is refused in words', async (t) => {
        const server = await serve(t);
        const { client, room } = await tableWithBots(server);
        const refuse = async (moment, words) => {
            const done = await server.command('room', 'restore', room, '--at', String(moment));
            assert.equal(done.code, 1);
            assert.match(done.err, words);
        };
        await refuse('yesterday', /expected a version/);
        await refuse('2020-01-01T00:00:00Z', /was not there yet/);
        await refuse(client.rooms.get(room).s, /nothing has happened/);
        const none = await server.command('room', 'restore', 'nobody.1', '--at', '1');
        assert.match(none.err, /no such room/);
    });
});
