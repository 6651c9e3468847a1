// SPDX-License-Identifier: Apache-2.0
//
// The real binary on a real PostgreSQL.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { configuration, gatehouse, get, serve, Server } from './harness.mjs';
import { temporaryFolder, until } from './harness.mjs';
import { missing, Postgres } from './postgres.mjs';
import { Client, play, tableWithBots } from './room_client.mjs';

process.env.DB_PASSWORD = 's3cret';

const skip = missing;

test('a game survives kill -9 and a crash of its database', { skip }, async (t) => {
    const postgres = await Postgres.start(t);
    const server = await serve(t, { store: postgres.store });
    let { client, room } = await tableWithBots(server, { rounds: 2 });
    await client.mustAct(room, 'start');
    const before = await play(client, room, ({ game }) => game.turn === 0 && game.phase === 'turn');

    const killed = Date.now();
    await server.restart();
    assert.ok(Date.now() - killed < 8000, 'its own lease is not waited for');
    client = await Client.connect(server, { token: client.token });
    await client.sit({ room });
    assert.equal(client.rooms.get(room).view.room.commit, before.room.commit);

    await postgres.stop();
    await postgres.up();
    await until(async () => {
        const health = await get(server.url + '/health/ready');
        return health.status === 200;
    }, 'the server is ready again');
    client = await Client.connect(server, { token: client.token });
    await client.sit({ room });
    const end = await play(client, room);
    assert.equal(end.room.status, 'finished');

    for (const state of ['up', 'down']) {
        const { out, err, code } = await server.command('room', 'verify', room);
        assert.equal(code, 0, out + err);
        assert.match(out, /^fair: /m);
        const status = await server.command('store', 'status');
        assert.equal(status.code, 0, status.err);
        assert.match(status.out, /migration 4 of 4; held by (process \d+ on|nobody)/);
        assert.match(status.out, state === 'up' ? /process/ : /nobody/);
        if (state === 'up') assert.equal((await server.kill('SIGTERM')).code, 0);
    }
    assert.equal(
        postgres.ask('SELECT bool_and(n = last) FROM (SELECT count(*) AS n, max(position) AS last'
            + ' FROM gatehouse.event GROUP BY slot) each'),
        't',
        'positions without gaps',
    );
    const said = JSON.stringify(server.log) + server.noise.join() + server.out;
    assert.ok(!said.includes('s3cret'), 'the password is not told');
});

test('a second server is refused, and one that is fenced out ends', { skip }, async (t) => {
    const postgres = await Postgres.start(t);
    const first = await serve(t, { store: postgres.store });
    const refused = await gatehouse('run', '-c', first.file);
    assert.equal(refused.code, 1);
    const holder = new RegExp(`process ${first.pid} on .* holds it, with a lease until 2`);
    assert.match(refused.err, holder);

    postgres.ask("UPDATE gatehouse.slot SET owner = 'other/1/2/3/4', epoch = epoch + 1");
    const { code } = await first.ended;
    assert.equal(code, 1);
    assert.ok(first.log.some(({ message }) => /store.*lost/.test(message)));
    first.child = undefined; // It ended as it should.
});

// Nobody answers for the database, and nobody says that it is gone: the worst way to be away.
test('a database that hangs holds up whoever needs it, and nobody else', { skip }, async (t) => {
    const postgres = await Postgres.start(t);
    const server = await serve(t, { store: postgres.store });
    const { client, room } = await tableWithBots(server, { rounds: 1 });
    const processes = postgres.processes;
    for (const pid of processes) process.kill(pid, 'SIGSTOP');
    const wake = () => processes.splice(0).forEach((pid) => process.kill(pid, 'SIGCONT'));
    t.after(wake);
    const begin = client.act(room, 'start');
    let slowest = 0;
    for (let i = 0; i < 40; i++) {
        const asked = performance.now();
        assert.equal((await get(server.url + '/v1/rooms')).status, 200);
        await Client.connect(server, { token: client.token }); // Another session, each time.
        slowest = Math.max(slowest, performance.now() - asked);
    }
    assert.ok(slowest < 1000, `others wait ${slowest} ms`);
    wake();
    assert.equal((await begin).t, 'ack');
});

test('a store of the first migration is brought up to date', { skip }, async (t) => {
    const postgres = await Postgres.start(t);
    postgres.load(path.join(import.meta.dirname, 'postgres_store_1.sql'));
    const server = new Server(temporaryFolder(), configuration({ store: postgres.store }));
    const refused = await gatehouse('run', '-c', server.file);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /migration 1 of 4: run gatehouse store migrate/);
    assert.match((await server.command('store', 'status')).out, /migration 1 of 4/);

    assert.match((await server.command('store', 'migrate')).out, /migrated from 1 to 4/);
    const finished = '5hpet.1856493e';
    const verify = await server.command('room', 'verify', finished);
    assert.equal(verify.code, 0, verify.out + verify.err);
    assert.match(verify.out, /^fair: /m);
    t.after(() => server.kill());
    await server.start();
    await until(async () => {
        const { rooms } = (await get(server.url + '/v1/rooms')).json;
        return rooms.length === 1 && rooms[0].room === 'ydejv.219351d1';
    }, 'the unfinished room wakes');
    assert.equal((await get(`${server.url}/v1/rooms/${finished}`)).json.status, 'finished');
});

test('the schema is migrated when asked for', { skip }, async (t) => {
    const postgres = await Postgres.start(t);
    const first = await serve(t, { store: postgres.store });
    await first.kill('SIGTERM');
    const done = await first.command('store', 'migrate');
    assert.match(done.out, /at migration 4 already/);
    postgres.ask("INSERT INTO gatehouse.migration VALUES (5, 'later', '')");
    const newer = await gatehouse('run', '-c', first.file);
    assert.equal(newer.code, 1);
    assert.match(newer.err, /upgrade gatehouse first/);
});
