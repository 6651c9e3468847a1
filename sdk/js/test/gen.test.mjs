// SPDX-License-Identifier: Apache-2.0
//
// Types that the real binary makes of a game:
//     GATEHOUSE=build/release/gatehouse node --test sdk/js/test/gen.test.mjs

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { binary } from '../../../tests/end_to_end/harness.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const made = path.join(root, 'test/types/made');
const gen = (...more) => spawnSync(binary, ['gen', 'ts', ...more], { encoding: 'utf8' });

test('gen ts makes types that hold what they promise', (t) => {
    const file = path.join(made, 'liap_tui.mts');
    t.after(() => fs.rmSync(file, { force: true }));
    assert.equal(gen('liap-tui', '-o', file).status, 0);
    execFileSync('node_modules/.bin/tsc', ['-p', made], { cwd: root, stdio: 'inherit' });
});

test('gen ts of all games prints them, and says the same each time', () => {
    const { stdout, status } = gen();
    assert.equal(status, 0);
    assert.match(stdout, /^export interface LiapTui \{$/m);
    assert.equal(gen().stdout, stdout);
});

test('gen ts says what it cannot do', () => {
    const unknown = gen('chess');
    assert.equal(unknown.status, 2);
    assert.equal(unknown.stdout, '');
    assert.match(unknown.stderr, /no game chess in this binary; there are: liap-tui/);
    const nowhere = gen('-o', path.join(made, 'no/such/folder.ts'));
    assert.equal(nowhere.status, 1);
    assert.match(nowhere.stderr, /no\/such\/folder\.ts cannot be written: No such file/);
});
