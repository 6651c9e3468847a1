// SPDX-License-Identifier: Apache-2.0
//
// What the archive is for a store, on each of them: finished rooms, long rooms, erased persons.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { get, serve, temporaryFolder, until } from './harness.mjs';
import { missing, Postgres } from './postgres.mjs';
import { Client, play, tableWithBots } from './room_client.mjs';

process.env.DB_PASSWORD = 's3cret';

async function run(server, ...words) {
    const ran = await server.command(...words);
    assert.equal(ran.code, 0, `${words.join(' ')}: ${ran.out}${ran.err}`);
    return ran.out;
}

async function fails(server, ...words) {
    const ran = await server.command(...words);
    assert.notEqual(ran.code, 0, ran.out);
    return ran.out + ran.err;
}

const isIn = (text, room) => text.split('\n').some((line) => line.startsWith(room));
const lineOf = (text, room) => text.split('\n').find((line) => line.startsWith(room)) ?? '';

async function archivedOn(t, open, archive = {}) {
    const folder = path.join(temporaryFolder(), 'archive');
    const to = `file:${folder}`;
    const store = await open(t);
    const server = await serve(t, {
        ...store.settings,
        archive: { to, after: '1s', ...archive },
    });
    const packs = (prefix, ending = '.jsonl.zst') =>
        fs.existsSync(path.join(folder, prefix))
            ? fs
                  .readdirSync(path.join(folder, prefix), { recursive: true })
                  .filter((name) => name.endsWith(ending))
            : [];
    return { server, store, packs, folder };
}

const leftTheStore = (server, room) =>
    until(async () => !isIn(await run(server, 'room', 'ls', '--all'), room), 'it left', 30_000);

// A table that is talked at for long enough to have snapshots.
async function talk(client, room, times) {
    const acks = [];
    for (let i = 0; i < times; i++) {
        acks.push(client.mustAct(room, 'room.name', { name: `Somebody ${i}` }));
        if (acks.length % 8 === 0) {
            await Promise.all(acks);
            const next = Date.now() + 170; // 50 messages a second.
            await until(() => Date.now() > next, 'the rate allows more');
        }
    }
    await Promise.all(acks);
}

const sqlite = async () => ({
    settings: {},
    // What the store is, copied to `to`, and back.
    copy: async (server, from, to) => {
        const at = (name) => name ?? path.join(server.folder, 'data');
        fs.rmSync(at(to), { recursive: true, force: true });
        fs.cpSync(at(from), at(to), { recursive: true });
    },
});

const postgresql = async (t) => {
    const postgres = await Postgres.start(t);
    return {
        settings: { store: postgres.store },
        copy: async (server, from, to) => {
            await postgres.stop('SIGINT');
            const { uid, gid } = postgres.how;
            const a = from ?? postgres.data;
            const b = to ?? postgres.data;
            fs.rmSync(b, { recursive: true, force: true });
            fs.cpSync(a, b, { recursive: true });
            fs.chmodSync(b, 0o700);
            if (uid)
                for (const name of ['', ...fs.readdirSync(b, { recursive: true })])
                    fs.chownSync(path.join(b, name), uid, gid);
            await postgres.up();
        },
    };
};

