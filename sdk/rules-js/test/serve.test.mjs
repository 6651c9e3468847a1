// SPDX-License-Identifier: Apache-2.0
//
// The process as gatehouse sees it: a model of its end of the line, over a socket.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { spawn } from 'node:child_process';
import { FrameReader, toFrames } from '../dist/frames.js';
import { game, serve } from '../dist/index.js';
import { merge } from '../dist/json.js';
import { draw } from './games/draw.mjs';

const SEED = '5a'.repeat(32);

// Keeps what it is told, as rooms do: the state is what the patches come to.
class Line {
    #socket;
    #reader = new FrameReader();
    #waiting = new Map();
    #asked = 0;
    rooms = new Map();
    closed;

    constructor(socketPath) {
        this.#socket = net.connect(socketPath);
        this.closed = new Promise((resolve) => this.#socket.on('close', resolve));
        this.#socket.on('error', () => {});
        this.hello = new Promise((resolve) => this.#waiting.set('hello', resolve));
        this.#socket.on('data', (bytes) => {
            for (const message of this.#reader.take(bytes)) {
                const key = message.q ?? 'hello';
                this.#waiting.get(key)(message);
                this.#waiting.delete(key);
            }
        });
        this.write({ hello: 'gatehouse.rules.v1' });
    }

    write(...messages) {
        const texts = messages.map((each) => JSON.stringify(each));
        for (const frame of toFrames(texts)) this.#socket.write(frame);
    }

    raw(bytes) {
        this.#socket.write(bytes);
    }

    question(room, what) {
        const known = this.rooms.get(room) ?? { state: { options: {} } };
        this.rooms.set(room, known);
        return {
            q: ++this.#asked,
            game: 'draw',
            room,
            ...(known.q === undefined ? { state: known.state } : { after: known.q }),
            now: 1_795_305_600_000,
            seed: SEED,
            seats: ['player', 'player'],
            ...what,
        };
    }

