// SPDX-License-Identifier: Apache-2.0
//
// What an operator sees and does: health, metrics, reload, and starts that cannot be.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { describe, test } from 'node:test';
import {
    assertProblem,
    configuration,
    gatehouse,
    get,
    request,
    serve,
    Server,
    soon,
    temporaryFolder,
    until,
    upstream,
} from './harness.mjs';
import { Client, createRoom, tableWithBots } from './room_client.mjs';

describe('being looked at', { concurrency: 2 }, () => {
    test('health answers on both listeners, and says what it checked', async (t) => {
        const server = await serve(t);
        for (const url of [server.url, server.adminUrl]) {
            for (const which of ['/health', '/health/ready']) {
                const answer = await get(url + which);
                assert.equal(answer.status, 200);
                const { status, version, uptime_s, checks } = answer.json;
                assert.equal(status, 'ok');
                assert.match(version, /^\d+\.\d+\.\d+/);
                assert.ok(uptime_s >= 0);
                assert.deepEqual(Object.keys(checks).sort(), ['drain', 'rooms', 'store']);
            }
            assert.equal((await get(url + '/health/live')).json.status, 'ok');
        }
    });

    test('what operators alone may see is not on the public listener', async (t) => {
        const server = await serve(t);
        for (const what of ['/admin/store', '/admin/rooms', '/admin/log'])
            assertProblem(await get(server.url + what), { status: 404 });
        assert.deepEqual((await get(server.adminUrl + '/admin/rooms')).json,
            { rooms: [], next: '', last: true });
        assertProblem(await get(server.adminUrl + '/admin/nothing'), { status: 404 });
        assertProblem(await get(server.adminUrl + '/admin/log?from=x'), { status: 400 });
        const write = await request(server.adminUrl + '/admin/rooms', { method: 'DELETE' });
        assertProblem(write, { status: 405 });
    });

    test('metrics pass promtool, and OpenMetrics is there for who asks', async (t) => {
        const server = await serve(t, {
            services: { things: { endpoints: [(await upstream(t)).endpoint] } },
            routes: [{ match: '/api/**', to: 'things' }],
        });
        const { client } = await tableWithBots(server);
        await get(server.url + '/api/echo');
        const plain = await get(server.adminUrl + '/metrics');
        assert.match(plain.headers['content-type'], /^text\/plain/);
        const checked = spawnSync('promtool', ['check', 'metrics'], { input: plain.text });
        assert.equal(checked.error, undefined, 'promtool is not installed (Debian: prometheus)');
        assert.equal(checked.status, 0, checked.stdout + '' + checked.stderr);
        assert.match(plain.text, /^gatehouse_sessions 1$/m);
        // A room, its person and three bots were acked, hence synced.
        const durable = 'gatehouse_store_commits_total{result="durable"}';
        const [commits, events] = [durable, 'gatehouse_store_events_total'].map((series) =>
            server.metricIn(plain.text, series));
        assert.ok(commits >= 1 && events >= 5, `${commits} commits of ${events} events`);
        const accept = 'application/openmetrics-text; version=1.0.0';
        const open = await get(server.adminUrl + '/metrics', { accept });
        assert.match(open.headers['content-type'], /^application\/openmetrics-text/);
        assert.match(open.text, /# EOF\n$/);
        client.cut();
    });
});

describe('reload', { concurrency: 2 }, () => {
    const withRoutes = (endpoint, ...matches) => ({
        services: { things: { endpoints: [endpoint] } },
        routes: matches.map((match) => ({ match, to: 'things' })),
    });

    test('a new route appears, by a saved file and by SIGHUP, and all else goes on', async (t) => {
        const { endpoint } = await upstream(t);
        const server = await serve(t, withRoutes(endpoint, '/api/**'));
        const status = async (what) => (await get(server.url + what)).status;
        const { client, room } = await tableWithBots(server);
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        t.after(() => agent.destroy());
        await request(server.url + '/api/echo', { agent });
        const download = get(server.url + '/api/trickle?bytes=60&ms=50');

        assert.equal(await status('/new/echo'), 404);
        server.write(configuration(withRoutes(endpoint, '/api/**', '/new/**')));
        await until(async () => (await status('/new/echo')) === 200, 'the saved file counts');
        server.write(configuration(withRoutes(endpoint, '/api/**', '/newer/**')));
        server.child.kill('SIGHUP');
        await until(async () => (await status('/newer/echo')) === 200, 'SIGHUP counts');
        assert.equal(await status('/new/echo'), 404, 'and what was taken away is gone');

        assert.equal((await client.act(room, 'start')).t, 'ack', 'the room is untouched');
        const kept = await request(server.url + '/api/echo', { agent });
        assert.equal(kept.status, 200);
        assert.equal((await soon(download, 'the slow download')).bytes.length, 60);
        client.cut();
    });

    test('a download goes on when its own route is taken away', async (t) => {
        const { endpoint } = await upstream(t);
        const server = await serve(t, withRoutes(endpoint, '/api/**'));
        const download = get(server.url + '/api/trickle?bytes=40&ms=50');
        server.write(configuration());
        await until(async () => (await get(server.url + '/api/echo')).status === 404, 'it is gone');
        assert.equal((await soon(download, 'the slow download')).bytes.length, 40);
    });

    test('an invalid file changes nothing and says so', async (t) => {
        const { endpoint } = await upstream(t);
        const server = await serve(t, withRoutes(endpoint, '/api/**'));
        server.write('routes: [ { match: /x, too: things } ]');
        const line = await server.logged((each) => /invalid/.test(each.message));
        assert.equal(line.level, 'error');
        assert.match(line.detail, /gatehouse\.yaml:1:\d+.*too/s);
        assert.equal((await get(server.url + '/api/echo')).status, 200);
        server.write(configuration(withRoutes(endpoint, '/api/**', '/new/**')));
        await until(
            async () => (await get(server.url + '/new/echo')).status === 200,
            'it recovers',
        );
    });
});

// What `run` says when it cannot.
async function refusal(t, change, { text, prepare = () => {} } = {}) {
    const folder = temporaryFolder();
    const server = new Server(folder, text ?? configuration(change));
    await prepare(folder);
    return soon(gatehouse('run', '-c', server.file), 'it gives up').then((end) => ({
        ...end,
        folder,
    }));
}

describe('a start that cannot be', { concurrency: 2 }, () => {
    test('a port in use is named', async (t) => {
        const server = await serve(t);
        const { code, err } = await refusal(t, {
            listen: { http: `127.0.0.1:${server.port}`, admin: '127.0.0.1:0' },
        });
        assert.equal(code, 1);
        assert.match(err, new RegExp(`127.0.0.1:${server.port}`));
        assert.match(err, /in use/i);
    });

    test('a second server on the same store is refused, and names the first', async (t) => {
        const server = await serve(t);
        const { code, err } = await gatehouse('run', '-c', server.file);
        assert.equal(code, 1);
        assert.match(err, new RegExp(`another gatehouse.*${server.pid}`));
        await server.isHealthy();
    });

    test('a folder that cannot be written is named', async (t) => {
        let data;
        const prepare = (folder) => {
            data = path.join(folder, 'data');
            fs.mkdirSync(data, { mode: 0o500 });
            if (process.getuid() === 0)
                execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', data], {
                    stdio: 'ignore',
                });
        };
        const release = () => process.getuid() === 0 && spawnSync('umount', [data]);
        try {
            const { code, err } = await refusal(t, {}, { prepare }).finally(release);
            assert.equal(code, 1, err);
            assert.ok(err.includes(data), err);
            assert.match(err, /not writable/i);
        } catch (error) {
            if (!/mount/.test(error.message)) throw error;
            t.skip('root may write everywhere, and nothing can be mounted here');
        }
    });

    test('files that are no store, or a newer one, are left alone', async (t) => {
        const lay = (sql) => (folder) => {
            fs.mkdirSync(path.join(folder, 'data'));
            execFileSync('sqlite3', [path.join(folder, 'data/gatehouse.db'), sql]);
        };
        const cases = [
            [lay('CREATE TABLE other (x); PRAGMA application_id = 7;'), /another program/],
            [
                lay(
                    'CREATE TABLE event (x); PRAGMA application_id = 0x47485345;' +
                        ' PRAGMA user_version = 99;',
                ),
                /newer gatehouse \(layout 99/,
            ],
            [
                (folder) => {
                    fs.mkdirSync(path.join(folder, 'data'));
                    fs.writeFileSync(
                        path.join(folder, 'data/gatehouse.db'),
                        'not a database. '.repeat(400),
                    );
                },
                /no gatehouse store/,
            ],
        ];
        for (const [prepare, says] of cases) {
            const { code, err } = await refusal(t, {}, { prepare });
            assert.equal(code, 1);
            assert.match(err, says);
        }
    });

    test('an invalid configuration is told by file, line, column and what to write', async (t) => {
        const cases = [
            ['listen: { htp: ":1" }', /gatehouse\.yaml:1:11.*htp.*did you mean.*http/is],
            ['store: redis://x', /gatehouse\.yaml:1:8/],
            ['drain: { timeout: 5 }', /gatehouse\.yaml:1:19.*unit/is],
            ['routes: [ { match: /x, to: nobody } ]', /nobody/],
            ['rooms: { chess: {} }', /chess.*liap-tui/is],
            ['shards: 0\nshards: 1', /gatehouse\.yaml:2:1/],
            ['a: [', /gatehouse\.yaml:\d+:\d+/],
        ];
        for (const [text, says] of cases) {
            const { code, err } = await refusal(t, {}, { text });
            assert.equal(code, 1, text);
            assert.match(err, says, text);
        }
        const missing = await gatehouse('run', '-c', '/nowhere/gatehouse.yaml');
        assert.equal(missing.code, 1);
        assert.match(missing.err, /cannot read .*-c FILE/s);
    });
});

