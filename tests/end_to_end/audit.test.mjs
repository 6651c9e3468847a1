// SPDX-License-Identifier: Apache-2.0
//
// What operators have done is recorded, and nobody can take it back unseen.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
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
            assert.match(lines[0], /: done: version \d+ is as 3$/);
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
        const data = path.join(server.folder, 'data');
        await server.kill('SIGTERM');
        fs.cpSync(data, `${data}.then`, { recursive: true });

        await server.start();
        await restoredRoom(server);
        const more = await run(server, 'audit', 'verify', '--seen', end);
        const newEnd = /one chain\nit ends with (\S+)/.exec(more)[1];
        await server.kill('SIGTERM');
        fs.rmSync(data, { recursive: true });
        fs.renameSync(`${data}.then`, data);
        const cut = await server.command('audit', 'verify', '--seen', newEnd);
        assert.equal(cut.code, 1);
        assert.match(cut.out, /was seen, and is not there/);

        await server.start();
        await restoredRoom(server);
        const anew = await server.command('audit', 'verify', '--seen', newEnd);
        assert.equal(anew.code, 1);
        assert.match(anew.out, /was seen, and is not there/);
        assert.match(await run(server, 'audit', 'verify', '--seen', end), /one chain/);
    });
});
