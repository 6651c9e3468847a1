// SPDX-License-Identifier: Apache-2.0
//
// Finished rooms that nobody need replay: from memory, and from a Redis that may be away.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { get, serve, until } from './harness.mjs';
import { missing, Redis } from './redis.mjs';
import { Client, play, tableWithBots } from './room_client.mjs';

const asked = (server, layer, result) =>
    server.metric(
        `gatehouse_cache_requests_total{cache="rooms",layer="${layer}",result="${result}"}`,
    );

async function listing(server, room) {
    const answer = await get(`${server.url}/v1/rooms/${room}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
}

// Nobody is there, so it sleeps.
async function finishedRoom(server) {
    const { client, room } = await tableWithBots(server);
    const middle = client.rooms.get(room).s;
    await client.mustAct(room, 'start');
    await play(client, room);
    await client.close();
    await until(async () => (await server.metric('gatehouse_rooms_awake')) === 0, 'it sleeps');
    return { room, middle };
}

const isThere = (server) =>
    until(async () => {
        const { checks } = (await get(`${server.url}/health/ready`)).json;
        return checks.redis.status === 'ok';
    }, 'Redis is there');

describe('the cache of rooms', { concurrency: 3 }, () => {
    test('answers from memory, and not what was before a restore', async (t) => {
        const server = await serve(t);
        const { room, middle } = await finishedRoom(server);
        const before = await listing(server, room);
        assert.equal(before.status, 'finished');
        assert.equal(await asked(server, 'local', 'hit'), 1);

        // A finished room sleeps: somebody has to be there to be restored under.
        const watcher = await Client.connect(server);
        await watcher.sit({ room }, { as: 'spectator' });
        const done = await server.command('room', 'restore', room, '--at', String(middle));
        assert.equal(done.code, 0, done.err);
        assert.equal((await listing(server, room)).status, 'open');
        await watcher.close();
    });

    test('a new process finds in Redis what the last one left', { skip: missing }, async (t) => {
        const redis = await Redis.start(t);
        const server = await serve(t, { redis: redis.url });
        await isThere(server);
        const { room } = await finishedRoom(server);
        const before = await listing(server, room);
        for (const name of redis.ask('KEYS', '*').split('\n')) {
            const kept = redis.ask('GET', name);
            for (const { name: player } of before.seats.filter((seat) => seat.name))
                assert.ok(!kept.includes(player), 'no name stands in Redis');
        }
        await server.restart();
        await isThere(server);
        assert.deepEqual(await listing(server, room), before);
        assert.equal(await asked(server, 'redis', 'hit'), 1);
        assert.equal(await asked(server, 'local', 'hit'), 0);

        redis.ask('SET', redis.ask('KEYS', '*'), '7:nonsense');
        await server.restart();
        await isThere(server);
        assert.deepEqual(await listing(server, room), before);
        assert.equal(await asked(server, 'redis', 'error'), 1);
    });

    test('a Redis that is killed, hangs or was never there is missed', { skip: missing },
        async (t) => {
            const redis = await Redis.start(t);
            const server = await serve(t, { redis: redis.url });
            await isThere(server);
            const { room } = await finishedRoom(server);
            const before = await listing(server, room);

            await server.restart();
            await isThere(server);
            redis.hang();
            const begun = Date.now();
            assert.deepEqual(await listing(server, room), before);
            assert.ok(Date.now() - begun < 1_000, 'it is not waited for');
            assert.equal(await asked(server, 'redis', 'error'), 1);
            redis.goOn();

            await redis.kill();
            await server.restart();
            assert.deepEqual(await listing(server, room), before);
            const health = await get(`${server.url}/health/ready`);
            assert.equal(health.status, 200);
            assert.equal(health.json.checks.redis.status, 'away');
            await server.logged((line) => line.message?.startsWith('Redis is away'));
            await redis.up();
            await isThere(server);
        });
});
