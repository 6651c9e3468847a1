// SPDX-License-Identifier: Apache-2.0
//
// A damaged store is mended: by what others have, or by saying what is gone.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { serve, temporaryFolder, until } from './harness.mjs';
import { Client, createRoom, place } from './room_client.mjs';

const storeOf = (server) => path.join(server.folder, 'data/gatehouse.db');

// A room with so many named moments, whose server has stopped.
async function played(server, moments, signal = 'SIGTERM') {
    const client = await Client.connect(server);
    const { room } = await createRoom(server, client);
    await client.sit({ room });
    for (let i = 0; i < moments; i++) await client.mustAct(room, 'room.name', { name: `m-${i}-m` });
    const seen = place(client.rooms.get(room));
    await server.kill(signal);
    return { client, room, seen };
}

const events = async (server) => {
    const { out, code, err } = await server.command('events', 'tail');
    assert.equal(code, 0, err);
    return out.split('\n').filter((line) => line && !line.includes('"audit.'));
};

// Bytes that lie once in the store are others now: of the words, sealed, in which somebody was
// named for the n-th time.
async function damage(server, n) {
    const all = (await events(server)).map((line) => JSON.parse(line));
    const text = all.filter(({ type }) => type === 'room.named')[n].data.sealed;
    const bytes = fs.readFileSync(storeOf(server));
    const at = bytes.indexOf(text);
    assert.ok(at > 0 && bytes.indexOf(text, at + 1) < 0, `${text} is there once`);
    bytes[at + 2] ^= 1;
    fs.writeFileSync(storeOf(server), bytes);
}

const code = async (server, ...words) => (await server.command('events', ...words)).code;

