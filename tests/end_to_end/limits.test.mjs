// SPDX-License-Identifier: Apache-2.0
//
// Who has had enough: several limits at once, over shards, over a reload, over nodes that share a
// Redis which hangs, dies and comes back.

import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, test } from 'node:test';
import { assertProblem, configuration, get, serve, until, upstream } from './harness.mjs';
import { Redis, missing } from './redis.mjs';

function routesTo(service, limits, limit) {
    return {
        services: { one: { endpoints: [service.endpoint] } },
        limits,
        routes: [{ match: '/api/**', to: 'one', rewrite: '/echo', limit }],
    };
}

// So many at a time, on connections of their own: how often each status came.
async function storm(urls, requests, width = 16) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: width });
    const statuses = {};
    let left = requests;
    const one = async () => {
        while (left-- > 0) {
            const url = urls[left % urls.length];
            const status = await new Promise((resolve, reject) => {
                http.get(url, { agent }, (answer) => {
                    answer.resume().on('end', () => resolve(answer.statusCode));
                }).on('error', reject);
            });
            statuses[status] = (statuses[status] ?? 0) + 1;
        }
    };
    await Promise.all(Array.from({ length: width }, one));
    agent.destroy();
    return statuses;
}

describe('limits', { concurrency: 2 }, () => {
    test('are as exact over shards and connections as on one, all or nothing', async (t) => {
        const one = await upstream(t);
        const limits = {
            flood: { rate: '40/h', burst: 40, by: 'ip' },
            fair: { rate: '30/h', burst: 30, by: ['ip', 'route'], legacy: 'on' },
        };
        const server = await serve(t, { ...routesTo(one, limits, ['flood', 'fair']), shards: 3 });
        const first = await get(server.url + '/api/x');
        assert.equal(first.status, 200);
        assert.equal(first.headers['ratelimit-policy'], '"flood";q=40;w=3600, "fair";q=30;w=3600');
        assert.match(first.headers.ratelimit, /^"flood";r=39;t=\d+, "fair";r=29;t=\d+$/);
        assert.equal(first.headers['x-ratelimit-remaining'], '29');
        const statuses = await storm([server.url + '/api/x'], 400);
        assert.equal(statuses[200], 29);
        assert.equal(statuses[429], 371);
        const last = await get(server.url + '/api/x');
        assertProblem(last, { status: 429, error_code: 'RATE_001' });
        assert.ok(Number(last.headers['retry-after']) > 0);
        assert.match(last.headers.ratelimit, /"fair";r=0/);
    });

    test('that are changed keep what each owes', async (t) => {
        const one = await upstream(t);
        const limits = (burst) => ({ few: { rate: `${burst}/h`, burst, by: 'ip' } });
        const server = await serve(t, routesTo(one, limits(5), 'few'));
        assert.deepEqual(await storm([server.url + '/api/x'], 9), { 200: 5, 429: 4 });
        server.write(configuration(routesTo(one, limits(8), 'few')));
        await server.logged((line) => line.message === 'configuration reloaded');
        // Of the hour all is owed still, but for the time that has passed.
        const statuses = await storm([server.url + '/api/x'], 20);
        assert.ok((statuses[200] ?? 0) <= 1, JSON.stringify(statuses));
    });
});

describe('limits in a Redis', { skip: missing, concurrency: 1 }, () => {
    const shared = (rate, burst, nodes) => ({
        fair: { rate, burst, by: 'ip', store: 'redis', on_store_failure: 'local', nodes },
    });

    // Two servers, and a Redis that both reach.
    async function serveTwo(t, limits) {
        const redis = await Redis.start(t);
        const one = await upstream(t);
        const changes = { ...routesTo(one, limits, 'fair'), redis: redis.url, shards: 2 };
        const servers = [await serve(t, changes), await serve(t, changes)];
        const urls = servers.map((each) => each.url + '/api/x');
        const alone = () => Promise.all(servers.map(judgedAlone));
        return { redis, servers, urls, alone };
    }

    const judgedAlone = async (server) =>
        (await server.metric('gatehouse_limits_judged_alone_total')) ?? 0;

    // A server asks its Redis for the first time when it needs it; the first answers may be late.
    async function areUp({ urls, alone }) {
        await until(async () => {
            const before = await alone();
            for (const url of [...urls, ...urls]) await get(url);
            return String(await alone()) === String(before);
        }, 'Redis answers both servers');
    }

    test('are one limit for all servers', async (t) => {
        const two = await serveTwo(t, shared('60/h', 60, 2));
        await areUp(two);
        two.redis.ask('FLUSHDB');
        const before = String(await two.alone());
        const statuses = await storm(two.urls, 400);
        const late = String(await two.alone()) !== before;
        assert.equal(statuses[200] + statuses[429], 400, JSON.stringify(statuses));
        // Where the machine is so busy that an answer came late, some were judged alone.
        if (late) t.diagnostic('some answers of Redis were late');
        else assert.equal(statuses[200], 60);
    });

    test('never cost anybody a 5xx: Redis hangs, dies, and comes back amid requests', async (t) => {
        const two = await serveTwo(t, shared('600000/min', 1000, 2));
        const { redis, urls, alone } = two;
        await areUp(two);
        const ends = [];
        let isOver = false;
        const load = (async () => {
            while (!isOver) ends.push(await storm(urls, 200));
        })();
        const judged = async () => (await alone()).reduce((sum, each) => sum + each);
        const isJudgedAlone = async () => {
            const before = await judged();
            await until(async () => (await judged()) > before, 'it is counted by each server');
        };
        redis.hang();
        await isJudgedAlone();
        redis.goOn();
        await until(() => redis.ask('PING') === 'PONG', 'Redis goes on');
        await redis.kill();
        await isJudgedAlone();
        await redis.up();
        const keys = () => Number(redis.ask('DBSIZE'));
        await until(() => keys() > 0, 'the new Redis counts');
        isOver = true;
        await load;
        const all = {};
        for (const each of ends)
            for (const [status, count] of Object.entries(each))
                all[status] = (all[status] ?? 0) + count;
        assert.deepEqual(
            Object.keys(all).filter((status) => status !== '200' && status !== '429'),
            [],
            JSON.stringify(all),
        );
    });

    test('are divided by the servers while Redis is away', async (t) => {
        const two = await serveTwo(t, shared('40/h', 40, 2));
        await areUp(two);
        await two.redis.kill();
        const statuses = await storm(two.urls, 300);
        assert.ok(statuses[200] <= 40, JSON.stringify(statuses));
        assert.ok(statuses[200] >= 20, JSON.stringify(statuses));
        assert.equal(statuses[200] + statuses[429], 300);
    });
});
