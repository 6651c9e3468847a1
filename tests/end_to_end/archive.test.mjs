// SPDX-License-Identifier: Apache-2.0
//
// Finished rooms leave the store for a folder or for S3, and come back.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { serve, temporaryFolder, until } from './harness.mjs';
import { play, tableWithBots } from './room_client.mjs';
import { S3 } from './s3.mjs';

// Plays rooms to their ends, all at once; their ids.
async function finished(server, count = 1) {
    const tables = Array.from({ length: count }, async () => {
        const { client, room } = await tableWithBots(server);
        await client.mustAct(room, 'start');
        await play(client, room);
        client.close();
        return room;
    });
    return Promise.all(tables);
}

async function command(server, ...words) {
    const ran = await server.command(...words);
    assert.equal(ran.code, 0, `${words.join(' ')}: ${ran.out}${ran.err}`);
    return ran.out;
}

const fails = async (server, ...words) => {
    const ran = await server.command(...words);
    assert.notEqual(ran.code, 0, ran.out);
    return ran.out + ran.err;
};

const isIn = (text, room) => text.split('\n').some((line) => line.startsWith(room));
const inStore = async (server, room) => isIn(await command(server, 'room', 'ls', '--all'), room);
const inArchive = async (server, room) => isIn(await command(server, 'archive', 'ls'), room);

const archived = (server, rooms) =>
    until(
        async () => {
            const list = await command(server, 'archive', 'ls');
            return rooms.every((room) => isIn(list, room));
        },
        `${rooms} are archived`,
        30_000,
    );

// A place for packs, and how to look at them behind the archive's back.
async function folderArchive(t) {
    const folder = path.join(temporaryFolder(), 'archive');
    const all = () =>
        fs
            .readdirSync(folder, { recursive: true })
            .filter((name) => name.endsWith('.jsonl.zst'))
            .map((name) => path.join(folder, name));
    return {
        settings: { to: `file:${folder}`, after: '1s' },
        pack: (room) => all().find((name) => name.includes(room)),
        read: (name) => fs.readFileSync(name),
        write: (name, bytes) => fs.writeFileSync(name, bytes),
    };
}

async function bucketArchive(t) {
    const s3 = await S3.start(t);
    Object.assign(process.env, s3.environment);
    return {
        s3,
        settings: { ...s3.settings('some/where'), after: '1s' },
        pack: (room) => [...s3.objects.keys()].find((key) => key.includes(`${room}.jsonl`)),
        read: (key) => s3.objects.get(key).bytes,
        write: (key, bytes) => (s3.objects.get(key).bytes = bytes),
    };
}

