// SPDX-License-Identifier: Apache-2.0
//
// What no case says in words: whatever a client sends, as many requests reach the upstream as get
// its answer, all of them can be read there, and whoever comes next is alone. Fed with llhttp's
// vectors and with the cases of the corpus, changed at random: CHANGES=n SEED=n.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serve, until } from '../../end_to_end/harness.mjs';
import { readCases } from './case_file.mjs';
import { RawClient } from './raw_client.mjs';
import { Recorder } from './recorder.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const vectors = path.join(here, '../http1/http1-llhttp.ndjson');

// What follows the bytes in question on their connection: whatever is still missing of them, it
// ends, and where nothing is, it is a request after which the connection is closed.
const bodyMax = 64 * 1024;
const last = 'GET /last HTTP/1.1\r\nHost: last\r\nConnection: close\r\n\r\n';
const rest = last.repeat(Math.ceil((bodyMax + 1024) / last.length));

const cleanups = [];
let server;
let recorder;
before(async () => {
    const t = { after: (task) => cleanups.unshift(task) };
    recorder = await Recorder.listen();
    t.after(() => recorder.close());
    server = await serve(t, {
        shards: 1,
        services: { things: { endpoints: [`127.0.0.1:${recorder.port}`] } },
        routes: [{ match: '/**', to: 'things', max_body: '64KiB' }],
    });
});
after(async () => {
    for (const each of cleanups) await each();
});

// The final answers, to the end of the connection. None of them is to HEAD.
function answersIn(client) {
    const { answers, rest: behind } = client.answers(Array(100).fill({ isHead: false }));
    assert.equal(behind, '', 'nothing but answers');
    for (const { isWhole } of answers) assert.ok(isWhole, 'whole answers');
    return answers.filter(({ status }) => status >= 200);
}

async function holds(bytes) {
    recorder.begin(null);
    const client = new RawClient(server.port);
    try {
        await client.send([bytes + rest]);
        await client.when(() => client.ended, 'the connection ends');
        const answered = answersIn(client).filter(({ body }) => body === 'ok').length;
        await until(() => recorder.begun.length === 0, 'no request is left half sent');
        assert.deepEqual(recorder.malformed, [], 'the upstream can read what it is sent');
        assert.equal(recorder.requests.length, answered, 'one answer for each request');
        const next = new RawClient(server.port);
        await next.send(['GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n']);
        await next.when(() => next.ended, 'the next answer');
        assert.equal(answersIn(next)[0]?.body, 'ok');
        assert.match(recorder.requests.at(-1), /^GET \/next HTTP\/1\.1\r\n/);
    } catch (error) {
        error.message += `\nof ${JSON.stringify(bytes)}, answered ${JSON.stringify(client.text)}`;
        throw error;
    } finally {
        client.close();
    }
}

test("llhttp's requests, lenient ones too, part nobody from their answer", async () => {
    const lines = fs.readFileSync(vectors, 'utf8').trim().split('\n').map(JSON.parse);
    const requests = lines.filter(({ type }) => type.startsWith('request'));
    assert.ok(requests.length > 140);
    for (const { raw_b64 } of requests) {
        const bytes = Buffer.from(raw_b64, 'base64').toString('latin1');
        await holds(bytes);
        // Hardly one has a Host; with it, they are judged by their own point.
        if (!/\r\nhost:/i.test(bytes)) await holds(bytes.replace(/\r\n/, '\r\nHost: h\r\n'));
    }
});

// mulberry32: numbers below 1 from a seed.
function chance(seed) {
    return () => {
        seed = (seed + 0x6d2b79f5) | 0;
        let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
}

// What readers disagree about, to be put anywhere.
const pieces = [
    ...['\r', '\n', '\r\n', '\0', ' ', '\t', '\x0b', ':', ';', ',', '0', '1', 'a', '\xff', '"'],
    ...['\r\n ', '\r\n\r\n', '0\r\n\r\n', '5\r\n', 'Content-Length: 5\r\n', 'chunked'],
    ...['Transfer-Encoding: chunked\r\n', 'Host: h\r\n', 'Connection: close\r\n', 'HTTP/1.1'],
];

function changed(bytes, others, random) {
    const below = (n) => Math.floor(random() * n);
    for (let left = 1 + below(4); left > 0; left--) {
        const at = below(bytes.length + 1);
        const piece = pieces[below(pieces.length)];
        const other = others[below(others.length)];
        const size = below(8);
        bytes = [
            () => bytes.slice(0, at) + piece + bytes.slice(at),
            () => bytes.slice(0, at) + bytes.slice(at + size),
            () => bytes.slice(0, at) + piece + bytes.slice(at + piece.length),
            () => bytes.slice(0, at) + bytes.slice(Math.max(0, at - size)),
            () => bytes.slice(0, at) + other.slice(below(other.length)),
        ][below(5)]();
    }
    return bytes;
}

test('nor do the cases of the corpus, changed at random', async (t) => {
    const seed = Number(process.env.SEED ?? Date.now() % 1e6);
    const changes = Number(process.env.CHANGES ?? 1000);
    t.diagnostic(`SEED=${seed} CHANGES=${changes}`);
    const random = chance(seed);
    const all = readCases(path.join(here, 'cases')).filter(({ answer }) => !answer);
    const texts = all.map(({ bytes }) => bytes).filter((bytes) => bytes && bytes.length < 2000);
    for (let i = 0; i < changes; i++) {
        const bytes = changed(texts[Math.floor(random() * texts.length)], texts, random);
        await holds(bytes.replaceAll('HEAD', 'HAED')).catch((error) => {
            error.message = `SEED=${seed}, change ${i}: ${error.message}`;
            throw error;
        });
    }
});

// An upstream says this, more than was asked for, and goes.
async function survives(bytes) {
    const forged = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged'.repeat(50);
    recorder.begin({ bytes: bytes + forged, then: 'closes' });
    const client = new RawClient(server.port);
    try {
        await client.send(['POST /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n']);
        await client.when(() => client.ended, 'the connection ends');
        const { answers } = client.answers(Array(100).fill({ isHead: false }));
        const final = answers.filter(({ status }) => status >= 200);
        assert.ok(final.length <= 1, 'one answer, or the end');
        const end = answers.at(-1)?.end ?? 0;
        assert.ok(!final[0]?.isWhole || end === client.text.length, 'nothing behind it');
        await holds(''); // Whoever comes next gets their own.
    } catch (error) {
        error.message += `\nof ${JSON.stringify(bytes)}, heard ${JSON.stringify(client.text)}`;
        throw error;
    } finally {
        client.close();
    }
}

test('answers of upstreams, changed at random, are one answer or none', async (t) => {
    const seed = Number(process.env.SEED ?? Date.now() % 1e6);
    const changes = Number(process.env.CHANGES ?? 1000);
    t.diagnostic(`SEED=${seed} CHANGES=${changes}`);
    const random = chance(seed);
    const all = readCases(path.join(here, 'cases')).filter(({ answer }) => answer);
    const texts = all.map(({ answer }) => answer.bytes).filter((bytes) => bytes.length < 2000);
    for (let i = 0; i < changes; i++)
        await survives(changed(texts[Math.floor(random() * texts.length)], texts, random)).catch(
            (error) => {
                error.message = `SEED=${seed}, change ${i}: ${error.message}`;
                throw error;
            },
        );
});