test('check, help and version speak without a server', async (t) => {
    const folder = temporaryFolder();
    const { file } = new Server(folder, configuration());
    const sound = await gatehouse('check', '-c', file);
    assert.equal(sound.code, 0, sound.err);
    assert.match(sound.out, /sound: 1 routes/);
    const shown = await gatehouse('check', '-c', file, '--show', '--json');
    assert.equal(typeof JSON.parse(shown.out), 'object');
    const help = await gatehouse('--help');
    assert.equal(help.code, 0);
    assert.match(help.out, /room verify/);
    assert.match((await gatehouse('--version')).out, /^gatehouse \d/);
});

test('an SQLite store of the first layout is brought up to date, and says so', async () => {
    const server = new Server(temporaryFolder(), configuration());
    const store = path.join(server.folder, 'data/gatehouse.db');
    fs.mkdirSync(path.dirname(store), { recursive: true });
    fs.copyFileSync(path.join(import.meta.dirname, '../formats/layout-1/store.db'), store);
    assert.match((await server.command('store', 'status')).err, /older gatehouse \(layout 1\)/);
    const migrated = await server.command('store', 'migrate');
    assert.equal(migrated.code, 0, migrated.err);
    assert.match(migrated.out, /migrated from layout 1 to 3/);
    const again = await server.command('store', 'migrate');
    assert.match(again.out, /layout 3 already; there is nothing to do/);
    assert.match((await server.command('store', 'status')).out, /layout 3/);
});

