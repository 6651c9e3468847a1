// SPDX-License-Identifier: Apache-2.0
//
// What routes look at, and what they change of what passes.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertProblem, get, request, serve, upstream } from './harness.mjs';

async function serveRoutes(t, routes) {
    const [one, two] = [await upstream(t, { name: 'one' }), await upstream(t, { name: 'two' })];
    return serve(t, {
        services: { one: { endpoints: [one.endpoint] }, two: { endpoints: [two.endpoint] } },
        routes,
    });
}

describe('routes look at', { concurrency: 3 }, () => {
    test('headers and the query, and the one that wants more of them wins', async (t) => {
        const server = await serveRoutes(t, [
            { match: '/api/**', to: 'one' },
            { match: { path: '/api/**', headers: { 'x-beta': '1' } }, to: 'two' },
            { match: { path: '/api/**', query: { v: '*' } }, to: 'two' },
            {
                match: { path: '/api/**', headers: { 'X-Beta': '*' }, query: { v: '2 3' } },
                to: 'one',
            },
        ]);
        const name = async (path, headers) =>
            (await get(server.url + path, headers)).json.name;
        assert.equal(await name('/api/echo'), 'one');
        assert.equal(await name('/api/echo', { 'x-beta': '1' }), 'two');
        assert.equal(await name('/api/echo', { 'x-beta': '2' }), 'one');
        assert.equal(await name('/api/echo?a&v=2+3'), 'two');
        assert.equal(await name('/api/echo?v=2%203', { 'x-beta': '1' }), 'one');
    });

    test('a host, or all below one', async (t) => {
        const server = await serveRoutes(t, [
            { match: '*.example.com/**', to: 'one' },
            { match: 'a.example.com/**', to: 'two' },
        ]);
        const asked = async (host) => {
            const answer = await get(server.url + '/echo', { host });
            return answer.json?.name ?? answer.status;
        };
        assert.equal(await asked('b.Example.com:80'), 'one');
        assert.equal(await asked('c.b.example.com'), 'one');
        assert.equal(await asked('a.example.com'), 'two');
        assert.equal(await asked('example.com'), 404);
    });
});

describe('routes change', { concurrency: 3 }, () => {
    test('the path, the fields of both ways, or send elsewhere', async (t) => {
        const server = await serveRoutes(t, [
            {
                match: '/api/:area/**',
                to: 'one',
                rewrite: '/:area/**',
                headers: {
                    request: { set: { 'X-Tenant': 'liap' }, remove: ['X-Secret'] },
                    response: { set: { 'X-Said-By': 'us' }, add: { 'X-More': '1' } },
                },
            },
            { match: '/old/**', redirect: '/api/v2/**' },
            { match: '/away', redirect: { to: 'https://b.example/x', status: 302 } },
        ]);
        const answer = await get(server.url + '/api/own/echo?a=b', {
            'x-tenant': 'forged',
            'x-secret': 'told',
        });
        assert.equal(answer.json.url, '/own/echo?a=b');
        assert.equal(answer.json.headers['x-tenant'], 'liap');
        assert.equal(answer.json.headers['x-secret'], undefined);
        assert.equal(answer.headers['x-more'], '1');
        const status = await get(server.url + '/api/own/status?code=201');
        assert.deepEqual([status.status, status.headers['x-said-by']], [201, 'us']);

        const old = await get(server.url + '/old/echo?a=b');
        assert.deepEqual([old.status, old.headers.location], [308, '/api/v2/echo?a=b']);
        const away = await get(server.url + '/away');
        assert.deepEqual([away.status, away.headers.location], [302, 'https://b.example/x']);
    });

    test('who may read: CORS and security headers', async (t) => {
        const server = await serveRoutes(t, [
            {
                match: { path: '/api/**', method: ['GET', 'PUT'] },
                to: 'one',
                cors: { origins: ['https://*.example.com'], headers: ['X-Mine'] },
                security: { frame: 'sameorigin' },
            },
        ]);
        const origin = 'https://app.example.com';
        const preflight = await request(server.url + '/api/echo', {
            method: 'OPTIONS',
            headers: {
                origin,
                'access-control-request-method': 'PUT',
                'access-control-request-headers': 'x-mine',
            },
        });
        assert.equal(preflight.status, 204);
        assert.equal(preflight.headers['access-control-allow-origin'], origin);
        assert.equal(preflight.headers['access-control-allow-methods'], 'PUT');
        assert.equal(preflight.headers['access-control-allow-headers'], 'x-mine');
        const answer = await get(server.url + '/api/echo', { origin });
        assert.equal(answer.headers['access-control-allow-origin'], origin);
        assert.equal(answer.headers['x-frame-options'], 'SAMEORIGIN');
        assert.equal(answer.headers['x-content-type-options'], 'nosniff');
        const other = await get(server.url + '/api/echo', { origin: 'https://evil.example' });
        assert.equal(other.headers['access-control-allow-origin'], undefined);
        assert.match(other.headers.vary, /Origin/);
    });

    test('the type of the error body, for who wants plain JSON', async (t) => {
        const server = await serveRoutes(t, [{ match: '/api/**', to: 'one' }]);
        const problem = await get(server.url + '/nowhere');
        assertProblem(problem, { status: 404, error_code: 'REQ_001' });
        const plain = await get(server.url + '/nowhere', { accept: 'application/json' });
        assert.match(plain.headers['content-type'], /^application\/json/);
        assert.equal(plain.json.error_code, 'REQ_001');
    });
});
