// SPDX-License-Identifier: Apache-2.0
//
// What people in a room, and operators, can do beside playing: ask, watch what happens, show
// somebody the door, have a room wait.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serve } from './harness.mjs';
import { Client, createRoom, move, tableWithBots } from './room_client.mjs';

async function ask(client, room, q) {
    const id = 2_000_000_000 + Math.floor(Math.random() * 1e6);
    client.send({ t: 'rpc', id, room, q });
    return client.answer(id);
}

describe('people', { concurrency: 3 }, () => {
    test('may ask what their hand holds, and hear what happens', async (t) => {
        const server = await serve(t);
        const { client, room, code } = await tableWithBots(server);
        const watcher = await Client.connect(server);
        await watcher.sit({ code }, { as: 'spectator' });
        const told = [];
        const keep = (message) => {
            if (message.ev) told.push(...message.ev);
            return false;
        };
        watcher.expect(keep, 600_000).catch(() => {});
        await client.mustAct(room, 'start');
        const view = await client.see(room, ({ game }) => game.hand?.length === 8);

        const { t: kind, s, d } = await ask(client, room, 'sets');
        assert.equal(kind, 'res');
        assert.ok(s <= client.rooms.get(room).s, 'it tells of what is shown');
        assert.ok(d.sets.length >= 8);
        for (const { pieces } of d.sets)
            assert.ok(pieces.every((piece) => view.game.hand.includes(piece)));
        assert.equal((await ask(watcher, room, 'sets')).code, 'forbidden');
        assert.equal((await ask(client, room, 'luck')).code, 'bad_request');

        const { seat } = client.rooms.get(room);
        const mine = await client.see(room, (now) => move(now, seat));
        await client.mustAct(room, ...move(mine, seat));
        await watcher.see(room, ({ game }) => game.phase !== 'waiting');
        const dealt = told.find(({ e }) => e === 'dealt');
        assert.deepEqual(dealt.d.hand_sizes, [8, 8, 8, 8]);
        assert.ok(!JSON.stringify(told).includes('"hands"'));
        await Promise.all([client.close(), watcher.close()]);
    });

    test('may be shown the door by the host', async (t) => {
        const server = await serve(t);
        const host = await Client.connect(server);
        const { room } = await createRoom(server, host);
        await host.sit({ room });
        const guest = await Client.connect(server);
        await guest.sit({ room });
        await host.mustAct(room, 'room.kick', { seat: 1 });
        assert.equal((await guest.expect('left')).why, 'kicked');
        assert.equal((await guest.join({ room })).code, 'forbidden');
        await server.restart();
        const again = await Client.connect(server, { token: guest.token });
        assert.equal((await again.join({ room })).code, 'forbidden');
        await again.sit({ room }, { as: 'spectator' });
        await again.close();
    });

    test('wait while operators pause the room, over a restart', async (t) => {
        const server = await serve(t);
        const { client, room } = await tableWithBots(server);
        const paused = await server.command('room', 'pause', '--all');
        assert.equal(paused.code, 0, paused.err);
        assert.match(paused.out, /paused 1 rooms/);
        await client.see(room, (view) => view.room.status === 'paused');
        assert.equal((await client.act(room, 'start')).code, 'wrong_phase');
        await server.restart();
        const again = await Client.connect(server, { token: client.token });
        await again.sit({ room });
        assert.equal(again.rooms.get(room).view.room.status, 'paused');
        const continued = await server.command('room', 'continue', room);
        assert.equal(continued.code, 0, continued.err);
        await again.see(room, (view) => view.room.status === 'open');
        await again.mustAct(room, 'start');
        const neither = await server.command('room', 'pause');
        assert.notEqual(neither.code, 0);
        await again.close();
    });
});
