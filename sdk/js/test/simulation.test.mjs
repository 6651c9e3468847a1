// SPDX-License-Identifier: Apache-2.0
//
// The core against a model of the server and a network that fails, in virtual time, by seeds:
//     SEEDS=1..20000 node --test test/simulation.test.mjs

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientCore } from '../build/client_core.js';
import { run } from './simulation/run.mjs';

const [first, last] = (process.env.SEEDS ?? '1..60').split('..').map(Number);

function sweep(isMangled) {
    const sum = { acts: 0, applied: 0, dials: 0, rateLimited: 0 };
    for (let seed = first; seed <= last; seed++) {
        try {
            const { server, players, mark } = run(seed, isMangled, ClientCore);
            sum.acts += mark;
            sum.applied += server.marks.length;
            sum.rateLimited += server.refusals;
            for (const { dials } of players) sum.dials += dials.length;
        } catch (error) {
            error.message = `seed ${seed}: ${error.message}`;
            throw error;
        }
    }
    return sum;
}

test('whatever fails, an action is applied once and its call settled once', (t) => {
    const sum = sweep(false);
    t.diagnostic(JSON.stringify(sum));
    assert.ok(sum.applied > 10 * (last - first) && sum.dials > 3 * (last - first));
});

// No TCP does that, but a client that relies on less breaks less.
test('lost, doubled and overtaken messages within a connection change nothing', (t) => {
    t.diagnostic(JSON.stringify(sweep(true)));
});
