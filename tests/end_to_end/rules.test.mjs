// SPDX-License-Identifier: Apache-2.0
//
// A game that a process in TypeScript decides, and what becomes of it when that process, or the
// server, is killed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { get, post, serve, soon, temporaryFolder, until } from './harness.mjs';
import { Client } from './room_client.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const isBuilt = fs.existsSync(path.join(here, '../../sdk/rules-js/dist/index.js'));
const skip = isBuilt ? false : 'npm ci && npm run build in sdk/rules-js first';

// The process, over any number of lives.
class Rules {
    constructor(t, folder) {
        this.socket = path.join(folder, 'rules.sock');
        t.after(() => {
            this.isOver = true;
            this.child?.kill('SIGKILL');
        });
    }

    async start(tag = '1') {
        this.child = spawn(process.execPath, [path.join(here, 'rules.mjs'), this.socket, tag], {
            stdio: ['ignore', 'pipe', 'inherit'],
        });
        this.ended = new Promise((resolve) => this.child.once('close', resolve));
        await soon(
            new Promise((resolve) => this.child.stdout.once('data', resolve)),
            'the rules listen',
        );
        return this;
    }

    kill() {
        this.child.kill('SIGKILL');
        return this.ended;
    }

    // Starts them again whenever they end, as a supervisor does; counts how often it had to.
    supervise() {
        this.deaths = 0;
        const again = async () => {
            if (this.isOver) return;
            this.deaths += 1;
            await this.start();
            this.ended.then(again);
        };
        this.ended.then(again);
    }
}

const rooms = { count: { rules: 'unix:rules.sock', seats: { min: 2, max: 2 }, title: 'Count' } };

const statusOf = async (server) => (await get(server.url + '/health/ready')).json.checks.rules;
const isThere = (server) =>
    until(async () => (await statusOf(server)).status === 'ok', 'the rules are there');
const isAway = (server) =>
    until(async () => (await statusOf(server)).status === 'away', 'the rules are away');

// A server, its rules, and two who sit in a room that was started.
async function table(t, options = { goal: 10, pace: 60_000 }) {
    const folder = temporaryFolder();
    const rules = await new Rules(t, folder).start();
    const server = await serve(t, { rooms }, { folder });
    await isThere(server);
    const ada = await Client.connect(server);
    const bob = await Client.connect(server);
    const made = await post(server.url + '/v1/rooms', { game: 'count', options }, ada.token);
    assert.equal(made.status, 201, made.text);
    const { room } = made.json;
    assert.equal((await ada.sit({ room })).seat, 0);
    assert.equal((await bob.sit({ room })).seat, 1);
    await ada.mustAct(room, 'start');
    await bob.see(room, (view) => view.game.phase === 'play');
    return { server, rules, room, players: [ada, bob] };
}

// Whose turn it is adds this.
async function add({ room, players }, n) {
    const { turn, counted } = players[0].rooms.get(room).view.game;
    const ack = await players[turn].act(room, 'add', { n });
    if (ack.t === 'ack')
        for (const each of players) await each.see(room, (view) => view.game.counted > counted);
    return ack;
}

async function returned({ server, room, players }) {
    const back = [];
    for (const { token } of players) {
        const again = await Client.connect(server, { token });
        await again.sit({ room });
        back.push(again);
    }
    return { server, room, players: back };
}

const gameOf = ({ room, players }, seat = 0) => players[seat].rooms.get(room).view.game;

// `events verify` wants the store for itself.
async function isSound({ server, room }) {
    const ofStore = server.isRunning ? [] : [['events', 'verify']];
    for (const words of [['room', 'verify', room], ...ofStore]) {
        const done = await server.command(...words);
        assert.equal(done.code, 0, `${words}: ${done.out}${done.err}`);
    }
}