for (const [name, open] of [['a folder', folderArchive], ['S3', bucketArchive]])
    describe(`an archive in ${name}`, () => {
        test('takes a finished room, replays it and gives it back', async (t) => {
            const archive = await open(t);
            const server = await serve(t, { archive: archive.settings });
            const [room] = await finished(server);
            const unfinished = (await tableWithBots(server)).room;
            await archived(server, [room]);
            await until(async () => !(await inStore(server, room)), 'it left the store');
            assert.ok(await inStore(server, unfinished));
            await server.logged((line) => line.message === 'rooms moved to the archive');

            assert.match(await command(server, 'archive', 'verify'), /^1 packs are whole/);
            const replayed = await command(server, 'archive', 'replay', room);
            assert.match(replayed, /"winners":\[\d/);
            assert.match(replayed, /fair: every deal follows/);
            const code = room.split('.')[0];
            assert.equal(await command(server, 'archive', 'replay', code), replayed);
            assert.match(await fails(server, 'room', 'show', room), /is in the archive/);

            assert.match(await fails(server, 'archive', 'restore', room), /stop the server/);
            await server.kill('SIGTERM');
            assert.match(await command(server, 'archive', 'restore', room), /again in 1s/);
            assert.match(await command(server, 'room', 'verify', room), /fair: every deal/);
            assert.match(await fails(server, 'archive', 'restore', room), /already/);
            const before = archive.read(archive.pack(room));

            await server.start(); // And there it goes again, the same.
            await until(async () => !(await inStore(server, room)), 'it left the store again');
            assert.deepEqual(archive.read(archive.pack(room)), before);
        });

        test('names a damaged pack, and keeps what is held', async (t) => {
            const archive = await open(t);
            const server = await serve(t, { archive: archive.settings });
            const [damaged, held, other] = await finished(server, 3);
            await archived(server, [damaged, held, other]);
            const pack = archive.pack(damaged);
            const bytes = Buffer.from(archive.read(pack));
            bytes[bytes.length >> 1] ^= 1;
            archive.write(pack, bytes);
            const verdict = await fails(server, 'archive', 'verify', '--all');
            assert.match(verdict, /2 packs are whole/);
            assert.match(verdict, new RegExp(`${damaged}: .*damaged`));
            assert.match(await fails(server, 'archive', 'replay', damaged), /damaged/);

            await command(server, 'archive', 'hold', held, '--reason', 'case 7');
            const line = (await command(server, 'archive', 'ls'))
                .split('\n')
                .find((each) => each.startsWith(held));
            assert.match(line, /case 7$/);
            await server.kill('SIGTERM');
            const config = JSON.parse(fs.readFileSync(server.file, 'utf8'));
            config.archive.keep = '1s';
            server.write(config);
            await server.start();
            await until(async () => !(await inArchive(server, other)), 'it was deleted');
            assert.ok(await inArchive(server, held));
            await command(server, 'archive', 'release', held);
            await until(async () => !(await inArchive(server, held)), 'it was deleted, too');
        });

        test('holds a room ahead, and says whose names go all the same', async (t) => {
            const archive = await open(t);
            const server = await serve(t, { archive: { ...archive.settings, after: '1d' } });
            const { client, room } = await tableWithBots(server);
            const id = client.welcome.principal;
            await client.mustAct(room, 'start');
            await play(client, room);
            assert.match(
                await command(server, 'archive', 'hold', room, '--reason', 'case 8'),
                new RegExp(`room ${room}.* is held, and will be: case 8`),
            );
            assert.match(
                await fails(server, 'archive', 'hold', 'nowhere', '--reason', 'none'),
                /no room nowhere/,
            );
            client.close();
            await server.kill('SIGTERM');
            const config = JSON.parse(fs.readFileSync(server.file, 'utf8'));
            server.write({ ...config, archive: { ...config.archive, after: '1s', keep: '1s' } });
            await server.start();
            await archived(server, [room]);
            assert.match(
                await command(server, 'subject', 'erase', id, '--yes'),
                new RegExp(`^THIS ROOM IS HELD.*${room}.*case 8.*\nerased: 1 membership`),
            );
            assert.ok(await inArchive(server, room));
            await command(server, 'archive', 'release', room);
            await until(async () => !(await inArchive(server, room)), 'it was deleted');
            await server.logged((line) => /room is deleted/.test(line.message) && line.room);
            await until(
                async () => /archive\.keep .*archive delete .*1 room: done/.test(
                    await command(server, 'audit', 'ls')),
                'the audit log has it',
            );
        });

        test('loses nothing when the server is killed while it archives', async (t) => {
            const archive = await open(t);
            const server = await serve(t, {
                archive: { ...archive.settings, after: '1d' },
                drain: { timeout: '1s' },
            });
            const rooms = await finished(server, 12);
            await server.kill('SIGTERM');
            const config = JSON.parse(fs.readFileSync(server.file, 'utf8'));
            config.archive.after = '1s';
            server.write(config);
            for (let life = 0; life < 8; life++) {
                await server.start();
                const packs = () => rooms.filter((room) => archive.pack(room)).length;
                const before = packs();
                await until(
                    () => packs() > before || packs() === rooms.length,
                    'another pack is there',
                );
                await server.kill();
            }
            await server.start();
            await archived(server, rooms);
            await until(async () => {
                const list = await command(server, 'room', 'ls', '--all');
                return rooms.every((room) => !isIn(list, room));
            }, 'all left the store');
            assert.match(await command(server, 'archive', 'verify'), /^12 packs are whole/);
            for (const room of rooms)
                assert.match(await command(server, 'archive', 'replay', room), /fair: every/);
        });
    });

describe('S3 that misbehaves', () => {
    test('rooms stay in the store until the service is well, and the log says why', async (t) => {
        const { s3, settings } = await bucketArchive(t);
        s3.before = async () => S3.refuse(503, 'SlowDown');
        const server = await serve(t, { archive: settings });
        const [room] = await finished(server);
        await server.logged((line) => /too much to do/.test(line.error), 'SlowDown');
        s3.before = async () => {};
        const { secretAccessKey } = s3.keys;
        s3.keys.secretAccessKey = 'another';
        await server.logged((line) => /secret_key/.test(line.error), 'a wrong secret');
        assert.match(await fails(server, 'archive', 'ls'), /secret_key/);
        assert.ok(await inStore(server, room));
        s3.keys.secretAccessKey = secretAccessKey;
        await archived(server, [room]);
        assert.ok(!JSON.stringify(server.log).includes(secretAccessKey));
    });
});