    async ask(question) {
        const answered = new Promise((resolve) => this.#waiting.set(question.q, resolve));
        this.write(question);
        return this.settle(question, await answered);
    }

    settle(question, answer) {
        const known = this.rooms.get(question.room);
        if (!answer.need && !answer.failed) known.q = question.q;
        for (const event of answer.ev ?? []) if (event.p) known.state = merge(known.state, event.p);
        return answer;
    }

    async all(...questions) {
        const answers = questions.map(
            ({ q }) => new Promise((resolve) => this.#waiting.set(q, resolve)),
        );
        this.write(...questions);
        return Promise.all(answers);
    }

    close() {
        this.#socket.destroy();
    }
}

function deep(levels) {
    return levels === 0 ? {} : { deep: deep(levels - 1) };
}

const GROWN = {
    size: 'x'.repeat(1 << 20),
    number: 1e20,
    depth: deep(40),
    half: { ['🎲'.slice(0, 1)]: '🎲'.slice(1) },
};

const growing = () =>
    game({
        name: 'draw',
        tag: '1',
        setup: () => ({}),
        actions: { grow: ({ state }, { what }) => (state.grown = GROWN[what]) },
        view: () => ({}),
    });

async function withServer(run, ...games) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rules-'));
    const serving = await serve(path.join(folder, 'rules.sock'), ...games);
    try {
        await run(serving);
    } finally {
        await serving.close();
        fs.rmSync(folder, { recursive: true });
    }
}

test('says hello with its games, and decides what it is asked', () =>
    withServer(async ({ path: at }) => {
        const line = new Line(at);
        assert.deepEqual(await line.hello, {
            hello: 'gatehouse.rules.v1',
            games: { draw: { tag: '1' } },
        });
        await line.ask(line.question('r1', { do: 'prepare' }));
        const start = { do: 'act', seat: 0, a: 'start', d: {} };
        const began = await line.ask(line.question('r1', start));
        assert.deepEqual(began.timers, [['turn', 30_000]]);
        const { state } = line.rooms.get('r1');
        const card = state.seats['0'].hand[0];
        const early = await line.ask(line.question('r1', { do: 'act', seat: 1, a: 'play', d: {} }));
        assert.equal(early.no.code, 'not_your_turn');
        const played = await line.ask(
            line.question('r1', { do: 'act', seat: 0, a: 'play', d: { card } }),
        );
        assert.deepEqual(played.ev[0].d, { seat: 0, card });
        const rang = await line.ask(line.question('r1', { do: 'timer', a: 'turn' }));
        assert.equal(rang.ev[0].e, 'turn');
        line.close();
    }, draw()));

test('needs the state of what it does not know, and answers many at once', () =>
    withServer(async ({ path: at }) => {
        const line = new Line(at);
        await line.hello;
        await line.ask(line.question('r1', { do: 'prepare' }));
        const { state } = line.rooms.get('r1');
        const again = new Line(at);
        await again.hello;
        again.rooms.set('r1', { state, q: 77 });
        const blind = again.question('r1', { do: 'act', seat: 0, a: 'start', d: {} });
        const fresh = again.question('r2', { do: 'prepare' });
        const [needs, decided] = await again.all(blind, fresh);
        assert.deepEqual(needs, { q: blind.q, need: true });
        assert.equal(decided.ev[0].e, 'set_up');
        const { state: sent, ...stale } = again.question('r2', { do: 'prepare', after: blind.q });
        const [old] = await again.all(stale);
        assert.ok(sent);
        assert.deepEqual(old, { q: stale.q, need: true });
        const { after, ...rest } = blind;
        assert.equal(after, 77);
        const answered = await again.ask({ ...rest, state });
        assert.equal(answered.ev[0].e, 'start');
        line.close();
        again.close();
    }, draw()));

test('what the rules throw is said, and the next question is answered', (t) =>
    withServer(async ({ path: at }) => {
        const said = t.mock.method(console, 'error', () => {});
        const line = new Line(at);
        await line.hello;
        const answer = await line.ask(line.question('r1', { do: 'prepare' }));
        assert.match(answer.failed, /TypeError: view.winner is null/);
        assert.match(said.mock.calls[0].arguments[0], /^draw r1 : TypeError/);
        const other = await line.ask(line.question('r1', { do: 'prepare', game: 'none' }));
        assert.match(other.failed, /no game "none" here/);
        line.close();
    }, draw({ view: () => ({ winner: null }) })));

test('says nothing that gatehouse could not read, for that would cut all rooms off', (t) =>
    withServer(async ({ path: at }) => {
        t.mock.method(console, 'error', () => {});
        const line = new Line(at);
        await line.hello;
        await line.ask(line.question('r1', { do: 'prepare' }));
        const act = (a, d = {}) => line.ask(line.question('r1', { do: 'act', seat: 0, a, d }));
        const half = await act(`${'x'.repeat(63)}🎲`);
        assert.equal(half.no.msg, `no such action: ${'x'.repeat(63)}\ufffd`);
        for (const [what, why] of [
            ['size', /an answer of \d+ bytes; 1048574 fit/],
            ['number', /100000000000000000000 is more than 64 bits hold/],
            ['depth', /more than 40 levels/],
        ])
            assert.match((await act('grow', { what })).failed, why);
        const cut = await act('grow', { what: 'half' });
        assert.deepEqual(cut.ev[0].p.secret.grown, { '\ufffd': '\ufffd' });
        const after = line.rooms.get('r1').q;
        const kept = await act('grow', { what: 'half' });
        assert.equal(after, cut.q);
        assert.deepEqual(kept.ev, [{ e: 'grow' }], 'it has what it said');
        line.close();
    }, growing()));

test('parts with who speaks otherwise', (t) =>
    withServer(async ({ path: at }) => {
        t.mock.method(console, 'error', () => {});
        for (const bytes of ['GET / HTTP/1.1\r\n', '\0\0\0\x02[1']) {
            const line = new Line(at);
            await line.hello;
            line.raw(Buffer.from(bytes));
            await line.closed;
        }
        const old = new Line(at);
        await old.hello;
        old.write({ hello: 'gatehouse.rules.v0' });
        await old.closed;
    }, draw()));

test('listens where a killed process left its socket, and not where one lives', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rules-'));
    const at = path.join(folder, 'rules.sock');
    const library = new URL('../dist/index.js', import.meta.url).href;
    const script = `
        import { serve } from ${JSON.stringify(library)};
        await serve(${JSON.stringify(at)});
        console.log('listening');`;
    const other = spawn(process.execPath, ['--input-type=module', '-e', script]);
    await new Promise((resolve) => other.stdout.once('data', resolve));
    await assert.rejects(serve(at, draw()), /EADDRINUSE/);
    const gone = new Promise((resolve) => other.on('exit', resolve));
    other.kill('SIGKILL');
    await gone;
    assert.ok(fs.existsSync(at));
    const serving = await serve(at, draw());
    const line = new Line(at);
    assert.ok((await line.hello).games.draw);
    await serving.close();
    await line.closed;
    fs.rmSync(folder, { recursive: true });
});