describe('rules in another process', { skip, concurrency: 3 }, () => {
    test('decide a game to its end', async (t) => {
        const at = await table(t);
        const { games } = (await get(at.server.url + '/v1/games')).json;
        const { title, seats_min, seats_max } = games.find(({ game }) => game === 'count');
        assert.deepEqual([title, seats_min, seats_max], ['Count', 2, 2]);
        assert.equal(typeof gameOf(at, 0).secret, 'number');
        assert.equal(gameOf(at, 1).secret, false, 'who may not see it does not');
        const refused = await at.players[1].act(at.room, 'add', { n: 1 });
        assert.equal(refused.code, 'not_your_turn');
        for (const n of [3, 3, 3]) assert.equal((await add(at, n)).t, 'ack');
        assert.equal((await add(at, 1)).t, 'ack');
        const { phase, sum, winner } = gameOf(at);
        assert.deepEqual({ phase, sum, winner }, { phase: 'over', sum: 10, winner: 1 });
        await at.players[0].see(at.room, (view) => view.room.status === 'finished');
        const place = `rules="${at.rules.socket}"`;
        const counted = (result) =>
            at.server.metric(`gatehouse_rules_questions_total{${place},result="${result}"}`);
        assert.ok((await counted('answered')) >= 6);
        assert.equal(await counted('failed'), 0);
        await isSound(at);
        await at.server.kill();
        await at.rules.kill();
        await isSound(at);
    });

    test('are killed and back: what was acked stays, what waits is decided once', async (t) => {
        const at = await table(t, { goal: 1_000_000, pace: 60_000 });
        let acked = 0;
        for (let cycle = 0; cycle < 5; cycle++) {
            await add(at, 1);
            acked += 1;
            const before = gameOf(at).counted;
            assert.equal(before, acked);
            const asked = add(at, 2); // While they are killed, or just before.
            if (cycle % 2 === 1) await at.rules.kill();
            else at.rules.child.kill('SIGKILL');
            await at.rules.ended;
            await at.rules.start();
            const answer = await soon(asked, 'an answer');
            if (answer.t === 'ack') acked += 1;
            else assert.equal(answer.code, 'unavailable', JSON.stringify(answer));
            await isThere(at.server);
            assert.equal(gameOf(at).counted, acked, 'once, or not at all');
        }
        await isSound(at);
    });

    test('stay away: who asks is told, and the room goes on when they are back', async (t) => {
        const at = await table(t);
        await at.rules.kill();
        await isAway(at.server);
        assert.deepEqual((await statusOf(at.server)).away, ['count']);
        const answer = await add(at, 1);
        assert.equal(answer.code, 'unavailable', JSON.stringify(answer));
        await at.rules.start();
        await isThere(at.server);
        assert.equal((await add(at, 2)).t, 'ack');
        assert.equal(gameOf(at).sum, 2);
        const away = (line) => line.message.startsWith('the rules of games are away');
        const shards = new Set(at.server.log.filter(away).map((line) => line.shard));
        assert.ok(at.server.log.filter(away).length <= 2 * shards.size, 'it is not said per try');
    });

    test('are away while an alarm is due: it rings when they are back', async (t) => {
        const at = await table(t, { goal: 1_000_000, pace: 300 });
        await at.players[0].see(at.room, (view) => view.game.rang >= 1);
        await at.rules.kill();
        await isAway(at.server);
        const { rang } = gameOf(at);
        const timesOut = 'gatehouse_rules_questions_total{rules="' + at.rules.socket
            + '",result="unavailable"}';
        await until(async () => (await at.server.metric(timesOut)) >= 1, 'it rang for nobody');
        await at.rules.start();
        await at.players[1].see(at.room, (view) => view.game.rang > rang);
        await isSound(at);
    });

    test('are not needed when a server that was killed reads its rooms', async (t) => {
        const at = await table(t);
        await add(at, 3);
        const before = gameOf(at);
        await at.rules.kill();
        await at.server.restart();
        const again = await returned(at);
        assert.deepEqual(gameOf(again), before);
        await isSound(at);
        await at.rules.start();
        await isThere(at.server);
        assert.equal((await add(again, 2)).t, 'ack');
        assert.equal(gameOf(again).sum, 5);
        await at.server.kill();
        await at.rules.kill();
        await isSound(at);
    });

    test('are replaced by newer ones, which take the game over', async (t) => {
        const at = await table(t);
        await add(at, 3);
        await at.rules.kill();
        await at.rules.start('2');
        await isThere(at.server);
        assert.equal((await add(at, 2)).t, 'ack');
        const { sum, by, secret } = gameOf(at);
        assert.deepEqual([sum, by, typeof secret], [5, '2', 'number']);
        await isSound(at);
    });

    test('hang: they are found out, and the room goes on when they answer again', async (t) => {
        const at = await table(t);
        at.rules.child.kill('SIGSTOP');
        const answer = await add(at, 1);
        assert.equal(answer.code, 'unavailable', JSON.stringify(answer));
        await isAway(at.server);
        at.rules.child.kill('SIGCONT');
        await isThere(at.server);
        assert.equal((await add(at, 2)).t, 'ack');
        assert.equal(gameOf(at).sum, 2);
    });

    test('that die of an action do so twice at most, and the room goes on', async (t) => {
        const at = await table(t);
        at.rules.supervise();
        const answer = await at.players[0].act(at.room, 'die');
        assert.equal(answer.code, 'unavailable', JSON.stringify(answer));
        await isThere(at.server);
        assert.ok(at.rules.deaths >= 1 && at.rules.deaths <= 2, `${at.rules.deaths} deaths`);
        assert.equal((await add(at, 2)).t, 'ack');
    });
});
