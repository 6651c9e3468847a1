// SPDX-License-Identifier: Apache-2.0
//
// What the command line tells about a request that nobody sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configuration, gatehouse, Server, temporaryFolder } from './harness.mjs';

test('gatehouse explain says which route takes a request, and why', async () => {
    const settings = configuration({
        services: { things: { endpoints: ['10.0.0.4:80'], health: '/health' } },
        limits: { few: { rate: '9/min', burst: 2, by: 'ip' } },
        routes: [
            { match: '/api/**', to: 'things', limit: 'few', rewrite: '/v2/**', timeout: '3s' },
            { match: { path: '/api/x', headers: { 'x-beta': '1' } }, to: 'things' },
            { match: { path: '/api/x', method: 'POST' }, to: 'things' },
            { match: '*.example.com/old/**', redirect: '/api/**' },
        ],
    });
    const { file } = new Server(temporaryFolder(), settings);
    const explain = (...words) => gatehouse('explain', '-c', file, ...words);
    const { code, out } = await explain('GET', 'https://app.example.com/api/x?a=b');
    assert.equal(code, 0);
    const place = String.raw`\(${file}:\d+:\d+\)`;
    const balanced = 'the better of two by latency and load of 10.0.0.4:80, checked by GET /health';
    const called = String.raw`GET /v2/x\?a=b of the service things, which may be silent for 3 s`;
    const wants = 'wants fields that the request has not';
    assert.match(
        out,
        new RegExp(
            [
                String.raw`^route         /api/\*\* ${place}`,
                'limit         few: 9 in 60 s, 2 at once, for each address; else 429',
                `balance       ${balanced}`,
                `call          ${called}`,
                String.raw`record        counted as /api/\*\*, logged`,
                `not           /api/x with header x-beta=1 ${place}: ${wants}`,
                `not           POST /api/x ${place}: takes POST alone`,
                String.raw`not           \d more, which have another host or path`,
                '$',
            ].join('\n'),
        ),
    );
    const beta = await explain('-H', 'X-Beta: 1', '-H', 'a: b', 'GET', '/api/x');
    assert.match(beta.out, /^route         \/api\/x with header x-beta=1 /);
    const less = 'is less specific: /api/x with header x-beta=1 has x where this one has **';
    assert.ok(beta.out.includes(less), beta.out);
    const old = await explain('GET', 'http://a.example.com:8080/old/y?q=1');
    assert.match(old.out, /\npreflight     308 to \/api\/y\?q=1\n/);
    const nowhere = await explain('GET', '/nowhere');
    assert.match(nowhere.out, /\nroute         404: no route takes it\n/);
    assert.equal((await explain('GET', '/x', '-H', 'nonsense')).code, 2);
    assert.equal((await gatehouse('explain', '-c', '/nowhere', 'GET', '/')).code, 1);
});