for (const [name, open, skip] of [
    ['SQLite', sqlite, false],
    ['PostgreSQL', postgresql, missing],
])
    describe(`the archive of a store on ${name}`, { skip }, () => {
        test('takes a finished room, verifies it and gives it back', async (t) => {
            const { server, packs, folder } = await archivedOn(t, open);
            const { client, room } = await tableWithBots(server);
            await client.mustAct(room, 'room.name', { name: 'Annabel' });
            await client.mustAct(room, 'start');
            await play(client, room);
            const id = client.welcome.principal;
            client.close();
            const exported = async () =>
                JSON.parse(await run(server, 'subject', 'export', id)).rooms;
            await leftTheStore(server, room);
            const [pack] = packs('packs');
            assert.match(await run(server, 'archive', 'verify'), /^1 packs are whole/);
            await until(async () => {
                const { text } = await get(`${server.adminUrl}/metrics`);
                return /^gatehouse_archive_rooms(_total)?\{result="moved"\} 1$/m.test(text);
            }, 'it is counted');
            assert.match(await run(server, 'archive', 'replay', room), /fair: every deal/);
            const [told] = await exported();
            assert.equal(told.room, room);
            assert.ok(told.archived && told.came, JSON.stringify(told));
            assert.deepEqual(told.names, ['Annabel']);
            assert.ok(told.actions.length > 3, 'and what they did');
            const left = await run(server, 'events', 'tail');
            assert.ok(!left.includes(room), 'the store has nothing of it');

            await server.kill('SIGTERM');
            assert.match(await run(server, 'archive', 'restore', room), /again in 1s/);
            assert.match(await run(server, 'room', 'show', room), /Annabel/);
            assert.match(await run(server, 'events', 'verify'), /sound/);
            // A while longer in the store, to be asked about there.
            await server.start({ args: ['--set', 'archive.after=1h'] });
            const { archived, ...there } = told;
            assert.ok(archived);
            assert.deepEqual(await exported(), [there], 'wherever it lies');
            await server.restart({ signal: 'SIGTERM' });
            await leftTheStore(server, room);
            assert.deepEqual(packs('packs'), [pack], 'the same again');
            fs.renameSync(path.join(folder, 'packs'), path.join(folder, 'away'));
            fs.mkdirSync(path.join(folder, 'packs'));
            const [gone] = await exported();
            assert.match(gone.nowhere, /neither the store/);
            fs.rmdirSync(path.join(folder, 'packs'));
            fs.renameSync(path.join(folder, 'away'), path.join(folder, 'packs'));

            assert.match(await run(server, 'subject', 'erase', id, '--yes'), /1 membership/);
            await server.kill('SIGTERM');
            await run(server, 'archive', 'restore', room);
            assert.doesNotMatch(await run(server, 'room', 'show', room), /Annabel/);
            assert.match(await run(server, 'room', 'verify', room), /fair: every deal/);
        });

        test('takes what a snapshot tells of from a room that goes on', async (t) => {
            const { server, packs } = await archivedOn(t, open, { compact: 200 });
            let { client, room } = await tableWithBots(server);
            const then = client.rooms.get(room).s;
            await client.mustAct(room, 'room.unbot', { seat: 3 });
            await talk(client, room, 300);
            await until(() => packs('parts').length > 0, 'its first part', 30_000);
            await server.logged((line) => /unfinished rooms moved/.test(line.message));
            const listed = lineOf(await run(server, 'archive', 'ls'), room);
            assert.match(listed, /unfinished/);
            assert.match(await run(server, 'archive', 'verify'), /1 parts of unfinished rooms/);
            assert.match(await run(server, 'archive', 'replay', room, '--until', '9'), /\{/);
            assert.match(await fails(server, 'archive', 'restore', room), /not finished/);

            // Its history is one, whoever asks.
            assert.match(await run(server, 'room', 'show', room), /^ +1 .*room.opened/m);
            assert.match(await run(server, 'room', 'verify', room), /versions without a gap/);
            await run(server, 'room', 'restore', room, '--at', String(then));
            await client.see(room, (view) => view.room.seats[3].by === 'bot');

            await server.restart();
            client = await Client.connect(server, { token: client.token });
            await client.sit({ room });
            await client.mustAct(room, 'room.name', { name: 'At last' });
            assert.equal((await server.kill('SIGTERM')).code, 0);
            assert.match(await run(server, 'events', 'verify'), /1 snapshots replayed.*sound/);
            assert.match(await run(server, 'room', 'show', room), /^ +1 .*room.opened/m);

            await server.start();
            client = await Client.connect(server, { token: client.token });
            await client.sit({ room });
            await client.mustAct(room, 'start');
            await play(client, room);
            await leftTheStore(server, room);
            assert.deepEqual(packs('parts'), [], 'the pack has it all');
            assert.match(await run(server, 'archive', 'verify'), /^1 packs are whole/);
            assert.match(await run(server, 'archive', 'replay', room), /fair: every deal/);
            await server.kill('SIGTERM');
            await run(server, 'archive', 'restore', room);
            assert.match(await run(server, 'room', 'verify', room), /fair: every deal/);
        });

        test('erases again whom a store brings back that was set back', async (t) => {
            const { server, store, packs } = await archivedOn(t, open);
            const { client, room } = await tableWithBots(server);
            await client.mustAct(room, 'room.name', { name: 'Annabel Unmistakable' });
            for (const seat of [2, 3]) await client.mustAct(room, 'room.unbot', { seat });
            const other = await Client.connect(server);
            await other.sit({ room });
            const id = client.welcome.principal;
            await server.kill('SIGTERM');
            const before = path.join(temporaryFolder(), 'before');
            await store.copy(server, undefined, before);

            await server.start();
            assert.match(await run(server, 'subject', 'erase', id, '--yes'), /1 membership/);
            const marks = packs('erased', '');
            assert.equal(marks.length, 1);
            assert.match(marks[0], /^[0-9a-f]{64}$/, 'which says nothing of anybody');
            const again = await Client.connect(server, { token: client.token });
            await again.sit({ room });
            await server.kill('SIGTERM');
            await server.start();
            assert.ok(!server.log.some((line) => /are erased again/.test(line.message)));
            const anew = JSON.parse(await run(server, 'subject', 'export', id));
            assert.equal(anew.rooms.length, 1, 'who came again is somebody new');
            await server.kill('SIGTERM');

            await store.copy(server, before, undefined);
            await server.start();
            await server.logged((line) => /are erased again/.test(line.message));
            assert.doesNotMatch(await run(server, 'room', 'show', room), /Annabel/);
            const told = JSON.parse(await run(server, 'subject', 'export', id));
            assert.deepEqual(told.rooms, []);
            const kept = other.welcome.principal;
            assert.equal(JSON.parse(await run(server, 'subject', 'export', kept)).rooms.length, 1);
        });

        test('owes the notes of who was erased until somebody takes them', async (t) => {
            const { server, packs, folder } = await archivedOn(t, open);
            const { client, room } = await tableWithBots(server);
            await client.mustAct(room, 'room.name', { name: 'Annabel Unmistakable' });
            const id = client.welcome.principal;
            fs.writeFileSync(path.join(folder, 'erased'), 'a file where the folder should be');
            const told = await run(server, 'subject', 'erase', id, '--yes');
            assert.match(told, /NOT NOTED EVERYWHERE: 1 notes/);
            assert.doesNotMatch(await run(server, 'room', 'show', room), /Annabel/, 'yet it is');
            await server.kill();
            await server.start();
            fs.rmSync(path.join(folder, 'erased'));
            await until(async () => packs('erased', '').length === 1, 'what was owed');
        });
    });