test('a wrong command is told what is wrong with it, and where to read on', async () => {
    for (const [words, says] of [
        ['', /is missing; the commands are run check explain .* events .*\n +gatehouse --help/],
        ['dance', /there is no dance; the commands are run check explain key room events /],
        ['room dance', /there is no dance; the commands are ls show replay /],
        ['room show', /room is required\n +gatehouse room show --help/],
        ['run twice', /twice/],
        ['run -c', /--config/],
        ['room replay x.1 --until soon', /--until/],
        ['events tail --from -1', /--from/],
        ['check --json', /--show/],
    ]) {
        const { code, out, err } = await gatehouse(...words.split(' ').filter(Boolean));
        assert.equal(code, 2, `${words}: ${err}`);
        assert.match(err, says);
        assert.equal(err.trim().split('\n').length, 2, err);
        assert.equal(out, '');
    }
});

describe('commands about rooms', { concurrency: 4 }, () => {
    const ask = (server, admin) =>
        gatehouse('room', 'ls', '-c', server.file, '--set', `listen.admin=${admin}`);
    const adminOf = (server) => new URL(server.adminUrl).host;

    // Answers every request with this.
    async function stranger(t, status, body) {
        const server = http.createServer((_, response) => response.writeHead(status).end(body));
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        t.after(() => server.close());
        return `127.0.0.1:${server.address().port}`;
    }

    test('say how a store is, whether a server holds it or not', async (t) => {
        const server = await serve(t);
        const held = await server.command('store', 'status');
        assert.equal(held.code, 0, held.err);
        assert.ok(held.out.includes(`held by the server at http://${adminOf(server)}`), held.out);
        await server.kill();
        assert.match((await server.command('store', 'status')).out, /: layout \d+; /);
    });

    test('are not answered by the server of another store', async (t) => {
        const [mine, other] = [await serve(t), await serve(t)];
        const { room } = await createRoom(mine, await Client.connect(mine));
        const file = (server) => `sqlite:${fs.realpathSync(server.folder)}/data/gatehouse.db`;
        assert.ok((await ask(mine, adminOf(mine))).out.includes(room));

        const astray = await ask(mine, adminOf(other));
        assert.equal(astray.code, 1, astray.out);
        for (const part of [adminOf(other), file(other), file(mine), '--set listen.admin=HOST:'])
            assert.ok(astray.err.includes(part), astray.err);

        await mine.kill();
        const fromFiles = await ask(mine, adminOf(other));
        assert.equal(fromFiles.code, 0, fromFiles.err);
        assert.ok(fromFiles.out.includes(room), fromFiles.out);
        assert.ok(fromFiles.err.includes(file(other)), fromFiles.err);
    });

    test('are not answered by what is no gatehouse', async (t) => {
        const server = await serve(t);
        await server.kill();
        for (const [status, body] of [
            [404, 'no'],
            [500, '{"store":"memory"}'],
            [200, '<html>'],
            [200, '{}'],
        ]) {
            const admin = await stranger(t, status, body);
            const { code, out, err } = await ask(server, admin);
            assert.equal(code, 0, err);
            assert.match(out, /^ROOM/);
            assert.match(err, new RegExp(`${admin} is no gatehouse`));
        }
    });

    test('say so where a store in memory is gone', async (t) => {
        const server = await serve(t, { store: 'memory' });
        assert.match((await ask(server, adminOf(server))).out, /^ROOM/);
        const admin = adminOf(server);
        await server.kill();
        const { code, err } = await ask(server, admin);
        assert.equal(code, 1);
        assert.match(err, /no server answers at .*memory/);
    });
});

test('SIGTERM under load loses no acked action', async (t) => {
    const server = await serve(t);
    const clients = await Promise.all(Array.from({ length: 8 }, () => Client.connect(server)));
    const seats = await Promise.all(
        clients.map(async (client) => {
            const { room } = await createRoom(server, client);
            await client.sit({ room });
            return { client, room, acked: 0 };
        }),
    );
    const busy = Promise.allSettled(
        seats.map(async (seat) => {
            for (;;) {
                const answer = await seat.client.act(seat.room, 'room.name', {
                    name: `n${seat.acked}`,
                });
                if (answer.t === 'ack') seat.acked = answer.id;
                await new Promise((go) => setTimeout(go, 20));
            }
        }),
    );
    await until(() => seats.every((seat) => seat.acked > 5), 'all are busy');
    assert.deepEqual(await server.kill('SIGTERM'), { code: 0, signal: null });
    await busy; // Until their connections ended.
    await server.start();
    for (const { client, room, acked } of seats) {
        const again = await Client.connect(server, { token: client.token });
        const { last } = await again.sit({ room });
        assert.ok(last >= acked, `acked ${acked}, kept ${last}`);
        again.cut();
    }
});
