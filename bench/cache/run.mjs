// SPDX-License-Identifier: Apache-2.0
//
// node bench/cache/run.mjs: what a finished room costs who asks for it (GET /v1/rooms/ROOM), by
// where the answer comes from. After each restart every room is asked for twice: first it is in the
// store (or in Redis) alone, then in memory.

import fs from 'node:fs';
import http from 'node:http';
import { request, serve, until } from '../../tests/end_to_end/harness.mjs';
import { missing, Redis } from '../../tests/end_to_end/redis.mjs';
import { tableWithBots } from '../../tests/end_to_end/room_client.mjs';

const quick = Boolean(process.env.QUICK);
const rooms = quick ? 5 : 10;
const restarts = quick ? 2 : 7;
const cleanups = [];
const t = { after: (cleanup) => cleanups.unshift(cleanup) };

const median = (all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)];

// Bots play the game to its end; nobody is there, so the room sleeps.
async function finishedRooms(server, rounds) {
    const made = [];
    for (let i = 0; i < rooms; i++) {
        const options = { rounds, goal: 1000, preparation_seconds: 1, declaration_seconds: 1 };
        const { client, room } = await tableWithBots(server, options);
        await client.mustAct(room, 'start');
        await client.close();
        made.push(room);
    }
    await until(
        async () => (await server.metric('gatehouse_rooms_awake')) === 0,
        'all games end',
        600_000,
    );
    return made;
}

async function timeOf(server, agent, room) {
    const begun = process.hrtime.bigint();
    const answer = await request(`${server.url}/v1/rooms/${room}`, { agent });
    if (answer.status !== 200 || answer.json.status !== 'finished') throw new Error(answer.text);
    return Number(process.hrtime.bigint() - begun) / 1000;
}

async function measure(name, server, asked, { redis = false } = {}) {
    const [first, second] = [[], []];
    for (let i = 0; i < restarts; i++) {
        await server.restart({ signal: 'SIGTERM' });
        if (redis)
            await until(
                async () => (await server.metric('gatehouse_redis_connections')) > 0,
                'Redis is there',
            );
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        await request(`${server.url}/health/live`, { agent });
        for (const times of [first, second])
            for (const room of asked) times.push(await timeOf(server, agent, room));
        agent.destroy();
    }
    const where = redis ? 'Redis' : 'the store';
    console.log(
        `${name}: ${where} ${median(first).toFixed(0)} µs, ` +
            `memory ${median(second).toFixed(0)} µs, ` +
            `${(median(first) / median(second)).toFixed(1)} ×`,
    );
}

try {
    const changes = {
        shards: '1',
        log: { access: false },
        rooms: { 'liap-tui': { bot_think: '1ms', absence: { bot_after: '1ms' } } },
    };
    const redis = missing ? null : await Redis.start(t);
    for (const rounds of quick ? [10] : [10, 50]) {
        const server = await serve(t, changes);
        const asked = await finishedRooms(server, rounds);
        const { out } = await server.command('room', 'verify', asked[0]);
        const name = `${rooms} rooms like one of ${/\d+ events/.exec(out)[0]}`;
        await measure(name, server, asked);
        if (!redis) continue;
        const config = JSON.parse(fs.readFileSync(server.file, 'utf8'));
        server.write({ ...config, redis: redis.url });
        await server.restart({ signal: 'SIGTERM' });
        await until(
            async () => (await server.metric('gatehouse_redis_connections')) > 0,
            'Redis is there',
        );
        for (const room of asked) await request(`${server.url}/v1/rooms/${room}`); // Fills it.
        await measure(name, server, asked, { redis: true });
    }
} finally {
    for (const cleanup of cleanups) await cleanup();
}
