// SPDX-License-Identifier: Apache-2.0
//
// A deploy of rules that crash the process as they read a room's history: that room is shut, all
// others are served, a fork goes on from before what crashes, and mended rules read the room again.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { binary, get, post, serve, soon } from './harness.mjs';
import { Client } from './room_client.mjs';

const program = path.join(path.dirname(binary), 'snails_server');
const broken = path.join(path.dirname(binary), 'broken_snails_server'); // Dies of `rested`.
const ticks = true;

async function openRoom(server, client) {
    const options = { length: 100_000, mark: 1 };
    const answer = await post(server.url + '/v1/rooms', { game: 'snails', options }, client.token);
    assert.equal(answer.status, 201, answer.text);
    await client.sit({ room: answer.json.room }, { ticks });
    return answer.json.room;
}

test('a room that kills the process as it is read does so once', async (t) => {
    const server = await serve(t, { rooms: { snails: {} } }, { program });
    let ann = await Client.connect(server);
    const bad = await openRoom(server, ann);
    await ann.mustAct(bad, 'start');
    const { s: readable } = ann.rooms.get(bad);
    await ann.mustAct(bad, 'rest');
    const good = await openRoom(server, ann);
    const { token } = ann;

    await server.kill();
    server.program = broken;
    await server.start({ ready: false }).catch(() => {}); // It may read the room as it starts, …
    await Client.connect(server, { token }) // … or for whoever comes.
        .then((client) => client.send({ t: 'join', id: 1, room: bad, ticks }))
        .catch(() => {});
    const { signal } = await soon(server.ended, 'the server dies');
    assert.equal(signal, 'SIGABRT');

    // Also for a process that did not see it die.
    for (let life = 0; life < 2; life++) {
        if (life > 0) await server.kill();
        await server.start();
        await server.logged(
            ({ message, detail }) =>
                /a room is shut, for it broke/.test(message) && detail.includes(`open ${bad}`),
        );
        ann = await Client.connect(server, { token });
        const no = await ann.join({ room: bad }, { ticks });
        assert.deepEqual([no.t, no.code], ['err', 'unavailable'], JSON.stringify(no));
        await ann.sit({ room: good }, { ticks });
        assert.equal((await get(server.url + '/health/ready')).status, 200);
        server.log.length = 0;
    }
    await ann.mustAct(good, 'start');

    // Those who sat there go on from before what breaks it, while it waits for mended rules.
    const forked = await server.command('room', 'fork', bad, '--at', `${readable}`);
    assert.equal(forked.code, 0, forked.out + forked.err);
    const [, fork] = /: room (\S+), code/.exec(forked.out);
    await ann.sit({ room: fork }, { ticks });
    await ann.mustAct(fork, 'feed');
    assert.ok(server.isRunning, 'nothing of it was read but what is before');
    assert.equal((await ann.join({ room: bad }, { ticks })).code, 'unavailable', 'shut still');
    const ofFork = await server.command('room', 'verify', fork);
    assert.match(ofFork.out, /its history leads to what this room began with/);

    await server.kill();
    server.program = program;
    await server.start();
    ann = await Client.connect(server, { token });
    const { code } = await ann.join({ room: bad }, { ticks });
    assert.equal(code, 'unavailable', 'until it is opened');
    const opened = await server.command('room', 'open', bad);
    assert.equal(opened.code, 0, opened.err);
    await ann.sit({ room: bad }, { ticks });
    await ann.mustAct(bad, 'go');
    const verified = await server.command('room', 'verify', bad);
    assert.equal(verified.code, 0, verified.out + verified.err);
    await ann.sit({ room: fork }, { ticks });
    await ann.mustAct(fork, 'rest');
    const both = await server.command('room', 'verify', fork);
    assert.equal(both.code, 0, both.out + both.err);
});