describe('events repair', { concurrency: 3 }, () => {
    test('puts back from the backup what was damaged, byte for byte', async (t) => {
        const folder = temporaryFolder();
        const backup = { to: `file:${path.join(folder, 'elsewhere')}` };
        const server = await serve(t, { backup }, { folder });
        await server.logged(({ message }) => message === 'the backup ships');
        const { client, room, seen } = await played(server, 30);
        const before = await events(server);
        const { mode } = fs.statSync(storeOf(server));
        await damage(server, 7);
        assert.equal(await code(server, 'verify'), 1);

        const dry = await server.command('events', 'repair');
        assert.equal(dry.code, 0, dry.err);
        assert.match(dry.out, new RegExp(`${room}\n +from the backup: \\d+\n`));
        assert.match(dry.out, /nothing was changed/);
        assert.equal(await code(server, 'verify'), 1);
        const done = await server.command('events', 'repair', '--apply');
        assert.equal(done.code, 0, done.out + done.err);
        assert.match(done.out, /1 events put back, 0 gone below snapshots, 0 cut/);
        assert.equal(await code(server, 'verify'), 0);
        assert.deepEqual(await events(server), before);
        assert.match((await server.command('audit', 'ls')).out, /events repair .*: done\n$/);
        assert.equal(fs.statSync(storeOf(server)).mode, mode);
        const names = fs.readdirSync(path.dirname(storeOf(server)));
        assert.equal(names.filter((each) => /\.damaged-\d+$/.test(each)).length, 1, `${names}`);
        assert.ok(!names.some((each) => each.includes('repair')), `${names}`);

        await server.start();
        const again = await Client.connect(server, { token: client.token });
        const joined = await again.join({ room });
        assert.deepEqual(place(joined), seen);
        await again.mustAct(room, 'room.bot', { seat: 1 });
    });

    test('asks the oldest base where the newest cannot help', async (t) => {
        const folder = temporaryFolder();
        const target = path.join(folder, 'elsewhere');
        const backup = { to: `file:${target}`, base_every: '1s' };
        const server = await serve(t, { backup }, { folder });
        await server.logged(({ message }) => message === 'the backup ships');
        const bases = () => {
            const names = fs.readdirSync(target, { recursive: true });
            return names.filter((each) => /bases.*manifest/.test(each));
        };
        const client = await Client.connect(server);
        const { room } = await createRoom(server, client);
        await client.sit({ room });
        for (let i = 0; i < 9; i++) await client.mustAct(room, 'room.name', { name: `m-${i}-m` });
        await until(() => bases().length > 1, 'there is a second base', 20_000);
        await server.kill('SIGTERM');
        const before = await events(server);
        await damage(server, 3);
        const newest = path.join(target, path.dirname(bases().sort().at(-1)));
        fs.rmSync(path.join(newest, 'part-00001.zst'));

        const done = await server.command('events', 'repair', '--apply');
        assert.equal(done.code, 0, done.out + done.err);
        assert.match(done.err, /the backup cannot be asked/);
        assert.match(done.out, new RegExp(`${room}\n +from the backup's chain .*: \\d+\n`));
        assert.equal(await code(server, 'verify'), 0);
        assert.deepEqual(await events(server), before);
    });

    test('cuts nothing unless told to, and names what it cuts', async (t) => {
        const server = await serve(t);
        const { client, room, seen } = await played(server, 9);
        const before = await events(server);
        await damage(server, 6);
        const refused = await server.command('events', 'repair', '--apply');
        assert.equal(refused.code, 1);
        assert.match(refused.out, /CUT +\d+ +it cannot be read\n +CUT +\d+ +room\.named of /);
        assert.match(refused.err, /--apply --cut/);
        assert.equal(await code(server, 'verify'), 1);

        const done = await server.command('events', 'repair', '--apply', '--cut');
        assert.equal(done.code, 0, done.out + done.err);
        assert.equal(await code(server, 'verify'), 0);
        const after = await events(server);
        assert.deepEqual(after, before.slice(0, after.length));
        await server.start();
        const again = await Client.connect(server, { token: client.token });
        const joined = await again.join({ room }, { at: seen });
        assert.equal(joined.how, 'snap');
        assert.ok(joined.e > seen.e, 'acked actions are gone: another epoch');
        const name = joined.view.room.seats[0].name;
        assert.equal(name, 'm-4-m', 'm-5-m may be half of what was done at once');
    });

    test('says that it cannot know how the log ended', async (t) => {
        const server = await serve(t);
        const { room } = await played(server, 9, 'SIGKILL');
        const before = await events(server);
        const wal = storeOf(server) + '-wal';
        const bytes = fs.readFileSync(wal);
        bytes[bytes.length - 100] ^= 1; // Of the last commit: SQLite takes it for none.
        fs.writeFileSync(wal, bytes);
        const refused = await server.command('events', 'repair', '--apply');
        assert.equal(refused.code, 1);
        assert.match(refused.out, /nobody knows how many events came last: commits at the end/);
        assert.deepEqual(fs.readFileSync(wal), bytes);

        const done = await server.command('events', 'repair', '--apply', '--cut');
        assert.equal(done.code, 0, done.out + done.err);
        assert.match(done.out, /0 cut, and perhaps more at the end\n/);
        assert.equal(await code(server, 'verify'), 0);
        const after = await events(server);
        assert.ok(after.length < before.length);
        assert.deepEqual(after, before.slice(0, after.length));
        assert.ok(after.every((line) => line.includes(room)));
        const kept = fs.readdirSync(path.dirname(wal)).filter((each) => /damaged/.test(each));
        assert.equal(kept.length, 2, `the store and its WAL: ${kept}`);
    });

    test('begins anew where a repair was cut off', async (t) => {
        const server = await serve(t);
        await played(server, 9);
        const before = await events(server);
        const copy = path.join(temporaryFolder(), 'copy.db');
        fs.copyFileSync(storeOf(server), copy);
        await damage(server, 3);
        fs.mkdirSync(storeOf(server) + '.repair');
        fs.writeFileSync(storeOf(server) + '.repair/backup.db.keys', 'of a repair that was killed');
        fs.writeFileSync(storeOf(server) + '.repaired', 'as it was about to take its place');
        await assert.rejects(server.start(), /a repair was cut off.*events repair --apply/s);

        const done = await server.command('events', 'repair', '--apply', '--from', copy);
        assert.equal(done.code, 0, done.out + done.err);
        assert.deepEqual(await events(server), before);
        const names = fs.readdirSync(path.dirname(storeOf(server)));
        assert.ok(!names.some((each) => each.includes('repair')), `${names}`);
        await server.start();
    });

    test('takes what another store has', async (t) => {
        const server = await serve(t);
        const { room } = await played(server, 9);
        const before = await events(server);
        const copy = path.join(temporaryFolder(), 'copy.db');
        fs.copyFileSync(storeOf(server), copy);
        await damage(server, 3);
        const done = await server.command('events', 'repair', '--apply', '--from', copy);
        assert.equal(done.code, 0, done.out + done.err);
        assert.ok(done.out.includes(`${room}\n    from ${copy}: `), done.out);
        assert.deepEqual(await events(server), before);
    });
});
