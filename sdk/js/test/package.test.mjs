// SPDX-License-Identifier: Apache-2.0
//
// What is published: its size, its entries, its types.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const names = ['Client', 'OUTBOX_MAX', 'Observable', 'Refusal', 'Room'];
const functions = ['ask', 'connect', 'memoryStore', 'realWorld', 'tabStore'];

test('the core is at most 8 KB, minified and gzipped', (t) => {
    const bundle = fs.readFileSync(path.join(root, 'dist/gatehouse.min.js'));
    const size = gzipSync(bundle, { level: 9 }).length;
    t.diagnostic(`${bundle.length} bytes, gzipped ${size}`);
    assert.ok(size <= 8192, `${size} bytes`);
});

test('every entry is there for import and for require, by the name of the package', async () => {
    const require = createRequire(import.meta.url);
    const cores = [
        await import('@gatehouse/client'),
        require('@gatehouse/client'),
        await import('@gatehouse/client/min'),
    ];
    for (const core of cores) assert.deepEqual(Object.keys(core).sort(), [...names, ...functions]);
    const https = [
        await import('@gatehouse/client/http'),
        require('@gatehouse/client/http'),
        await import('@gatehouse/client/http.min'),
    ];
    for (const http of https) assert.deepEqual(Object.keys(http).sort(), ['Lobby', 'guest']);
    const nowhere = { url: 'http://127.0.0.1:1' };
    for (const [i, { guest }] of https.entries()) // Of one core: who catches it knows it.
        await assert.rejects(guest(nowhere)(), (no) => no instanceof cores[i].Refusal);
    const streams = [
        await import('@gatehouse/client/stream'),
        require('@gatehouse/client/stream'),
        await import('@gatehouse/client/stream.min'),
    ];
    for (const each of streams)
        assert.deepEqual(Object.keys(each).sort(), ['StreamSocket', 'fallback']);
    const binaries = [
        await import('@gatehouse/client/cbor'),
        require('@gatehouse/client/cbor'),
        await import('@gatehouse/client/cbor.min'),
    ];
    for (const each of binaries)
        assert.deepEqual(Object.keys(each).sort(), ['cborOver', 'decode', 'encode']);
    const hooks = [await import('@gatehouse/client/react'), require('@gatehouse/client/react')];
    for (const each of hooks) assert.equal(typeof each.useView, 'function');
});

test('the pages of examples have what is built: npm run page brings it there', () => {
    for (const name of ['gatehouse.min.js', 'gatehouse-http.min.js']) {
        const built = fs.readFileSync(path.join(root, 'dist', name), 'utf8');
        const page = path.join(root, '../../examples/page', name);
        assert.ok(fs.readFileSync(page, 'utf8').endsWith(`${name}\n${built}`), page);
    }
});

test('what pages share is a link in each, and never a copy', () => {
    const shared = path.join(root, '../../examples/page');
    const names = fs.readdirSync(shared).filter((name) => name !== 'package.json');
    for (const example of ['liap-tui', 'tower-defence'])
        for (const name of names) {
            const link = path.join(shared, '..', example, 'page', name);
            assert.equal(fs.readlinkSync(link), `../../page/${name}`, link);
        }
});

test('it depends on nothing', () => {
    const { dependencies } = JSON.parse(fs.readFileSync(path.join(root, 'package.json')));
    assert.equal(dependencies, undefined);
    const core = fs.readFileSync(path.join(root, 'dist/esm/index.js'), 'utf8');
    assert.doesNotMatch(core, /^import |require\(/m);
});

test('every file says its licence, is narrow, and short', () => {
    for (const name of fs.readdirSync(root, { recursive: true })) {
        if (!/^(src|test)\/.*\.([mc]?ts|mjs)$|^(build|page).mjs$/.test(name)) continue;
        if (name.endsWith('made/liap_tui.mts')) continue; // gen.test makes it beside this test.
        const lines = fs.readFileSync(path.join(root, name), 'utf8').split('\n');
        assert.equal(lines[0], '// SPDX-License-Identifier: Apache-2.0', name);
        assert.ok(lines.length <= 600, `${name} has ${lines.length} lines`);
        for (const [i, line] of lines.entries())
            assert.ok(line.length <= 100 && !/\s$|\t/.test(line), `${name}:${i + 1}: ${line}`);
    }
});

test('types hold what they promise, for both kinds of module', () => {
    execFileSync('node_modules/.bin/tsc', ['-p', 'test/types'], { cwd: root, stdio: 'inherit' });
});
