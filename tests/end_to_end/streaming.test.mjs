// SPDX-License-Identifier: Apache-2.0
//
// Bodies as big as they like, at the pace of the slower side, in little memory.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import http from 'node:http';
import { test } from 'node:test';
import { get, request, serve, soon, until, upstream } from './harness.mjs';

const MiB = 1024 * 1024;
const size = 50 * MiB;

async function gateway(t) {
    const one = await upstream(t);
    return serve(t, {
        services: { things: { endpoints: [one.endpoint] } },
        routes: [{ match: '/api/**', to: 'things', max_body: '100MiB' }],
        log: { access: 'off' },
    });
}

// Its highest memory while something happens.
async function peakWhile(server, task) {
    let peak = 0;
    const timer = setInterval(() => (peak = Math.max(peak, server.memory)), 20);
    const result = await task().finally(() => clearInterval(timer));
    return { peak, result };
}

// Reads an answer, with a pause after each `rest` bytes.
function download(url, { everyBytes = Infinity, pause = 0 } = {}) {
    return new Promise((resolve, reject) => {
        http.get(url, { agent: false }, async (answer) => {
            const hash = crypto.createHash('sha256');
            let bytes = 0;
            let next = everyBytes;
            try {
                for await (const piece of answer) {
                    hash.update(piece);
                    bytes += piece.length;
                    if (bytes < next) continue;
                    next += everyBytes;
                    await new Promise((go) => setTimeout(go, pause));
                }
                resolve({ status: answer.statusCode, bytes, sha256: hash.digest('hex') });
            } catch (error) {
                reject(error);
            }
        }).on('error', reject);
    });
}

function upload(url, bytes, { length } = {}) {
    const piece = Buffer.alloc(64 * 1024, 'abcdefgh');
    return new Promise((resolve, reject) => {
        const headers = length ? { 'content-length': bytes } : {};
        const asked = http.request(
            url,
            { method: 'POST', agent: false, headers },
            async (answer) => {
                let text = '';
                for await (const part of answer) text += part;
                resolve({ status: answer.statusCode, text });
            },
        );
        asked.on('error', reject);
        const go = () => {
            while (bytes > 0) {
                const part = bytes < piece.length ? piece.subarray(0, bytes) : piece;
                bytes -= part.length;
                if (!asked.write(part)) return asked.once('drain', go);
            }
            asked.end();
        };
        go();
    });
}

function sha256Of(pattern, bytes) {
    const hash = crypto.createHash('sha256');
    const piece = Buffer.alloc(64 * 1024, pattern);
    for (; bytes >= piece.length; bytes -= piece.length) hash.update(piece);
    return hash.update(piece.subarray(0, bytes)).digest('hex');
}

test('50 MiB come through whole, chunked and with a length, in little memory', async (t) => {
    const server = await gateway(t);
    const before = server.memory;
    for (const framing of ['', '&length=1']) {
        const { peak, result } = await peakWhile(server, () =>
            download(`${server.url}/api/stream?bytes=${size}${framing}`),
        );
        assert.deepEqual(result, {
            status: 200,
            bytes: size,
            sha256: sha256Of('0123456789abcdef', size),
        });
        assert.ok(peak - before < 24 * MiB, `${(peak - before) / MiB} MiB more`);
    }
});

test('a slow reader slows the upstream down instead of filling memory', async (t) => {
    const server = await gateway(t);
    const before = server.memory;
    const { peak, result } = await peakWhile(server, () =>
        download(`${server.url}/api/stream?bytes=${size}`, { everyBytes: 2 * MiB, pause: 60 }),
    );
    assert.equal(result.bytes, size);
    assert.ok(peak - before < 24 * MiB, `${(peak - before) / MiB} MiB more`);
});

test('50 MiB go up whole, and a slow upstream slows the client down', async (t) => {
    const server = await gateway(t);
    const before = server.memory;
    for (const [query, length] of [
        ['', true],
        ['', false],
        ['?rate=500000', true],
    ]) {
        const { peak, result } = await peakWhile(server, () =>
            upload(`${server.url}/api/sink${query}`, size, { length }),
        );
        assert.equal(result.status, 200, result.text);
        assert.deepEqual(JSON.parse(result.text), {
            bytes: size,
            sha256: sha256Of('abcdefgh', size),
        });
        assert.ok(peak - before < 24 * MiB, `${(peak - before) / MiB} MiB more`);
    }
});

test('a body beyond max_body is refused, with or without a length', async (t) => {
    const one = await upstream(t);
    const server = await serve(t, {
        services: { things: { endpoints: [one.endpoint] } },
        routes: [{ match: '/api/**', to: 'things', max_body: '1MiB' }],
    });
    const announced = await request(server.url + '/api/sink', {
        method: 'POST',
        headers: { 'content-length': 5 * MiB },
        body: Buffer.alloc(1000),
    }).catch((error) => error);
    assert.equal(announced.status, 413, String(announced));
    const chunked = await upload(server.url + '/api/sink', 3 * MiB).catch((error) => error);
    assert.ok(chunked.status === 413 || /EPIPE|ECONNRESET/.test(chunked.code), String(chunked));
    const fits = await upload(server.url + '/api/sink', MiB);
    assert.equal(fits.status, 200);
});

test('twenty readers at once, slow and fast, get all of it', async (t) => {
    const server = await gateway(t);
    const before = server.memory;
    const { peak, result } = await peakWhile(server, () =>
        Promise.all(
            Array.from({ length: 20 }, (_, i) =>
                download(
                    `${server.url}/api/stream?bytes=${2 * MiB}`,
                    i % 2 ? { everyBytes: MiB / 4, pause: 30 } : {},
                ),
            ),
        ),
    );
    assert.ok(result.every(({ bytes }) => bytes === 2 * MiB));
    assert.ok(peak - before < 48 * MiB, `${(peak - before) / MiB} MiB more`);
});

test('a client that leaves ends the work of the upstream', async (t) => {
    const server = await gateway(t);
    const asked = http.get(`${server.url}/api/stream?bytes=1e12`, { agent: false });
    asked.on('error', () => {});
    await soon(new Promise((resolve) => asked.once('response', resolve)), 'it begins');
    asked.destroy();
    const idle = async () => (await get(server.url + '/api/echo')).status === 200;
    await until(idle, 'the gateway serves on');
    const before = server.memory;
    await until(() => server.memory <= before + MiB, 'memory stays');
});
