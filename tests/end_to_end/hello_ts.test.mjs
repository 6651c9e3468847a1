// SPDX-License-Identifier: Apache-2.0
//
// The one command of examples/hello-ts: it builds and serves the game, which two play to the end,
// though the rules are killed meanwhile.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { binary, get, post, soon, temporaryFolder, until } from './harness.mjs';
import { Client } from './room_client.mjs';

const example = fileURLToPath(new URL('../../examples/hello-ts/', import.meta.url));
const sdks = ['rules-js', 'js'].map((name) => path.join(example, '../../sdk', name, 'dist'));
const skip = sdks.every(fs.existsSync) ? false : 'npm ci && npm run build in both sdk/*js first';

// Serves, and gives where.
async function start(t) {
    const folder = temporaryFolder();
    const set = (words) => ['--set', words];
    const words = [
        path.join(example, 'run.mjs'),
        ...set('listen.http=127.0.0.1:0'),
        ...set('listen.admin=127.0.0.1:0'),
        ...set(`store=sqlite:${folder}/hello.db`),
    ];
    const log = fs.openSync(path.join(folder, 'log'), 'w');
    const env = { ...process.env, GATEHOUSE: binary };
    const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', log] });
    const ended = new Promise((resolve) => child.once('close', resolve));
    t.after(() => (child.kill('SIGTERM'), soon(ended, 'it stops')));
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
    const page = /page +(http:\S+[^/])\//;
    await until(() => page.test(said), 'it serves', 120_000);
    return { url: page.exec(said)[1], child, ended };
}

// Its rules, as the system knows them.
function rulesOf(pid) {
    return fs
        .readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
        .split(' ')
        .filter(Boolean)
        .find((each) => fs.readFileSync(`/proc/${each}/cmdline`, 'utf8').includes('rules.js'));
}

test('one command serves a game in TypeScript, two play it', { skip }, async (t) => {
    const server = await start(t);
    const status = async () => (await get(server.url + '/health/ready')).json.checks.rules.status;
    await until(async () => (await status()) === 'ok', 'the rules are there');
    const page = await get(server.url + '/');
    assert.match(page.text, /<h1>Rock, paper, scissors<\/h1>/);
    assert.equal((await get(server.url + '/gatehouse.min.js')).status, 200);

    const players = [await Client.connect(server), await Client.connect(server)];
    const { room } = (await post(server.url + '/v1/rooms', { game: 'hello-ts' }, players[0].token))
        .json;
    for (const each of players) await each.sit({ room });
    await players[0].mustAct(room, 'start');
    const game = (seat) => players[seat].rooms.get(room).view.game;
    for (let round = 1; round <= 3; round++) {
        await players[0].mustAct(room, 'choose', { hand: 'rock' });
        await players[1].see(room, (view) => view.game.ready[0]);
        assert.equal(game(1).mine, '', 'what the other chose is not seen');
        if (round === 2) {
            process.kill(Number(rulesOf(server.child.pid)), 'SIGKILL');
            await until(async () => (await status()) === 'away', 'the rules are away');
            await until(async () => (await status()) === 'ok', 'the rules are back');
        }
        await players[1].mustAct(room, 'choose', { hand: 'scissors' });
        for (const each of players) await each.see(room, (view) => view.game.score[0] === round);
    }
    assert.equal(game(0).phase, 'over');
    server.child.kill('SIGTERM');
    assert.equal(await soon(server.ended, 'it stops'), 0);
});
