// SPDX-License-Identifier: Apache-2.0
//
// A simulation that finds nothing has to prove that it can: each of these bugs is put into a copy
// of the core, and some seed must fail.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { run } from './simulation/run.mjs';

const build = path.join(path.dirname(fileURLToPath(import.meta.url)), '../build');
const SEEDS = 60;

// What it is, where, and what stands there instead of what.
const bugs = [
    ['an action is not stored', 'room_core', 'this.client.store(key, this.#outbox.toText', '(0, '],
    ['what is stored is not read', 'room_core', '.ports.recall(', '.outboxKey('],
    ['what was under way is not sent again', 'room_core', 'this.#underWay.clear()', ''],
    ['busy is taken for an answer', 'room_core', 'FOR_NOW.includes(code)', 'false'],
    ['ids are counted', 'client_core', 'Math.max(last, instant) + 1 + Math.floor(', 'last + 1; ('],
    ['a newer device is thrown out', 'room_core', "refusal.code === 'out_of_order'", 'false'],
    ['joins throw each other out', 'client_core', 'each.isAsking', 'false'],
    ['handles of one room live apart', 'client_core', 'if (known?.takesOver(room))', 'if (false)'],
    ['an ack is believed before the view', 'room_core', 's <= this.state.s || ', 'true || '],
    ['a gap is passed over', 'room_core', 'message.p !== s ||', 'message.s <= s ||'],
    ['an epoch is not noticed', 'room_core', 'const epoch = message.e ?? e', 'const epoch = e'],
    ['too many under way', 'room_core', 'size >= this.client.limits.inflight', 'size >= 99'],
    ['nobody notices a lost answer', 'room_core', '?? Infinity) + PATIENCE', '?? 0) + Infinity'],
    ['silence is health', 'client_core', 'this.#now + this.#dead;', 'Infinity;'],
    ['a beat is not answered', 'client_core', 'return this.send({}); // A heartbeat.', 'return;'],
    ['nobody comes back', 'client_core', 'this.#retryAt = this.#now + pause.length', ''],
    ['rooms are not joined again', 'client_core', 'room.join(this.#now);\n    }', '0;\n    }'],
];

async function withBug(t, file, from, to) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-planted-'));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    fs.cpSync(build, folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    const name = path.join(folder, `${file}.js`);
    const text = fs.readFileSync(name, 'utf8');
    assert.ok(text.includes(from), `the line of ${file} is there`);
    fs.writeFileSync(name, text.replaceAll(from, to));
    return (await import(pathToFileURL(path.join(folder, 'client_core.js')))).ClientCore;
}

for (const [what, file, from, to] of bugs) {
    test(`the simulation finds it: ${what}`, async (t) => {
        const ClientCore = await withBug(t, file, from, to);
        for (let seed = 1; seed <= SEEDS; seed++) {
            for (const isMangled of [false, true]) {
                try {
                    run(seed, isMangled, ClientCore);
                } catch (error) {
                    const where = isMangled ? ', mangled' : '';
                    return t.diagnostic(`seed ${seed}${where}: ${error.message.split('\n')[0]}`);
                }
            }
        }
        assert.fail(`${SEEDS} seeds passed`);
    });
}
