// SPDX-License-Identifier: Apache-2.0
//
// Bytes that no client should send: each gets its answer, and the server stays well.

import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { serve, soon, upstream } from './harness.mjs';
import { Client } from './room_client.mjs';

const cleanups = [];
let server;
before(async () => {
    const t = { after: (task) => cleanups.unshift(task) };
    const things = await upstream(t);
    server = await serve(t, {
        services: { things: { endpoints: [things.endpoint] } },
        routes: [{ match: '/api/**', to: 'things' }],
    });
});
after(async () => {
    for (const each of cleanups) await each();
});

// A connection of raw bytes: what came, and how it ended.
class Raw {
    text = '';
    begun = Date.now();

    constructor({ port }) {
        this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
        this.ended = new Promise((resolve) => {
            this.socket.on('end', () => resolve('end'));
            this.socket.on('error', (error) => resolve(error.code));
        });
        this.socket.setEncoding('latin1').on('data', (text) => (this.text += text));
    }

    send(bytes) {
        this.socket.write(bytes, 'latin1');
        return this;
    }

    // All that comes until the server closes.
    async rest(within = 5000) {
        await soon(this.ended, `the server closes after ${JSON.stringify(this.text)}`, within);
        this.lasted = Date.now() - this.begun;
        this.socket.destroy();
        return this.text;
    }

    get statuses() {
        return [...this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
    }
}

const head = (more = '', line = 'GET /health/live HTTP/1.1') =>
    `${line}\r\nHost: gatehouse\r\n${more}\r\n`;
const posted = (more, body) => head(more, 'POST /v1/sessions HTTP/1.1') + body;

const malformed = {
    'a bare line feed': ['GET / HTTP/1.1\nHost: x\n\n', 400],
    'a bare carriage return': ['GET / HTTP/1.1\rHost: x\r\r\n\r\n', 400],
    'a folded line': [head('X: a\r\n b\r\n'), 400],
    'a space before the colon': [head('X : a\r\n'), 400],
    'a name with a space': [head('X Y: a\r\n'), 400],
    'a zero byte in a value': [head('X: a\0b\r\n'), 400],
    'no host': ['GET / HTTP/1.1\r\n\r\n', 400],
    'two hosts': [head('Host: other\r\n'), 400],
    'length and chunks': [
        posted('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
        400,
    ],
    'two lengths': [posted('Content-Length: 1\r\nContent-Length: 2\r\n', 'ab'), 400],
    'a length with a sign': [posted('Content-Length: +1\r\n', 'a'), 400],
    'a length beyond 64 bits': [
        posted('Content-Length: 99999999999999999999\r\n', 'a'),
        [400, 413],
    ],
    'a coding nobody knows': [
        posted('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'),
        [400, 501],
    ],
    'a chunk size that is none': [posted('Transfer-Encoding: chunked\r\n', 'zz\r\n'), 400],
    'a chunk that is longer than it says': [
        posted('Transfer-Encoding: chunked\r\n', '1\r\nab\r\n'),
        400,
    ],
    'a header too large': [head(`X: ${'a'.repeat(70_000)}\r\n`), 431],
    'too many headers': [head('X: a\r\n'.repeat(5000)), 431],
    'a target too long': [head('', `GET /${'a'.repeat(70_000)} HTTP/1.1`), 414],
    'a method that is none': [head('', 'G(T / HTTP/1.1'), 400],
    'an endless method': ['A'.repeat(100_000), [400, 414, 431, 501]],
    'a version of tomorrow': [head('', 'GET / HTTP/3.0'), 505],
    'HTTP/2 without a word': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, 505]],
    TLS: ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + '\xff'.repeat(100) + '\n', 400],
    'dots that climb out, raw': [head('', 'GET /../../etc/passwd HTTP/1.1'), [400, 404]],
    'dots that climb out, encoded': [
        head('', 'GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1'),
        [400, 404],
    ],
    'a target that is broken': [head('', 'GET /%zz HTTP/1.1'), [400, 404]],
    'a tunnel': [head('', 'CONNECT example.com:443 HTTP/1.1'), [400, 404, 405, 501]],
};

