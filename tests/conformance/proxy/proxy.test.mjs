// SPDX-License-Identifier: Apache-2.0
//
// Holds the real binary to cases/*.txt: what it answers, what it does with the connection, and what
// the upstream gets to see, byte for byte. Each case runs twice: whole, and cut into single bytes.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serve, until } from '../../end_to_end/harness.mjs';
import { readCases } from './case_file.mjs';
import { RawClient } from './raw_client.mjs';
import { Recorder, withJoinedChunks } from './recorder.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const cases = readCases(path.join(here, 'cases'));
// This many can be told by their bytes; longer texts are cut into so many pieces.
const pieces_max = 600;

const cleanups = [];
let server;
let recorder;
before(async () => {
    const t = { after: (task) => cleanups.unshift(task) };
    recorder = await Recorder.listen();
    t.after(() => recorder.close());
    server = await serve(t, {
        shards: 1, // So that the connection which one request leaves behind serves the next.
        services: { things: { endpoints: [`127.0.0.1:${recorder.port}`] } },
        routes: [{ match: '/**', to: 'things' }],
    });
    await assertUnspoilt(); // Leaves a connection, as each case does.
});
after(async () => {
    for (const each of cleanups) await each();
});

const whole = (bytes) => [bytes];

function cut(bytes) {
    const size = Math.ceil(bytes.length / pieces_max);
    return bytes.match(new RegExp(`[^]{1,${size || 1}}`, 'g')) ?? [];
}

const asked = (path) => `GET ${path} HTTP/1.1\r\nHost: ${path.slice(1)}\r\n\r\n`;
const isAsked = (request, path) => request.startsWith(`GET ${path} HTTP/1.1\r\n`);

function assertAnswer(answer, want, isRefused) {
    assert.equal(answer.status, want.status);
    if (want.isCut) return assert.ok(!answer.isWhole, 'it is seen to be cut');
    assert.ok(answer.isWhole, 'the answer is whole');
    if (want.body !== undefined) assert.equal(answer.body, want.body);
    const values = (name) =>
        answer.headers.filter(([each]) => each.toLowerCase() === name.toLowerCase());
    for (const [name, value] of want.has)
        assert.deepEqual(values(name).map(([, each]) => each), [value], name);
    for (const name of want.hasnt) assert.deepEqual(values(name), [], name);
    if (isRefused) assert.equal(JSON.parse(answer.body).status, want.status, 'the one error body');
}

// What becomes of the connection after all answers.
async function assertEnd(client, { then, wants }) {
    if (then === 'tunnel') {
        await client.send(['there and back']);
        await client.when(() => client.text.endsWith('there and back'), 'an echo');
        return wants;
    }
    if (then === 'keep') {
        await client.send([asked('/probe')]);
        const probe = { status: 200, body: 'ok', isHead: false, has: [], hasnt: [] };
        const all = [...wants, probe];
        await client.when(
            () => client.answers(all).answers.at(all.length - 1)?.isWhole || client.ended,
            'the connection serves another request',
        );
        return all;
    }
    await client.when(() => client.ended, 'the connection ends');
    return [...wants];
}

function assertSeen({ saw }, isCut) {
    const last = recorder.requests.findLastIndex((request) => isAsked(request, '/probe'));
    const requests = recorder.requests.filter((_, at) => at !== last);
    assert.deepEqual(recorder.malformed, [], 'the upstream can read what it is sent');
    if (saw === 'part') return assert.deepEqual(requests, [], 'no whole request');
    const form = isCut ? withJoinedChunks : (request) => request;
    assert.equal(requests.length, saw.length, `the upstream saw ${JSON.stringify(requests)}`);
    for (const [number, { text, pattern }] of saw.entries()) {
        const request = requests[number];
        if (new RegExp(`^${pattern}$`).test(request)) continue;
        if (isCut && form(request).endsWith(form(text).slice(form(text).indexOf('\r\n\r\n'))))
            continue; // Its head is judged where the case runs whole.
        assert.equal(request, text, 'what the upstream saw');
    }
}

async function run(it, cutter) {
    const client = new RawClient(server.port);
    const heard = () => client.when(() => client.text !== '', 'what the upstream said');
    recorder.begin(it.answer, { cut: cutter, heard });
    try {
        for (const step of it.steps) {
            if (step.send !== undefined) await client.send(cutter(step.send));
            if (step.eof) client.socket.end();
            if (step.hear !== undefined)
                await client.when(
                    () => client.answers(it.wants.slice(0, step.hear)).answers.length >= step.hear,
                    `answer ${step.hear}`,
                );
        }
        const wants = await assertEnd(client, it);
        const { answers, rest } = client.answers(wants);
        if (wants.at(-1)?.isCut && answers.length === wants.length - 1) wants.pop(); // Nor a head.
        const statuses = answers.map((each) => each.status);
        assert.deepEqual(statuses, wants.map((each) => each.status), client.text);
        for (const [number, want] of wants.entries())
            assertAnswer(answers[number], want, it.isRefused && number === it.wants.length - 1);
        if (!/cut|tunnel/.test(it.then)) assert.equal(rest, '', 'nothing follows the answers');
    } catch (error) {
        error.message += `\nThe client got ${JSON.stringify(client.text)}`;
        throw error;
    } finally {
        client.close();
    }
    await until(() => recorder.begun.length === 0, 'no request is left half sent');
    await assertUnspoilt();
    assertSeen(it, cutter === cut);
}

// The connections to the upstream that are left are clean: what comes next arrives alone.
async function assertUnspoilt() {
    const client = new RawClient(server.port);
    await client.send([asked('/next')]);
    await client.when(() => client.text.endsWith('\r\n\r\nok') || client.ended, 'the next answer');
    client.close();
    assert.match(client.text, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/);
    const last = recorder.requests.pop();
    assert.ok(last && isAsked(last, '/next'), `the upstream saw ${JSON.stringify(last)}`);
}

for (const file of new Set(cases.map((each) => each.file)))
    describe(file, () => {
        for (const each of cases.filter((it) => it.file === file))
            test(`${each.name} (RFC ${each.rfc})`, async () => {
                await run(each, whole);
                await run(each, cut);
            });
    });

test('there are as many cases as are said to be', () => {
    assert.ok(cases.length >= 250, `${cases.length} cases`);
});
