// SPDX-License-Identifier: Apache-2.0
//
// A machine is lost, or a moment wanted back: what a backup brings.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { binary, configuration, gatehouse, get, serve, until } from './harness.mjs';
import { binaries, missing, Postgres } from './postgres.mjs';
import { Client, createRoom, place, play, tableWithBots } from './room_client.mjs';
import { S3 } from './s3.mjs';

process.env.DB_PASSWORD = 's3cret';

// Names a seat, over and over, in rooms of its own, and knows when each of them was acked.
class Player {
    acked = []; // { room, action, at }
    #count = 0;
    #next = 0; // No more than 40 a second: a client may send 50.

    static async at(server, rooms = 3) {
        const player = new Player();
        player.client = await Client.connect(server);
        player.rooms = [];
        for (let i = 0; i < rooms; i++) {
            const { room } = await createRoom(server, player.client);
            await player.client.sit({ room });
            player.rooms.push(room);
        }
        return player;
    }

    // To a server that was started again.
    async comeBack(server) {
        this.client = await Client.connect(server, { token: this.client.token });
        for (const room of this.rooms) await this.client.sit({ room });
    }

    async act() {
        await until(() => Date.now() >= this.#next, 'it may act again');
        this.#next = Date.now() + 25;
        const room = this.rooms[this.#count++ % this.rooms.length];
        const name = `n${this.#count}`;
        const { id } = await this.client.mustAct(room, 'room.name', { name });
        this.acked.push({ room, action: id, at: Date.now() });
    }

    // Until the connection breaks, or `enough`.
    async keepActing(enough) {
        try {
            while (!enough()) await this.act();
        } catch (error) {
            if (!enough()) throw error;
        }
    }
}

const shippedAtLeast = 2000; // ms behind, at most.

async function everything(server) {
    const { out, code, err } = await server.command('events', 'tail');
    assert.equal(code, 0, err);
    const events = out.split('\n').filter(Boolean).map((line) => JSON.parse(line));
    return events.filter(({ room }) => !room.startsWith('audit.')); // A restore leaves an entry.
}

const actsIn = (events) =>
    new Set(
        events
            .filter((event) => event.type === 'room.named')
            .map((event) => `${event.room}/${event.action}`),
    );

// Every room from its first version on, without a gap; of those acked, all up to `before`.
function assertKept(events, acked, before) {
    const versions = new Map();
    for (const { room, version } of events) {
        assert.equal(version, (versions.get(room) ?? 0) + 1, `${room} has a gap`);
        versions.set(room, version);
    }
    const kept = actsIn(events);
    const lost = acked.filter(({ room, action }) => !kept.has(`${room}/${action}`));
    const late = lost.filter(({ at }) => at < before);
    assert.deepEqual(late, [], `of ${acked.length}, ${lost.length} are gone`);
    return lost.length;
}

const folderOf = (server) => path.join(server.folder, 'elsewhere');
const health = async (server) => (await get(server.url + '/health')).json.checks.backup;

async function backedUp(t, changes = {}, often = {}) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-e2e-'));
    const backup = { to: `file:${path.join(folder, 'elsewhere')}`, ...often };
    const started = serve(t, { backup, ...changes }, { folder });
    // Once the server has ended: it writes there.
    t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
    const server = await started;
    await until(
        () => server.log.some(({ message }) => message === 'the backup ships'),
        'there is a base to come back to',
    );
    return server;
}

async function restored(server, ...more) {
    fs.rmSync(path.join(server.folder, 'data'), { recursive: true });
    const to = path.join(server.folder, 'data/gatehouse.db');
    const from = `file:${folderOf(server)}`;
    const done = await gatehouse('backup', 'restore', '--from', from, '--to', to, ...more);
    assert.equal(done.code, 0, done.err);
    assert.doesNotMatch(done.err, /\r/); // Nobody looks on.
    return done.out;
}

describe('backup', { concurrency: 3 }, () => {
    test('a machine that is lost under load loses 2 s at most', async (t) => {
        // The key that the server makes for itself would be lost with the machine.
        process.env.GUEST_KEY = '5f'.repeat(32);
        const auth = { guests: { anonymous: { key: 'env:GUEST_KEY' } } };
        const server = await backedUp(t, { auth });
        const players = await Promise.all(Array.from({ length: 8 }, () => Player.at(server)));
        let isOver = false;
        const played = players.map((player) => player.keepActing(() => isOver));
        const all = () => players.flatMap(({ acked }) => acked);
        const began = Date.now();
        const isEnough = () => Date.now() - began > 5000 && all().length > 800;
        await until(isEnough, 'they have played for 5 s, and much', 60_000);
        const killedAt = Date.now();
        isOver = true;
        await server.kill();
        for (const { client } of players) client.cut();
        await Promise.all(played);
        const before = await everything(server);

        await restored(server);
        const after = await everything(server);
        const lost = assertKept(after, all(), killedAt - shippedAtLeast);
        assert.ok(after.length > 500, 'there was load');
        assert.deepEqual(after, before.slice(0, after.length), 'what is there is exact');
        t.diagnostic(`${all().length} acked, of which ${lost} are gone`);

        await server.start();
        const again = await Player.at(server, 1);
        await again.act();
        const back = await Client.connect(server, { token: players[0].client.token });
        await back.sit({ room: players[0].rooms[0] });
        await until(async () => (await health(server))?.status === 'ok', 'it ships again');
        const listed = await server.command('backup', 'ls');
        assert.equal(listed.code, 0, listed.err);
        await server.kill('SIGTERM');
        const end = await everything(server);
        await restored(server);
        assert.deepEqual(await everything(server), end, 'a stop in order loses nothing');
    });

    // Whose WAL stays behind would have it replayed over what is restored.
    test('a store is restored where all of another was moved away, and not before', async (t) => {
        const server = await backedUp(t);
        const player = await Player.at(server, 1);
        for (let i = 0; i < 3; i++) await player.act();
        const last = player.acked.at(-1).at;
        await until(async () => Date.now() > last + shippedAtLeast, 'it is shipped');
        await server.kill(); // So the WALs are there.
        const before = await everything(server);
        const data = path.join(server.folder, 'data');
        const store = path.join(data, 'gatehouse.db');
        const aside = path.join(server.folder, 'aside');
        fs.mkdirSync(aside);
        const restore = () => server.command('backup', 'restore', '--to', store);
        const leftOver = () => fs.readdirSync(data).filter((name) =>
            /^gatehouse\.db(\.keys)?(-wal|-shm|-journal)?$/.test(name));
        assert.ok(leftOver().includes('gatehouse.db-wal'), `${leftOver()}`);
        while (leftOver().length > 0) {
            const [name] = leftOver();
            const refused = await restore();
            assert.equal(refused.code, 1, refused.out);
            assert.ok(refused.err.includes(path.join(data, name)), refused.err);
            assert.match(refused.err, /move all that begins with gatehouse\.db away together/);
            fs.renameSync(path.join(data, name), path.join(aside, name));
        }
        const done = await restore();
        assert.equal(done.code, 0, done.err);
        const after = await everything(server);
        assertKept(after, player.acked, Infinity);
        assert.deepEqual(after, before.slice(0, after.length));
        await server.start();
        await player.comeBack(server);
        await player.act();
    });

    test('a drill says where store and backup differ', async (t) => {
        const server = await backedUp(t);
        const player = await Player.at(server, 1);
        await player.act();
        await server.kill('SIGTERM');
        const data = path.join(server.folder, 'data');
        const older = path.join(server.folder, 'older');
        fs.cpSync(data, older, { recursive: true });
        await server.start();
        await player.comeBack(server);
        await player.act();
        await server.kill('SIGTERM');
        const drill = () => server.command('backup', 'drill');
        assert.equal((await drill()).code, 0);

        fs.rmSync(data, { recursive: true });
        fs.cpSync(older, data, { recursive: true });
        const behind = await drill();
        assert.equal(behind.code, 1, behind.out + behind.err);
        assert.match(behind.out, /restored at version \d+, and live only at \d+/);

        const shipping = fs.readFileSync(server.file, 'utf8');
        server.write(configuration());
        await server.start();
        await player.comeBack(server);
        await player.act();
        await server.kill('SIGTERM');
        server.write(shipping);
        const other = await drill();
        assert.equal(other.code, 1, other.out + other.err);
        assert.match(other.out, /event \d+ is not the live one/);
    });

    test('a drill agrees under load, while old bases go', async (t) => {
        const server = await backedUp(t, {}, { base_every: '1s', keep: '3s' });
        const players = await Promise.all(Array.from({ length: 4 }, () => Player.at(server)));
        let isOver = false;
        const played = players.map((player) => player.keepActing(() => isOver));
        const bases = () =>
            server.log.filter(({ message }) => message === 'the backup has a new base');
        const someWent = () => bases().some((base) => base.old_objects_removed > 0);
        for (let drills = 0; drills < 3 || !someWent(); drills++) {
            const before = bases().length;
            const drilled = await server.command('backup', 'drill');
            assert.equal(drilled.code, 0, drilled.out + drilled.err);
            await until(() => bases().length > before, 'another base is there', 30_000);
        }
        isOver = true;
        await Promise.all(played);
    });

    test('a bucket is shipped to, whatever it answers now and then, and had again', async (t) => {
        const s3 = await S3.start(t);
        Object.assign(process.env, s3.environment);
        let puts = 0;
        s3.before = async (request) => {
            if (request.method === 'PUT' && ++puts % 5 === 0) throw S3.refuse(503, 'SlowDown');
        };
        s3.farMs = 30;
        const archive = s3.settings('archive'); // Whose keys a backup in the bucket uses.
        const to = archive.to.replace('archive', 'backup');
        const server = await backedUp(t, { archive, backup: { to } });
        const player = await Player.at(server);
        await player.keepActing(() => puts >= 12);
        const last = player.acked.at(-1).at;
        const isShipped = async () =>
            Date.now() - ((await health(server)).behind_s + 1) * 1000 > last;
        await until(isShipped, 'all that was acked is in the bucket', 30_000);
        await server.kill();
        const before = await everything(server);
        fs.rmSync(path.join(server.folder, 'data'), { recursive: true });
        const done = await server.command('backup', 'restore', '--to',
            path.join(server.folder, 'data/gatehouse.db'));
        assert.equal(done.code, 0, done.err);
        const after = await everything(server);
        assertKept(after, player.acked, Infinity);
        assert.deepEqual(after, before.slice(0, after.length));
        const refused = new Set(s3.refused);
        assert.ok(refused.delete('SlowDown'));
        refused.delete('NoSuchKey');
        assert.deepEqual(refused, new Set(), 'all signatures fit');
    });

    test('a stop in the midst of shipping ships the rest', async (t) => {
        const s3 = await S3.start(t);
        Object.assign(process.env, s3.environment);
        const archive = s3.settings('archive');
        const to = archive.to.replace('archive', 'backup');
        const server = await backedUp(t, { archive, backup: { to } });
        const player = await Player.at(server, 1);
        s3.farMs = 700;
        await player.act();
        await until(() => s3.asked > 0, 'it ships');
        await player.act(); // After what is being put was read.
        await server.kill('SIGTERM');
        const end = await everything(server);
        fs.rmSync(path.join(server.folder, 'data'), { recursive: true });
        const done = await server.command('backup', 'restore', '--to',
            path.join(server.folder, 'data/gatehouse.db'));
        assert.equal(done.code, 0, done.err);
        assert.deepEqual(await everything(server), end);
    });

    test('a moment is had again, and the drill agrees', async (t) => {
        const server = await backedUp(t);
        const { client, room } = await tableWithBots(server, { rounds: 1 });
        await client.mustAct(room, 'start');
        await play(client, room);
        const player = await Player.at(server);
        await player.act();
        await until(() => Date.now() > player.acked[0].at + 100, 'the clock moves on');
        const moment = new Date().toISOString();
        await until(() => new Date().toISOString() > moment, 'the clock moves on');
        await player.act();
        const drilled = await server.command('backup', 'drill');
        assert.equal(drilled.code, 0, drilled.out + drilled.err);
        assert.match(drilled.out, /verdict +the backup restores to what the store holds/);
        await server.kill('SIGTERM');
        const stopped = await server.command('backup', 'drill');
        assert.equal(stopped.code, 0, stopped.out + stopped.err);

        const chains = async () => {
            const { out } = await server.command('backup', 'ls');
            const lines = out.split('\n').filter((line) => /^\d{8}T/.test(line));
            return [...new Set(lines.map((line) => line.split(' ')[0]))];
        };
        const [first] = await chains();
        const all = await everything(server);
        const verified = await server.command('backup', 'verify');
        assert.equal(verified.code, 0, verified.out);
        assert.match(verified.out, /all are whole/);
        await restored(server, '--at', moment);
        const then = await everything(server);
        assert.deepEqual(then, all.slice(0, then.length));
        assert.ok(actsIn(then).has(`${player.acked[0].room}/${player.acked[0].action}`));
        assert.ok(!actsIn(then).has(`${player.acked[1].room}/${player.acked[1].action}`));
        assert.equal((await server.command('room', 'verify', room)).code, 0);

        const shown = path.join(server.folder, 'shown.db');
        const { stdout } = await promisify(execFile)('script', ['-qec',
            `${binary} backup restore --from file:${folderOf(server)} --to ${shown}`, '/dev/null']);
        assert.match(stdout, /\rbase \d+ of \d+ MiB, segments \d+ of \d+, events \d+ /);

        const over = await gatehouse('backup', 'restore', '--from', `file:${folderOf(server)}`,
            '--to', path.join(server.folder, 'data/gatehouse.db'));
        assert.equal(over.code, 1);
        assert.match(over.err, /Nothing is restored over a file that exists/);

        await server.start();
        await (await Player.at(server)).act();
        const goesOn = async () => (await chains()).length === 2;
        await until(goesOn, 'the store went back: another chain');
        await server.kill('SIGTERM');
        await restored(server, '--chain', first);
        assert.deepEqual(await everything(server), all, 'nothing of the old chain is lost');
    });

    test('whoever saw what is gone is given a whole view of another epoch', async (t) => {
        process.env.GUEST_KEY = '5f'.repeat(32);
        const auth = { guests: { anonymous: { key: 'env:GUEST_KEY' } } };
        const server = await backedUp(t, { auth });
        const client = await Client.connect(server);
        const { room } = await createRoom(server, client);
        await client.sit({ room });
        await client.mustAct(room, 'room.name', { name: 'Before' });
        const acked = Date.now();
        await until(() => Date.now() > acked, 'the clock moves on');
        const moment = new Date().toISOString();
        await until(() => new Date().toISOString() > moment, 'the clock moves on');

        const epochs = [];
        const actAndGoBack = async (name) => {
            const again = await Client.connect(server, { token: client.token });
            await again.sit({ room });
            await again.mustAct(room, 'room.name', { name });
            const seen = place(again.rooms.get(room));
            epochs.push(seen.e);
            await server.kill('SIGTERM');
            await restored(server, '--at', moment);
            await server.start();
            return seen;
        };
        // As many events as are gone come again, so that versions alone would tell nothing.
        for (const name of ['Gone', 'Gone too']) {
            const seen = await actAndGoBack(name);
            const other = await Client.connect(server, { token: client.token });
            await other.sit({ room });
            await other.mustAct(room, 'room.name', { name: 'After' });
            await other.close();
            const back = await Client.connect(server, { token: client.token });
            const joined = await back.join({ room }, { at: seen });
            assert.equal(joined.how, 'snap');
            assert.ok(joined.e > seen.e && Number.isSafeInteger(joined.e), `${joined.e}`);
            assert.equal(joined.view.room.seats[0].name, 'After');
            await back.close();
        }
        assert.ok(epochs[1] > epochs[0]);
        const listed = await server.command('audit', 'ls');
        assert.match(listed.out, /backup restore .*data\/gatehouse\.db chain .*: done\n$/);
    });

    test('a target that is away is caught up with when it is back', async (t) => {
        const server = await backedUp(t);
        const player = await Player.at(server);
        await player.act();
        const dora = await Client.connect(server);
        await dora.sit({ room: (await createRoom(server, dora)).room });
        const eraseDora = () =>
            server.command('subject', 'erase', dora.welcome.principal, '--yes');
        const folder = folderOf(server);
        fs.renameSync(folder, folder + '.away');
        fs.writeFileSync(folder, 'in the way');
        const began = Date.now();
        await player.keepActing(() => Date.now() - began > 500);
        await server.logged(({ message }) => /backup is behind/.test(message));
        await player.act();
        await until(async () => (await health(server)).status === 'behind', 'it says so', 20_000);
        assert.ok((await server.metric('gatehouse_backup_behind_seconds')) >= 10);
        assert.equal((await get(server.url + '/health/ready')).status, 200, 'rooms go on');
        assert.match((await eraseDora()).out, /erased: 1 .*\n.*BACKUP MAY HAVE THE KEYS STILL/);
        fs.rmSync(folder);
        fs.renameSync(folder + '.away', folder);
        await server.logged(({ message }) => /backup has caught up/.test(message));
        await until(async () => (await health(server)).status === 'ok', 'it has caught up');
        assert.match((await eraseDora()).out, /^no room has a key .*\n.*backup has none of these/);
        await server.kill();
        const all = await everything(server);
        await restored(server);
        const after = await everything(server);
        assert.deepEqual(after, all.slice(0, after.length));
        assertKept(after, player.acked, Infinity);
    });

    test('names come back, and whoever was erased does not, at whatever moment', async (t) => {
        process.env.GUEST_KEY = '5f'.repeat(32);
        const auth = { guests: { anonymous: { key: 'env:GUEST_KEY' } } };
        const server = await backedUp(t, { auth });
        const [anna, ben] = [await Client.connect(server), await Client.connect(server)];
        const { room } = await createRoom(server, anna);
        for (const [client, name] of [[anna, 'Anna Andersen'], [ben, 'Ben Bengtsson']]) {
            await client.sit({ room });
            await client.mustAct(room, 'room.name', { name });
        }
        const shipped = Date.now();
        const moment = new Date(shipped + 1).toISOString();
        await until(async () => Date.now() > shipped + shippedAtLeast, 'it is shipped');
        const id = anna.welcome.principal;
        const erased = await server.command('subject', 'erase', id, '--yes');
        assert.match(erased.out, /^erased: 1 .*\nThe backup has none of these keys any more/);
        await server.logged(({ message }) => /erased keys have left the backup/.test(message));
        await server.kill();
        await restored(server, '--at', moment);
        await server.start();
        const again = await Client.connect(server, { token: ben.token });
        await again.sit({ room });
        const names = again.rooms.get(room).view.room.seats.map((seat) => seat.name);
        assert.ok(!names.includes('Anna Andersen') && names.includes('Ben Bengtsson'), `${names}`);
    });

    test('what is damaged is named, and nothing is made of it', async (t) => {
        const server = await backedUp(t);
        const player = await Player.at(server);
        for (let i = 0; i < 3; i++) await player.act();
        await server.kill('SIGTERM');
        const segments = fs
            .readdirSync(folderOf(server), { recursive: true })
            .filter((each) => each.includes('segments') && each.endsWith('.jsonl.zst'));
        const victim = path.join(folderOf(server), segments[0]);
        const bytes = fs.readFileSync(victim);
        bytes[bytes.length >> 1] ^= 1;
        fs.writeFileSync(victim, bytes);
        const verified = await server.command('backup', 'verify');
        assert.equal(verified.code, 1);
        assert.ok(verified.out.includes(path.basename(victim)), verified.out);
        const to = path.join(server.folder, 'other.db');
        const done = await server.command('backup', 'restore', '--to', to);
        assert.equal(done.code, 1);
        assert.ok(done.err.includes(path.basename(victim)), done.err);
        assert.ok(!fs.existsSync(to));
    });
});

const run = promisify(execFile);

// The commands of docs/backup.md, in their order.
function documented(folder, replacements) {
    const text = fs.readFileSync(new URL('../../docs/backup.md', import.meta.url), 'utf8');
    const part = text.slice(text.indexOf('## PostgreSQL'));
    const blocks = [...part.matchAll(/```\n([^`]*)```/g)].map(([, block]) => block);
    assert.equal(blocks.length, 3);
    return blocks.map((block) =>
        Object.entries({ '/mnt/elsewhere': folder, ...replacements }).reduce(
            (all, [from, to]) => all.replaceAll(from, to),
            block,
        ),
    );
}

const skip = missing;

test('PostgreSQL is taken back to a moment by its own tools', { skip }, async (t) => {
    const postgres = await Postgres.start(t);
    const elsewhere = path.join(postgres.folder, 'elsewhere');
    fs.mkdirSync(path.join(elsewhere, 'wal'), { recursive: true });
    const { uid, gid } = postgres.how;
    const own = (...names) => uid && names.forEach((name) => fs.chownSync(name, uid, gid));
    own(elsewhere, path.join(elsewhere, 'wal'));
    const [settings, backup] = documented(elsewhere, { HOST: postgres.address });
    await postgres.stop('SIGINT');
    fs.appendFileSync(path.join(postgres.data, 'postgresql.conf'), '\n' + settings);
    await postgres.up();

    const server = await serve(t, { store: postgres.store });
    const player = await Player.at(server);
    await player.act();
    await run('sh', ['-c', backup], {
        ...postgres.how,
        env: { PATH: `${binaries}:/usr/bin:/bin`, PGPASSWORD: 's3cret' },
    });
    const [base] = fs.readdirSync(elsewhere).filter((each) => each.startsWith('base-'));
    for (let i = 0; i < 20; i++) await player.act();
    const target = postgres.ask('SELECT now()');
    await until(() => postgres.ask(`SELECT now() > '${target}'`) === 't', 'time passes');
    const acked = [...player.acked];
    await player.act();
    const last = player.acked.at(-1);
    const archived = "SELECT last_archived_time > now() - interval '5s' FROM pg_stat_archiver";
    const wal = postgres.ask('SELECT pg_walfile_name(pg_switch_wal())');
    await until(
        () => fs.existsSync(path.join(elsewhere, 'wal', wal)),
        'the WAL up to the target is elsewhere',
        30_000,
    );
    assert.equal(postgres.ask(archived), 't');
    const seen = { ...place(player.client.rooms.get(last.room)) };
    await server.kill();
    await postgres.stop();

    fs.rmSync(postgres.data, { recursive: true });
    fs.cpSync(path.join(elsewhere, base), postgres.data, { recursive: true });
    const [, , recovery] = documented(elsewhere, { '2026-11-21 14:03:07+00': target });
    fs.appendFileSync(path.join(postgres.data, 'postgresql.conf'), '\n' + recovery);
    fs.writeFileSync(path.join(postgres.data, 'recovery.signal'), '');
    if (uid) await run('chown', ['-R', `${uid}:${gid}`, postgres.data]);
    fs.chmodSync(postgres.data, 0o700);
    await postgres.up();
    await until(() => postgres.ask('SELECT pg_is_in_recovery()') === 'f', 'it has recovered');

    await server.start();
    const events = await everything(server);
    assertKept(events, acked, Infinity);
    assert.ok(!actsIn(events).has(`${last.room}/${last.action}`), 'and nothing after it');
    const again = await Player.at(server);
    await again.act();
    const back = await Client.connect(server, { token: player.client.token });
    const joined = await back.join({ room: last.room }, { at: seen });
    assert.equal(joined.how, 'snap');
    assert.ok(joined.e > seen.e, 'the database is on another timeline');
});
