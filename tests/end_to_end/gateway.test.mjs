// SPDX-License-Identifier: Apache-2.0
//
// The gateway in front of real upstreams.

import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, test } from 'node:test';
import WebSocket from 'ws';
import {
    assertProblem,
    get,
    nobody,
    post,
    request,
    serve,
    soon,
    until,
    upstream,
} from './harness.mjs';
import { session } from './room_client.mjs';

// One gateway before two upstreams; `service` and `route` add to their settings.
async function gatewayTo(t, upstreams, { service = {}, route = {}, ...more } = {}) {
    const endpoints = upstreams.map((each) => each.endpoint);
    return serve(t, {
        services: { things: { endpoints, balance: 'round_robin', ...service } },
        routes: [{ match: '/api/**', to: 'things', ...route }, ...(more.routes ?? [])],
        ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'routes')),
    });
}

// Upstreams ignore what stands before their own paths.
const path = (rest) => '/api' + rest;

describe('proxying', { concurrency: 4 }, () => {
    test('round robin alternates, and connections to upstreams are kept', async (t) => {
        const two = [await upstream(t, { name: 'one' }), await upstream(t, { name: 'two' })];
        const server = await gatewayTo(t, two, {}, {});
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        t.after(() => agent.destroy());
        const answers = [];
        for (let i = 0; i < 20; i++)
            answers.push((await request(server.url + path('/echo'), { agent })).json);
        const names = answers.map((each) => each.name);
        assert.equal(names.filter((name) => name === 'one').length, 10, names.join());
        assert.notEqual(names[0], names[1]);
        for (const name of ['one', 'two']) {
            const used = answers
                .filter((each) => each.name === name)
                .map((each) => each.connection);
            assert.equal(new Set(used).size, 1, `${name} saw connections ${used}`);
        }
    });

    test('least_requests and p2c-ewma turn to both', async (t) => {
        const two = [await upstream(t, { name: 'one' }), await upstream(t, { name: 'two' })];
        for (const balance of ['least_requests', 'p2c-ewma']) {
            const server = await gatewayTo(t, two, { service: { balance } });
            const answers = await Promise.all(
                Array.from({ length: 40 }, () => get(server.url + path('/slow-headers?ms=20'))),
            );
            assert.ok(answers.every((each) => each.status === 200));
            const names = new Set();
            await until(async () => {
                const asks = Array.from({ length: 40 }, () => get(server.url + path('/echo')));
                for (const echo of await Promise.all(asks)) names.add(echo.json.name);
                return names.size === 2;
            }, `${balance} turns to both`);
        }
    });

    test('a request arrives as sent, with what a gateway adds and nothing forged', async (t) => {
        const server = await gatewayTo(t, [await upstream(t)]);
        const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
        const answer = await request(server.url + path('/echo?a=1&b=%20x'), {
            method: 'PUT',
            headers: {
                traceparent: trace,
                tracestate: 'a=b',
                'x-forwarded-for': '6.6.6.6',
                'x-real-ip': '6.6.6.6',
                'x-request-id': 'forged',
                connection: 'keep-alive, x-secret',
                'x-secret': 'hop by hop',
                'x-mine': 'end to end',
            },
            body: 'hello',
        });
        const { method, url, headers, body } = answer.json;
        assert.deepEqual([method, url, body], ['PUT', '/api/echo?a=1&b=%20x', 'hello']);
        assert.equal(headers['x-forwarded-for'], '127.0.0.1');
        assert.equal(headers['x-forwarded-proto'], 'http');
        assert.equal(headers['x-forwarded-host'], `127.0.0.1:${server.port}`);
        assert.equal(headers['x-real-ip'], undefined);
        assert.equal(headers['x-secret'], undefined);
        assert.equal(headers['x-mine'], 'end to end');
        const [, traceId, span, flags] = headers.traceparent.split('-');
        assert.deepEqual([traceId, flags], [trace.split('-')[1], '01']);
        assert.notEqual(span, trace.split('-')[2]);
        assert.equal(headers.tracestate, 'a=b');
        assert.match(headers['x-request-id'], /^[0-9a-f]{32}$/);
        assert.equal(answer.headers['x-request-id'], headers['x-request-id']);
        const fresh = (await get(server.url + path('/echo'), { traceparent: 'rubbish' })).json;
        assert.match(fresh.headers.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    });

    test('HEAD, 204, 304, errors of the upstream and 100-continue pass as they are', async (t) => {
        const server = await gatewayTo(t, [await upstream(t)]);
        const head = await request(server.url + path('/echo'), { method: 'HEAD' });
        assert.deepEqual([head.status, head.text], [200, '']);
        for (const code of [204, 304, 404, 500, 503]) {
            const body = code >= 400 ? 'own words' : '';
            const answer = await get(server.url + path(`/status?code=${code}&body=${body}`));
            assert.deepEqual([answer.status, answer.text], [code, body]);
            assert.equal(answer.headers['x-said-by'], 'one');
        }
        const continued = await new Promise((resolve, reject) => {
            const asked = http.request(server.url + path('/echo'), {
                method: 'POST',
                agent: false,
                headers: { expect: '100-continue', 'content-length': 5 },
            });
            let waited = false;
            asked.on('continue', () => ((waited = true), asked.end('hello')));
            asked.on('response', async (answer) => {
                let text = '';
                for await (const piece of answer) text += piece;
                resolve({ waited, body: JSON.parse(text).body });
            });
            asked.on('error', reject);
            asked.flushHeaders();
        });
        assert.deepEqual(continued, { waited: true, body: 'hello' });
    });

    test('a chunked answer arrives piece by piece, and a chunked request whole', async (t) => {
        const server = await gatewayTo(t, [await upstream(t)]);
        const answer = await get(server.url + path('/chunked'));
        assert.equal(answer.text, 'one,two,three');
        assert.equal(answer.headers['transfer-encoding'], 'chunked');
        const echoed = await new Promise((resolve, reject) => {
            const asked = http.request(
                server.url + path('/echo'),
                { method: 'POST', agent: false },
                async (response) => {
                    let text = '';
                    for await (const piece of response) text += piece;
                    resolve(JSON.parse(text));
                },
            );
            asked.on('error', reject);
            asked.write('one,');
            setTimeout(() => asked.end('two'), 30);
        });
        assert.equal(echoed.body, 'one,two');
    });

    test('a WebSocket is proxied both ways', async (t) => {
        const server = await gatewayTo(t, [await upstream(t)]);
        const socket = new WebSocket(server.url.replace('http', 'ws') + path('/socket'));
        t.after(() => socket.terminate());
        await soon(new Promise((resolve) => socket.once('open', resolve)), 'it opens');
        for (const text of ['hello', 'x'.repeat(100)]) {
            const heard = new Promise((resolve) => socket.once('message', resolve));
            socket.send(text);
            assert.equal((await soon(heard, 'an echo')).toString(), text);
        }
    });

    test('a WebSocket hears 1012 when the server stops, and holds nothing up', async (t) => {
        const server = await gatewayTo(t, [await upstream(t)], { drain: { timeout: '30s' } });
        const sockets = Array.from({ length: 20 }, () => {
            const socket = new WebSocket(server.url.replace('http', 'ws') + path('/socket'));
            t.after(() => socket.terminate());
            return socket;
        });
        const all = (event) =>
            Promise.all(sockets.map((each) => new Promise((go) => each.once(event, go))));
        await soon(all('open'), 'they open');
        const closed = all('close');
        assert.deepEqual(await server.kill('SIGTERM'), { code: 0, signal: null });
        assert.deepEqual(new Set(await soon(closed, 'they close')), new Set([1012]));
    });
});

describe('upstreams that fail', { concurrency: 4 }, () => {
    test('too slow is 504, refused 502, malformed 502, with the one error body', async (t) => {
        const one = await upstream(t);
        const server = await gatewayTo(t, [one], {
            route: { timeout: '300ms' },
            services: {
                things: { endpoints: [one.endpoint] },
                nobody: { endpoints: [await nobody()] },
            },
            routes: [{ match: '/nobody/**', to: 'nobody' }],
        });
        for (const what of ['/hang', '/slow-headers?ms=2000']) {
            const begun = Date.now();
            assertProblem(await get(server.url + path(what)), {
                status: 504,
                error_code: 'SVC_003',
            });
            assert.ok(Date.now() - begun < 1500);
        }
        const refused = await get(server.url + '/nobody/x');
        assertProblem(refused, { status: 502, error_code: 'SVC_002' });
        for (const what of ['/nonsense'])
            assertProblem(await get(server.url + path(what)), {
                status: 502,
                error_code: 'SVC_002',
            });
        await server.isHealthy();
    });

    test('a body that breaks off is never taken for whole', async (t) => {
        const server = await gatewayTo(t, [await upstream(t)], { route: { timeout: '500ms' } });
        for (const what of ['/too-little', '/broken-chunk', '/reset-in-chunks', '/hang-in-body'])
            await assert.rejects(get(server.url + path(what)), undefined, what);
        await server.isHealthy();
    });

    test('surplus bytes of an upstream never become an answer', async (t) => {
        const server = await gatewayTo(t, [await upstream(t)]);
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        t.after(() => agent.destroy());
        for (let i = 0; i < 3; i++) {
            assert.equal((await request(server.url + path('/too-much'), { agent })).text, 'hello');
            assert.equal((await request(server.url + path('/echo'), { agent })).json.name, 'one');
        }
    });

    test('an upstream that dies is left out, and taken back when it is well again', async (t) => {
        const one = await upstream(t, { name: 'one' });
        const two = await upstream(t, { name: 'two' });
        const health = { path: '/health', interval: '100ms', timeout: '500ms', up: 2, down: 2 };
        const server = await gatewayTo(t, [one, two], { service: { health } });
        const named = async (name) => (await get(server.url + path('/echo'))).json.name === name;
        const names = async () => {
            const all = await Promise.all(
                Array.from({ length: 6 }, () => get(server.url + path('/echo'))),
            );
            return [
                ...new Set(all.map((each) => (each.status === 200 ? each.json.name : each.status))),
            ]
                .sort()
                .join();
        };
        await until(async () => (await names()) === 'one,two', 'both serve');
        await one.kill();
        await until(async () => (await names()) === 'two', 'only two serves');
        const again = await upstream(t, { port: one.port, name: 'one' });
        await until(async () => (await names()) === 'one,two', 'both serve again');
        await get(`http://${again.endpoint}/fall-ill`);
        await until(async () => (await names()) === 'two', 'who is ill is spared');
        await Promise.all([again.kill(), two.kill()]);
        await until(
            async () => [502, 503].includes((await get(server.url + path('/echo'))).status),
            'nobody is left',
        );
        const gone = await get(server.url + path('/echo'));
        assertProblem(gone, { status: gone.status });
        assert.ok(named);
        await upstream(t, { port: two.port, name: 'two' });
        await until(async () => (await names()) === 'two', 'who comes back serves');
    });

    test('in the middle of a request a death is an error, at once', async (t) => {
        const one = await upstream(t);
        const server = await gatewayTo(t, [one]);
        const answers = [
            get(server.url + path('/hang')),
            get(server.url + path('/stream?bytes=1e12')),
        ];
        const ends = Promise.allSettled(answers);
        await until(
            async () => Number((await server.metric('gatehouse_connections_open')) ?? 2) >= 2,
            'both are under way',
        );
        await get(server.url + path('/echo'));
        await one.kill();
        const [hung, streamed] = await soon(ends, 'both end', 5000);
        assert.ok(hung.status === 'rejected' || hung.value.status === 502);
        assert.equal(streamed.status, 'rejected', 'a cut stream is no whole one');
        await server.isHealthy();
    });
});

test('a limit counts exactly, says how long to wait, and forgets in time', async (t) => {
    const server = await serve(t, {
        services: { things: { endpoints: [(await upstream(t)).endpoint] } },
        limits: {
            few: { rate: '2/s', burst: 5, by: 'ip' },
            each: { rate: '1/min', by: 'principal' },
        },
        routes: [
            { match: '/api/**', to: 'things', limit: 'few' },
            { match: '/own/**', to: 'things', limit: 'each', auth: ['guests'] },
        ],
    });
    const answers = await Promise.all(
        Array.from({ length: 20 }, () => get(server.url + path('/echo'))),
    );
    const passed = answers.filter((each) => each.status === 200).length;
    assert.ok(passed === 5 || passed === 6, `${passed} of a burst of 5`);
    const denied = answers.find((each) => each.status === 429);
    assertProblem(denied, { status: 429, error_code: 'RATE_001', code: 'rate_limited' });
    assert.ok(Number(denied.headers['retry-after']) >= 1);
    assert.match(denied.headers.ratelimit, /^"few";r=0;t=\d+$/);
    assert.match(denied.headers['ratelimit-policy'], /few/);
    await until(
        async () => (await get(server.url + path('/echo'))).status === 200,
        'it passes again',
    );
    const asked = async (token) =>
        (await get(server.url + '/own/echo', { authorization: `Bearer ${token}` })).status;
    const [ada, bob] = [await session(server), await session(server)];
    assert.deepEqual(
        [await asked(ada.token), await asked(ada.token), await asked(bob.token)],
        [200, 429, 200],
    );
    assert.equal((await get(server.url + '/own/echo')).status, 401);
});

test('every request leaves a line of JSON that says what became of it', async (t) => {
    const server = await gatewayTo(t, [await upstream(t)]);
    const answer = await request(server.url + path('/echo?token=secret'), {
        method: 'POST',
        body: 'abc',
    });
    const id = answer.headers['x-request-id'];
    const line = await server.logged((each) => each.request_id === id);
    assert.deepEqual(
        [line.message, line.method, line.path, line.status, line.bytes_in, line.peer],
        ['request', 'POST', '/api/echo', 200, 3, '127.0.0.1'],
    );
    assert.equal(line.bytes_out, answer.bytes.length);
    assert.ok(line.duration_us > 0 && line.host && line.upstream && line.route);
    assert.match(line.traceparent, /^00-/);
    assert.ok(Math.abs(Date.parse(line.time) - Date.now()) < 60_000);
    assert.ok(!JSON.stringify(server.log).includes('secret'));
    await post(server.url + '/v1/rooms', { game: 'liap-tui' }, (await session(server)).token);
    assert.match((await server.logged((each) => each.path === '/v1/rooms')).principal, /^g_/);
    assert.deepEqual(server.noise, [], 'nothing but JSON on standard error');
});

test('upstream errors can be made the one error body', async (t) => {
    const server = await gatewayTo(t, [await upstream(t)], { route: { errors: 'normalize' } });
    const answer = await get(server.url + path('/status?code=500&body=stack+trace'));
    assertProblem(answer, { status: 500, error_code: 'INT_001' });
    assert.ok(!answer.text.includes('stack'));
});
