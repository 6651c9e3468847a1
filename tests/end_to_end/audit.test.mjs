// SPDX-License-Identifier: Apache-2.0
//
// What operators have done is recorded, and nobody can take it back unseen.

import assert from 'node:assert/strict';
import os from 'node:os';
import { describe, test } from 'node:test';
import { serve } from './harness.mjs';
import { Client, createRoom } from './room_client.mjs';

async function run(server, ...words) {
    const done = await server.command(...words);
    assert.equal(done.code, 0, `${words.join(' ')}: ${done.out}${done.err}`);
    return done.out;
}

async function restoredRoom(server) {
    const client = await Client.connect(server);
    const { room } = await createRoom(server, client);
    await client.sit({ room });
    const { s } = client.rooms.get(room);
    await client.mustAct(room, 'room.bot', { seat: 1 });
    await run(server, 'room', 'restore', room, '--at', String(s));
    return room;
}

describe('audit log', { concurrency: 3 }, () => {
    test('says who had what done, and what came of it, whether a server runs or not', async (t) => {
        const server = await serve(t);
        const room = await restoredRoom(server);
        assert.equal((await server.command('room', 'restore', room, '--at', '99')).code, 1);
        const check = async () => {
            const lines = (await run(server, 'audit', 'ls')).trim().split('\n');
            assert.equal(lines.length, 2);
            const who = os.userInfo().username;
            for (const line of lines) assert.match(line, new RegExp(`${who} .*room restore`));
            assert.match(lines[0], /: done$/);
            assert.match(lines[1], /: nothing has happened in the room since$/);
            assert.match(await run(server, 'audit', 'verify'), /^4 entries: one chain\n/);
            assert.doesNotMatch(await run(server, 'room', 'ls', '--all'), /audit/);
        };
        await check();
        await server.restart();
        await check();
        await server.kill('SIGTERM');
        await check();
        const later = new Date(Date.now() + 1000).toISOString();
        assert.equal(await run(server, 'audit', 'ls', '--since', later), '');
    });

    test('whoever kept the end of the log notices that it was cut or written anew', async (t) => {
        const server = await serve(t);
        await restoredRoom(server);
        const whole = await run(server, 'audit', 'verify');
        const end = /it ends with (\S+)/.exec(whole)[1];
        await restoredRoom(server);
        assert.match(await run(server, 'audit', 'verify', '--seen', end), /one chain/);
        await server.kill('SIGTERM');
        const forged = end.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
        const missed = await server.command('audit', 'verify', '--seen', forged);
        assert.equal(missed.code, 1);
        assert.match(missed.out, /was seen, and is not there/);
    });
});
