// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { table } from '../dist/testing.js';

test('the game of the README is played, by whoever sits there', async () => {
    const readme = fs.readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const source = readme
        .match(/```js\n(.*?)```/s)[1]
        .replace('@gatehouse/rules', new URL('../dist/index.js', import.meta.url).href)
        .replace(/^await serve.*$/m, 'export { nim };');
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'readme-'));
    fs.writeFileSync(path.join(folder, 'nim.mjs'), source);
    const { nim } = await import(pathToFileURL(path.join(folder, 'nim.mjs')).href);
    fs.rmSync(folder, { recursive: true });

    const bots = table(nim, { seats: ['bot', 'bot'], options: { stones: 30 } });
    bots.act(0, 'start').bots();
    assert.equal(bots.isOver, true);
    assert.equal(bots.view().stones, 0);

    const asleep = table(nim).act(0, 'start').wait(30_000 * 21);
    assert.equal(asleep.isOver, true);
    const room = table(nim, { seats: ['player', 'bot'], seed: 'any text' });
    assert.throws(() => room.as(0).play('take', { n: 1 }), /not now: lobby/);
    room.as(0).play('start').bots();
    assert.equal(room.view(0).turn, 0);
    assert.throws(() => room.as(0).play('take', { n: 4 }), /a whole number from 1 to 3/);
    const lonely = table(nim, { seats: ['player', 'nobody'] });
    assert.throws(() => lonely.act(0, 'start'), /two must sit/);
});
