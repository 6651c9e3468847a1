// SPDX-License-Identifier: Apache-2.0
//
// node --test tests/end_to_end/tower_defence.test.mjs
// A game that runs in time, through the real binary: three clients of sdk/js play beside a bot and
// a fourth one watches, while the server is killed with -9 and started again.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { get, serve, until } from './harness.mjs';
import { eventsOf } from './history.mjs';

const sdk = new URL('../../sdk/js/dist/esm/', import.meta.url);
const skip = fs.existsSync(sdk) ? false : 'npm ci && npm run build in sdk/js first';
const GAME = 'tower-defence';
const WITHIN = 120_000; // However busy the machine.

// Free ground beside the gate of the meadow, where the bot does not build so early.
const PLACES = [
    [1, 1],
    [1, 3],
    [0, 1],
    [1, 0],
];

class Player {
    accepted = 0; // Actions that were acknowledged.

    static async come(server, target, how = {}) {
        const { connect, memoryStore } = await import(new URL('index.js', sdk));
        const { guest } = await import(new URL('http.js', sdk));
        const player = new Player();
        const auth = guest({ url: server.url, store: memoryStore() });
        player.client = connect({ url: server.url, auth, store: memoryStore(), WebSocket });
        player.auth = auth;
        player.room = await player.client.join(target, how);
        return player;
    }

    get game() {
        return this.room.view.game;
    }

    async act(name, data) {
        await this.room.act(name, data);
        this.accepted++;
    }

    async sees(condition, what) {
        await until(() => condition(this.game), what, WITHIN);
    }
}

const towersOf = ({ towers }) =>
    Object.values(towers).map(({ k, x, y, s, l }) => ({ k, x, y, s, l }));

test('a game in time goes on through kill -9 to its end', { skip, timeout: 280_000 }, async (t) => {
    const server = await serve(t, { rooms: { [GAME]: { bot_think: '5ms' } } });
    const { Lobby, guest } = await import(new URL('http.js', sdk));
    const { memoryStore } = await import(new URL('index.js', sdk));
    const auth = guest({ url: server.url, store: memoryStore() });
    const options = { difficulty: 'easy', waves: 2, calm_seconds: 2 };
    const made = await new Lobby({ url: server.url, auth }).createRoom(GAME, options);
    const players = [];
    for (let seat = 0; seat < 3; seat++)
        players.push(await Player.come(server, { room: made.room }));
    const watcher = await Player.come(server, { room: made.room }, { as: 'spectator' });
    const all = [...players, watcher];
    t.after(() => all.forEach(({ client }) => client.close()));
    const [ann, ben, cyd] = players;

    await ann.act('room.bot', { seat: 3 });
    await ann.act('start');
    const book = await watcher.room.ask('book');
    assert.equal(book.ways[0].length, 35);
    await watcher.sees(({ tick }) => tick > 5, 'time goes by');

    // Each builds, and what was acknowledged is there.
    await Promise.all(
        players.map(async (player, i) => {
            const [x, y] = PLACES[i];
            await player.act('place', { kind: 'arrow', x, y });
        }),
    );
    await assert.rejects(ben.room.act('place', { kind: 'arrow', x: 2, y: 2 }), {
        code: 'rejected',
        message: /the enemies' way/,
    });
    await ann.act('give', { seat: 1, gold: 20 });
    await ann.sees(({ wave }) => wave === 1, 'the first wave comes');

    // Killed while enemies walk; what is asked meanwhile is kept, and done once.
    await ann.sees(({ enemies }) => Object.keys(enemies).length > 1, 'enemies come');
    const before = ann.game;
    await server.kill();
    const [x, y] = PLACES[3];
    const kept = ben.act('place', { kind: 'arrow', x, y });
    await server.start({ args: ['--set', `listen.http=127.0.0.1:${server.port}`] });
    await kept;
    const own = towersOf(before).filter(({ s }) => s < 3);
    for (const { x, y, s } of own)
        assert.ok(towersOf(ben.game).some((one) => one.x === x && one.y === y && one.s === s));
    assert.equal(towersOf(ben.game).filter((one) => one.x === x && one.y === y).length, 1);
    assert.ok(ben.game.lives <= before.lives);

    await cyd.sees(({ tick }) => tick > before.tick + 20, 'time goes on');
    if (cyd.game.wave === 1) await cyd.act('call').catch(() => {}); // Time may be quicker.
    await cyd.sees(({ wave }) => wave === 2, 'the second wave comes');
    await server.restart({ samePort: true });
    await Promise.all(
        all.map((player) => player.sees(({ phase }) => phase === 'won', 'the game is won')),
    );

    // All saw the same end, and it is what the store leads to.
    for (const { game } of all) assert.deepEqual(game, ann.game);
    assert.equal(watcher.room.view.room.status, 'finished');
    const verified = await server.command('room', 'verify', made.room);
    assert.match(verified.out, /^fair: /m, verified.err);
    const events = await eventsOf(server, made.room);
    const actions = events
        .filter(({ actor, action }) => actor && action)
        .map(({ actor, action, type }) => `${actor} ${action} ${type}`);
    assert.equal(new Set(actions).size, actions.length, 'each was applied once');
    const placed = events.filter(({ type }) => type === 'placed').map(({ data }) => data ?? {});
    assert.ok(placed.length >= 4);
    const { token } = await auth();
    const finished = `${server.url}/v1/games/${GAME}/finished`;
    await until(
        async () =>
            (await get(finished, { authorization: `Bearer ${token}` })).text.includes(made.room),
        'the read models count it',
    );
    assert.deepEqual(
        server.log.filter(({ level }) => level === 'error'),
        [],
    );
});
