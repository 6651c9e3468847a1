// SPDX-License-Identifier: Apache-2.0
//
// What many games come to: each that was finished counts once, whatever becomes of the server.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { assertProblem, get, serve, temporaryFolder, until } from './harness.mjs';
import { Client, createRoom, play, tableWithBots } from './room_client.mjs';

const game = '/v1/games/liap-tui';

async function ask(server, target, { token } = {}) {
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    const answer = await get(server.url + target, headers);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
}

// What this person came to in the game.
async function mine(server, client) {
    const { games } = await ask(server, '/v1/players/me', client);
    return games[0] ?? { games: 0 };
}

const counted = (server, client, games) =>
    until(async () => (await mine(server, client)).games === games, `${games} games are counted`);

async function finishGame(server, client) {
    const { room } = await createRoom(server, client, { rounds: 1 });
    await client.sit({ room });
    for (const seat of [1, 2, 3]) await client.mustAct(room, 'room.bot', { seat });
    await client.mustAct(room, 'start');
    await play(client, room);
    return room;
}

async function run(server, ...words) {
    const done = await server.command(...words);
    assert.equal(done.code, 0, `${words.join(' ')}: ${done.out}${done.err}`);
    return done.out;
}

describe('leaderboards', { concurrency: 2 }, () => {
    test('two people play, and are shown; who is erased is not', async (t) => {
        const server = await serve(t);
        const ann = await Client.connect(server);
        const { room } = await createRoom(server, ann, { rounds: 1 });
        await ann.sit({ room });
        const bob = await Client.connect(server);
        await bob.sit({ room });
        await ann.mustAct(room, 'room.name', { name: 'Annabel Unmistakable' });
        await bob.mustAct(room, 'room.name', { name: 'Bob Everlasting' });
        for (const seat of [2, 3]) await ann.mustAct(room, 'room.bot', { seat });
        await ann.mustAct(room, 'start');
        await Promise.all([play(ann, room), play(bob, room)]);

        await counted(server, ann, 1);
        const { leaders } = await ask(server, game + '/leaders?by=rating');
        assert.deepEqual(
            leaders.map(({ name, games }) => `${name} ${games}`).sort(),
            ['Annabel Unmistakable 1', 'Bob Everlasting 1'],
        );
        assert.equal(leaders[0].rating + leaders[1].rating, 3000);
        const month = new Date().toISOString().slice(0, 7);
        const monthly = await ask(server, `${game}/leaders?by=rating&period=${month}`);
        assert.deepEqual(monthly.leaders, leaders);
        const { finished } = await ask(server, game + '/finished?player=me', ann);
        assert.deepEqual(
            finished.map((each) => [each.room, each.seats.length]),
            [[room, 4]],
        );
        const shown = (await ask(server, '/v1/players/me', ann)).player;
        assert.equal(finished[0].seats[0].player, shown);
        const text = JSON.stringify({ leaders, finished });
        assert.ok(!text.includes(ann.welcome.principal), 'nobody is told who they are');

        await run(server, 'subject', 'erase', ann.welcome.principal, '--yes');
        assert.deepEqual(
            (await ask(server, game + '/leaders')).leaders.map((each) => each.name),
            ['Bob Everlasting'],
        );
        assert.deepEqual((await ask(server, '/v1/players/' + shown)).games, []);
        await run(server, 'projections', 'rebuild');
        const after = (await ask(server, game + '/finished')).finished[0];
        assert.deepEqual(
            after.seats.map((each) => each.name),
            [undefined, 'Bob Everlasting', undefined, undefined],
        );
        const views = path.join(server.folder, 'data/gatehouse.db.views');
        await server.kill('SIGTERM');
        for (const ending of ['', '-wal'])
            if (fs.existsSync(views + ending))
                assert.ok(!fs.readFileSync(views + ending).includes('Annabel'), views + ending);
    });

    test('rows of what the archive has are not made anew by chance', async (t) => {
        const server = await serve(t, { archive: { to: 'file:archive', after: '1h' } });
        const client = await Client.connect(server);
        await finishGame(server, client);
        await counted(server, client, 1);
        const refused = await server.command('projections', 'rebuild');
        assert.equal(refused.code, 1, refused.out);
        assert.match(refused.err, /--forget-archived/);
        const told = await run(server, 'projections', 'rebuild', '--forget-archived');
        assert.match(told, /made anew: 1 room/);
    });

    test('each finished game counts once, however often it is killed', async (t) => {
        const server = await serve(t);
        let client = await Client.connect(server);
        const rooms = [];
        for (let life = 0; life < 6; life++) {
            for (let i = 0; i < 2; i++) rooms.push(await finishGame(server, client));
            // Before a page of the log is taken, or right behind that.
            if (life % 2 === 0) await counted(server, client, rooms.length);
            await server.restart();
            client = await Client.connect(server, { token: client.token });
        }
        await counted(server, client, rooms.length);
        const { finished } = await ask(server, game + '/finished?limit=100');
        assert.deepEqual(finished.map((each) => each.room).sort(), rooms.toSorted());
        const first = await ask(server, game + '/finished?limit=5');
        const rest = await ask(server, `${game}/finished?limit=100&after=${first.next}`);
        assert.deepEqual([...first.finished, ...rest.finished], finished);

        const rows = async () => [
            await ask(server, game + '/leaders'),
            await ask(server, game + '/finished?limit=100'),
        ];
        const before = await rows();
        const told = await run(server, 'projections', 'rebuild');
        assert.match(told, new RegExp(`made anew: ${rooms.length} rooms`));
        assert.deepEqual(await rows(), before);
        assert.match(await run(server, 'projections', 'ls'), /gatehouse\.db\.views[^]*; 0 to come/);
        assert.equal(await server.metric('gatehouse_projections_behind'), 0);

        await server.kill('SIGTERM');
        fs.writeFileSync(path.join(server.folder, 'data/gatehouse.db.views'), 'x'.repeat(9000));
        await server.start();
        await counted(server, client, rooms.length);
        await server.logged(({ message }) => /made anew from the log/.test(message));
        assert.deepEqual(await rows(), before);
    });

    test('what the archive has stays counted, and counts once when it is back', async (t) => {
        const to = `file:${path.join(temporaryFolder(), 'archive')}`;
        const server = await serve(t, { archive: { to, after: '1s' } });
        const client = await Client.connect(server);
        const room = await finishGame(server, client);
        client.close();
        await server.logged(({ message }) => message === 'rooms moved to the archive');
        assert.equal((await mine(server, client)).games, 1, 'nothing leaves before it is counted');
        const position = () => server.metric('gatehouse_projections_position');
        const before = await position();
        await server.kill('SIGTERM');
        await run(server, 'archive', 'restore', room);
        await server.start();
        await until(async () => (await position()) > before, 'it was told of once more');
        assert.equal((await mine(server, client)).games, 1);
        const { finished } = await ask(server, game + '/finished');
        assert.deepEqual(
            finished.map((each) => each.room),
            [room],
        );
    });

    test('a store in memory has them too; switched off there are none', async (t) => {
        const server = await serve(t, { store: 'memory' });
        const { client, room } = await tableWithBots(server);
        await client.mustAct(room, 'start');
        await play(client, room);
        await counted(server, client, 1);
        const folder = temporaryFolder();
        const left = ['.views', '.views-wal', '.anew.views', '.anew.views-wal'].map((ending) =>
            path.join(folder, `data/gatehouse.db${ending}`),
        );
        fs.mkdirSync(path.join(folder, 'data'));
        for (const each of left) fs.writeFileSync(each, 'of a server that was killed');
        const off = await serve(t, { projections: 'off' }, { folder });
        assertProblem(await get(off.url + game + '/leaders'), { status: 404, code: 'not_found' });
        assert.deepEqual(left.filter(fs.existsSync), []);
    });
});
