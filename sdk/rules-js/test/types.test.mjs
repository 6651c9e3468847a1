// SPDX-License-Identifier: Apache-2.0

import { execFileSync } from 'node:child_process';
import test from 'node:test';

test('the compiler knows what a game says of its state and its view', () => {
    const cwd = new URL('..', import.meta.url);
    execFileSync('node_modules/.bin/tsc', ['-p', 'test/types'], { cwd, stdio: 'inherit' });
});
