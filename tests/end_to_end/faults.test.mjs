// SPDX-License-Identifier: Apache-2.0
//
// A disk that is full, and readers that do not read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem, get, post, serve, soon, until } from './harness.mjs';
import { Client, createRoom, tableWithBots } from './room_client.mjs';
import { smallDisk } from './small_disk.mjs';

const MiB = 1024 * 1024;

test('a full disk refuses acts, says so in health, and loses nothing that was acked', async (t) => {
    const disk = smallDisk(t);
    if (!disk) return t.skip('only root may mount a small disk');
    const server = await serve(t, {}, { folder: disk.folder });
    const client = await Client.connect(server);
    const { room } = await createRoom(server, client);
    await client.sit({ room });
    const witness = await Client.connect(server);
    await witness.sit({ room }, { as: 'spectator' });
    const name = () => client.act(room, 'room.name', { name: 'n'.repeat(24) });
    let acked = (await name()).id;

    const [refused, health] = await until(
        async () => {
            disk.fillUp();
            const answer = await name();
            if (answer.t === 'ack') acked = answer.id;
            await new Promise((go) => setTimeout(go, 25));
            const now = await get(server.adminUrl + '/health');
            return answer.t === 'err' && now.status === 503 && [answer, now];
        },
        'the disk is full',
        20_000,
    );
    assert.deepEqual([refused.code, refused.retry], ['unavailable', true]);
    assert.equal(health.json.checks.store.status, 'failing');
    disk.fillUp();
    assert.equal((await get(server.url + '/health/live')).status, 200);
    const created = await post(server.url + '/v1/rooms', { game: 'liap-tui' }, client.token);
    assertProblem(created, { status: 503, error_code: 'SVC_001', code: 'unavailable' });

    disk.free();
    const again = await until(
        async () => {
            const answer = await name();
            await new Promise((go) => setTimeout(go, 50));
            return answer.t === 'ack' && answer;
        },
        'it goes on',
        20_000,
    );
    await until(
        async () => (await get(server.url + '/health/ready')).status === 200,
        'it is ready',
        15_000,
    );
    await until(() => witness.rooms.get(room).s === client.rooms.get(room).s, 'all see the same');
    assert.deepEqual(witness.rooms.get(room).view.room, client.rooms.get(room).view.room);
    assert.equal((await server.command('room', 'verify', room)).code, 0);
    await server.restart();
    const after = await Client.connect(server, { token: client.token });
    const { last } = await after.sit({ room });
    assert.ok(last >= acked && last >= again.id, `acked ${again.id}, kept ${last}`);
});

test('who does not read is dropped in the end, in little memory; others see all', async (t) => {
    const server = await serve(t, {
        rooms: { 'liap-tui': { bot_think: '1ms', absence: { bot_after: '20ms' } } },
    });
    // Bots play on when their host is gone.
    const rooms = [];
    for (let i = 0; i < 12; i++) {
        const options = { rounds: 100, goal: 1000, scoring_seconds: 1 };
        const { client, room } = await tableWithBots(server, options);
        await client.mustAct(room, 'start');
        client.cut();
        rooms.push(room);
    }
    const slow = await Client.connect(server, { answersBeats: false });
    const quick = await Client.connect(server);
    for (const room of rooms) {
        await slow.sit({ room }, { as: 'spectator' });
        await quick.sit({ room }, { as: 'spectator' });
    }
    const before = server.memory;
    slow.socket.pause();
    const alive = setInterval(() => slow.send({}), 500);
    t.after(() => clearInterval(alive));
    const collapses = () => server.metric('gatehouse_session_updates_collapsed_total');
    await until(collapses, 'updates collapse', 40_000);
    await until(
        async () => (await server.metric('gatehouse_sessions')) === 1,
        'it is dropped',
        40_000,
    );
    assert.ok(server.memory < before + 24 * MiB, `${(server.memory - before) / MiB} MiB more`);
    clearInterval(alive);
    slow.socket.resume();
    await soon(slow.closed, 'it learns so');
    const updates = quick.rooms.get(rooms[0]).updates;
    await until(() => quick.rooms.get(rooms[0]).updates > updates + 10, 'the room plays on');
});