describe('malformed HTTP', { concurrency: 8 }, () => {
    for (const [what, [bytes, status]] of Object.entries(malformed))
        test(`${what} is answered with ${status}`, async () => {
            const raw = new Raw(server).send(bytes);
            if (![400, 414, 431, 505].includes(status)) raw.socket.end();
            const text = await raw.rest();
            assert.ok([status].flat().includes(raw.statuses[0]), text.slice(0, 300));
            assert.equal(raw.statuses.length, 1, text);
            assert.match(text, /"request_id":"[0-9a-f]{32}"/);
            await server.isHealthy();
        });

    for (const [what, bytes, status] of [
        ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
        ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 400],
        ['a field that is none', 'GET / HTTP/1.1\r\nHost: x\r\nthis is no field\r\n', 400],
        ['a version of tomorrow', 'GET / HTTP/3.0\r\n', 505],
    ])
        test(`${what} is refused before its head is whole`, async () => {
            const raw = new Raw(server).send(bytes);
            await raw.rest();
            assert.deepEqual(raw.statuses, [status]);
            assert.ok(raw.lasted < 4000, `${raw.lasted} ms`);
        });

    test('what follows a smuggled request is never served', async () => {
        const inner = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
        for (const coding of [
            'chunked ',
            'xchunked',
            'chunked, chunked',
            ' chunked\r\nX: y',
            'Chunked',
        ]) {
            const raw = new Raw(server).send(
                'POST /api/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n' +
                    `Content-Length: 6\r\nTransfer-Encoding: ${coding}\r\n\r\n0\r\n\r\nG${inner}`,
            );
            assert.ok(!(await raw.rest()).includes('smuggled'), coding);
            assert.deepEqual(
                raw.statuses.filter((each) => each < 300),
                [],
                coding,
            );
        }
    });

    test('requests in a pipeline are answered in order', async () => {
        const numbers = Array.from({ length: 50 }, (_, i) => i);
        const raw = new Raw(server).send(
            numbers
                .map(
                    (i) =>
                        `GET /api/echo?n=${i} HTTP/1.1\r\nHost: x\r\n` +
                        `${i === 49 ? 'Connection: close\r\n' : ''}\r\n`,
                )
                .join(''),
        );
        const text = await raw.rest(10_000);
        const seen = [...text.matchAll(/"url":"\/api\/echo\?n=(\d+)"/g)].map((each) =>
            Number(each[1]),
        );
        assert.deepEqual(seen, numbers);
    });

    test('a request that comes byte by byte is one', async () => {
        const raw = new Raw(server);
        for (const byte of head('Connection: close\r\n')) {
            raw.send(byte);
            await new Promise((go) => setImmediate(go));
        }
        await raw.rest();
        assert.deepEqual(raw.statuses, [200]);
    });

    test('old HTTP/1.0 is served and closed', async () => {
        const raw = new Raw(server).send('GET /health/live HTTP/1.0\r\n\r\n');
        await raw.rest();
        assert.deepEqual(raw.statuses, [200]);
    });
});

describe('who comes and does not go on', { concurrency: 8 }, () => {
    test('a head that trickles is answered with 408 in 10 seconds', async () => {
        const raw = new Raw(server).send('GET / HTTP/1.1\r\nHost: x\r\n');
        const timer = setInterval(() => raw.send('X: y\r\n'), 500);
        await raw.rest(13_000).finally(() => clearInterval(timer));
        assert.deepEqual(raw.statuses, [408]);
        assert.ok(raw.lasted > 9000 && raw.lasted < 12_000, `${raw.lasted} ms`);
    });

    test('a body that stops is answered with 408 in 30 seconds', async () => {
        const raw = new Raw(server).send(
            'POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nten bytes.',
        );
        await raw.rest(33_000);
        assert.deepEqual(raw.statuses, [408]);
    });

    test('a connection without a request is closed in 60 seconds', async () => {
        const [silent, served] = [new Raw(server), new Raw(server).send(head())];
        await Promise.all([silent.rest(63_000), served.rest(63_000)]);
        assert.deepEqual([silent.text, served.statuses[0]], ['', 200]);
        assert.ok(silent.lasted > 55_000, `${silent.lasted} ms`);
    });

    test('a client that is half closed gets its answer, and its connection ends', async () => {
        const raw = new Raw(server).send(head());
        raw.socket.end();
        await raw.rest();
        assert.deepEqual(raw.statuses, [200]);
        const empty = new Raw(server);
        empty.socket.end();
        assert.equal(await empty.rest(), '');
    });

    test('a WebSocket that never ends its handshake or its frame is closed', async () => {
        const upgrade =
            'GET /v1/connect HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n' +
            'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
            'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
            'Sec-WebSocket-Protocol: gatehouse.v1.json\r\n\r\n';
        const raw = new Raw(server).send(upgrade + '\x81\xfe\x40\x00abcd');
        assert.match(await raw.rest(12_000), /^HTTP\/1\.1 101 /);
        assert.ok(raw.text.includes('no hello') || raw.text.includes('\x10\x06'), raw.text);
    });
});

test('a thousand connections that say nonsense leave no trace', async () => {
    const before = server.memory;
    for (let round = 0; round < 10; round++)
        await Promise.all(
            Array.from({ length: 100 }, (_, i) =>
                new Raw(server)
                    .send(i % 2 ? '\0'.repeat(1000) + '\r\n\r\n' : head('X y\r\n'))
                    .rest(),
            ),
        );
    await server.isHealthy();
    assert.ok(server.memory < before + 32 * 1024 * 1024, `${server.memory - before} bytes more`);
    const client = await Client.connect(server);
    assert.ok(client.welcome);
    client.cut();
});
