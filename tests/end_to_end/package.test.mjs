// SPDX-License-Identifier: Apache-2.0
//
// node --test tests/end_to_end/package.test.mjs
// The C++ package, installed into a folder of its own. examples/hello-game is built against it, out
// of the tree, and then played: by clients, across kill -9, and in a browser.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const tree = fileURLToPath(new URL('../../', import.meta.url));
const build = path.dirname(path.resolve(process.env.GATEHOUSE ?? `${tree}build/release/gatehouse`));
const skip = !fs.existsSync(`${build}/cmake_install.cmake`) && 'there is no build to install';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-package-'));
process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
const [prefix, game] = [path.join(folder, 'prefix'), path.join(folder, 'game')];

const run = promisify(execFile);
const make = (verb) => run('make', [verb, `PREFIX=${prefix}`], { cwd: game });

function textOf(under, fits) {
    return fs
        .readdirSync(under, { recursive: true })
        .filter((name) => fits.test(name))
        .map((name) => fs.readFileSync(path.join(under, name), 'utf8'))
        .join('\n');
}

const local = ['--set', 'listen.http=127.0.0.1:0', '--set', 'listen.admin=127.0.0.1:0'];

// A client that sits in a new room of the game, or in that of the code.
async function player({ Client }, { post }, server, code) {
    const client = await Client.connect(server);
    const made = code
        ? { code }
        : (await post(server.url + '/v1/rooms', { game: 'hello-game' }, client.token)).json;
    const { room } = await client.sit({ code: made.code });
    const guess = (number) => client.act(room, 'guess', { number });
    const view = () => client.rooms.get(room).view.game;
    return { client, room, code: made.code, guess, view };
}

const long = { skip, timeout: 900_000 };
test('the package stands on its own, and a game on the package', long, async (t) => {
    await t.test('it is installed without a trace of the tree', async () => {
        await run('cmake', ['--install', build, '--prefix', prefix]);
        const cmake = textOf(prefix, /\.cmake$/);
        assert.ok(cmake.includes('gatehouse::gatehouse') && cmake.includes('gatehouse::testing'));
        assert.ok(!cmake.includes(tree), 'no path of the tree');
        assert.doesNotMatch(cmake, /-Werror|-fsanitize|pch|GTest/);
    });

    await t.test('examples/hello-game is built against it, and its rules tested', async () => {
        const sources = `${tree}examples/hello-game`;
        const mine = (file) => !/\/(build|data)$/.test(file);
        fs.cpSync(sources, game, { recursive: true, filter: mine });
        await make('build');
        assert.ok(!textOf(`${game}/build`, /\.(make|txt|d|ninja)$/).includes(tree));
        const { stdout } = await make('test');
        assert.equal(stdout.match(/: sound$/gm).length, 3, stdout);
    });

    process.env.GATEHOUSE = path.join(game, 'build/hello-game');
    const harness = await import('./harness.mjs');
    const clients = await import('./room_client.mjs');
    const server = new harness.Server(game, fs.readFileSync(`${game}/gatehouse.yaml`, 'utf8'));
    t.after(() => server.isRunning && server.kill());
    await server.start({ args: local });

    await t.test('two play it, and kill -9 takes nothing away', async () => {
        const ann = await player(clients, harness, server);
        const ben = await player(clients, harness, server, ann.code);
        assert.deepEqual(ann.view(), { secret: 0, low: 1, high: 100 });
        assert.equal((await ann.guess(0)).code, 'rejected');
        assert.equal((await ann.guess(101)).msg, 'it is somewhere else');
        assert.equal((await ben.guess('ten')).code, 'bad_request');
        await ann.guess(50);
        const before = ann.view();

        await server.kill();
        await server.start({ args: local });
        const again = await clients.Client.connect(server, { token: ann.client.token });
        const { room, view, seat } = await again.sit({ code: ann.code });
        assert.deepEqual(view.game, before);
        let { low, high, winner } = before;
        while (winner === undefined) {
            const number = (low + high) >> 1;
            await again.mustAct(room, 'guess', { number });
            ({ low, high, winner } = again.rooms.get(room).view.game);
        }
        assert.equal(winner, seat);
        assert.equal(again.rooms.get(room).view.room.status, 'finished');

        const { code, out } = await server.command('room', 'verify', room);
        assert.equal(code, 0, out);
        const history = await server.command('room', 'export', room);
        const [header, ...events] = history.out.trim().split('\n').map((line) => JSON.parse(line));
        assert.deepEqual(header, { room });
        assert.deepEqual(
            events.map(({ version }) => version),
            events.map((_, i) => i + 1),
        );
        assert.equal(events.at(-1).type, 'room.finished');
    });

    await t.test('a person plays it in a browser, and the server comes back', async () => {
        const { launch, Person } = await import('./browser.mjs');
        const browser = await launch();
        t.after(() => browser.close());
        const { page, complaints } = await Person.come(browser, 'Ann', server.url);
        const news = page.locator('#news');
        const say = async (number) => {
            await page.fill('#number', String(number));
            await page.click('button');
        };
        await news.filter({ hasText: 'It is from 1 to 100.' }).waitFor();
        await say(50);
        await news.filter({ hasNotText: 'from 1 to 100' }).waitFor();
        await server.restart({ samePort: true });
        for (let guesses = 0; guesses < 7; guesses++) {
            const told = await news.textContent();
            const [, low, high] = told.match(/from (\d+) to (\d+)/)?.map(Number) ?? [];
            if (!low) break;
            await say((low + high) >> 1);
            await news.filter({ hasNotText: told }).waitFor();
        }
        await news.filter({ hasText: /You have won: it is \d+\./ }).waitFor();
        assert.deepEqual(complaints, []);
    });
});
