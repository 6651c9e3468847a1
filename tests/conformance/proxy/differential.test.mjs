// SPDX-License-Identifier: Apache-2.0
//
// The comparison with NGINX and HAProxy still works, and docs/conformance.md is about the cases
// that there are. What it says of the other two is measured, by hand: differential.mjs --write.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readCases } from './case_file.mjs';
import { document, observe, startAll, stopAll } from './differential.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const cases = readCases(path.join(here, 'cases'));
const named = (name) => cases.find((each) => each.name === name);

test('the document names cases that there are, and how many', () => {
    const text = fs.readFileSync(document, 'utf8');
    const count = Number(/^(\d+) cases;/m.exec(text)[1]);
    assert.equal(count, cases.length, 'node tests/conformance/proxy/differential.mjs --write');
    const rows = [...text.matchAll(/^\| ([a-z0-9.-]+) \| \d/gm)].map((match) => match[1]);
    assert.ok(rows.length > 50);
    for (const row of rows) assert.ok(named(row), row);
});

test('the same bytes are taken by all, or refused by one', async (t) => {
    const proxies = await startAll();
    t.after(() => stopAll(proxies));
    if (proxies.length < 3) return t.skip('nginx or haproxy is missing');
    const statuses = async (name) => {
        const outcomes = [];
        for (const proxy of proxies) outcomes.push((await observe(proxy, named(name))).answers[0]);
        return outcomes;
    };
    assert.deepEqual(await statuses('get'), ['200', '200', '200']);
    assert.deepEqual(await statuses('length-two-different'), ['400', '400', '400']);
    assert.deepEqual(await statuses('bare-lf-after-a-field'), ['400', '200', '200']);
});
