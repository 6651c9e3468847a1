// SPDX-License-Identifier: Apache-2.0
//
// `gatehouse conform --serve` passes the real client library, and finds each rule that a client
// breaks: by the case that is named for it. The broken ones are the library with a WebSocket that
// does something to what passes through it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import WebSocket from 'ws';
import { binary, gatehouse, soon } from './harness.mjs';

const sdk = new URL('../../sdk/js/dist/esm/', import.meta.url);
const skip = fs.existsSync(sdk) ? false : 'npm ci && npm run build in sdk/js first';

// One action after the other, for as long as it is let.
async function play(url, Socket) {
    const { connect, memoryStore } = await import(new URL('index.js', sdk));
    const store = memoryStore();
    const client = connect({ url, auth: 'a.token', store, WebSocket: Socket });
    const going = (async () => {
        const room = await client.join({ code: 'CONFORM' });
        for (let n = 0; ; n++) await room.act('step', { n });
    })();
    going.catch(() => {}); // It ends with the client.
    return client;
}

// What comes of the cases.
async function judged(t, Socket, ...only) {
    const names = only.flatMap((name) => ['--only', name]);
    const child = spawn(binary, ['conform', '--serve', '0', '--json', ...names], {
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.after(() => child.kill('SIGKILL'));
    const ended = new Promise((resolve) => child.once('close', resolve));
    const outcomes = [];
    createInterface(child.stdout).on('line', (line) => outcomes.push(JSON.parse(line)));
    const said = new Promise((resolve) => createInterface(child.stderr).once('line', resolve));
    const [port] = /\d+(?= for a client)/.exec(await soon(said, 'it says where it waits'));
    const client = await play(`http://127.0.0.1:${port}`, Socket);
    t.after(() => client.close());
    const code = await soon(ended, 'it ends', 150_000);
    return { code, outcomes };
}

test('sdk/js does what a client has to', { skip }, async (t) => {
    const { code, outcomes } = await judged(t, WebSocket);
    assert.deepEqual(
        outcomes.filter(({ outcome }) => outcome !== 'ok'),
        [],
    );
    assert.equal(outcomes.length, 12);
    assert.equal(code, 0);
});

// A socket with faults: `send` and `hear` change messages, or drop them; `end` changes close codes.
const broken = ({ send, hear, end }) => {
    const shared = {};
    return class extends WebSocket {
        send(data) {
            const message = send ? send(JSON.parse(data), shared) : JSON.parse(data);
            if (message) super.send(JSON.stringify(message));
        }
        // Null, where nobody listens any more.
        set onmessage(take) {
            super.onmessage = ({ data }) => {
                const frame = hear ? hear(JSON.parse(data)) : JSON.parse(data);
                if (frame) take?.({ data: JSON.stringify(frame) });
            };
        }
        set onclose(take) {
            super.onclose = ({ code, reason }) => take?.({ code: end ? end(code) : code, reason });
        }
    };
};

const acts = (change) => ({ send: (m, shared) => (m.t === 'act' ? change(m, shared) : m) });

const faults = {
    'client-hello': { send: (m) => (m.t === 'hello' ? { ...m, v: 2 } : m) },
    'client-acts': acts((m) => ({ ...m, id: 7 })),
    'client-beats': { send: (m) => Object.keys(m).length > 0 && m },
    'client-unknown': { hear: (m) => m.of_a_later_version === undefined && m },
    'client-batch': { hear: (m) => (Array.isArray(m) ? m[0] : m) },
    'client-whole-view': { hear: (m) => (m.t === 'upd' && m.view ? null : m) },
    'client-gap': { hear: (m) => (m.t === 'upd' && !m.me ? null : m) },
    'client-at-once': { end: (code) => (code === 4201 ? 4003 : code) },
    'client-cut': { send: (m) => (m.t === 'join' ? { ...m, at: undefined } : m) },
    'client-lost-ack': acts((m, shared) => ({ ...m, id: (shared.id = (shared.id ?? 0) + 1) })),
    'client-backs-off': { end: (code) => (code === 4100 ? 4201 : code) },
    'client-stays-away': { end: (code) => (code === 4003 ? 4201 : code) },
};

describe('the case finds what a client breaks', { concurrency: 4, skip }, () => {
    test('there is a planted fault for each case', async () => {
        const { out } = await gatehouse('conform', '--list');
        assert.deepEqual(Object.keys(faults), out.match(/^client-[^ ]+/gm));
    });

    for (const [name, fault] of Object.entries(faults))
        test(name, async (t) => {
            const { code, outcomes } = await judged(t, broken(fault), name);
            assert.deepEqual(
                outcomes.map((each) => [each.case, each.outcome]),
                [[name, 'failed']],
            );
            assert.equal(code, 1);
        });
});
