// SPDX-License-Identifier: Apache-2.0
//
// Idle rooms leave memory and nobody can tell; a game that never returns ends the server, and does
// so once.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { get, serve, soon, until } from './harness.mjs';
import { Client, createRoom, place, tableWithBots } from './room_client.mjs';

async function letters(server) {
    return JSON.parse((await get(server.adminUrl + '/admin/letters')).text).letters;
}

const sleepers = async (server, count) =>
    until(
        async () => (await server.metric('gatehouse_rooms_asleep')) === count,
        `${count} rooms sleep`,
    );

describe('capacity', { concurrency: 3 }, () => {
    test('a room sleeps while nobody is in it, and is itself when somebody comes', async (t) => {
        const server = await serve(t, { capacity: { sleep_after: '200ms' } });
        let client = await Client.connect(server);
        const { room, code } = await createRoom(server, client);
        await client.sit({ room });
        for (let visit = 1; visit <= 3; visit++) {
            await client.mustAct(room, 'room.name', { name: `name ${visit}` });
            const known = client.rooms.get(room);
            const { token } = client;
            await client.cut();
            await sleepers(server, 1);
            const { rooms } = (await get(server.url + '/v1/rooms?open=true')).json;
            assert.deepEqual(
                rooms.map((each) => each.room),
                [room],
                'it is listed all the same',
            );
            assert.equal((await get(`${server.url}/v1/rooms/${room}`)).json.code, code);
            await sleepers(server, 1);
            client = await Client.connect(server, { token });
            client.rooms.set(room, known);
            await client.sit(visit === 2 ? { code } : { room }, { at: place(known) });
            const now = client.rooms.get(room);
            assert.deepEqual([now.seat, now.s, now.e], [0, known.s, known.e]);
            assert.equal(now.view.room.seats[0].name, `name ${visit}`);
            assert.equal(now.last, known.last, 'what was acked is known');
        }
        assert.equal(await server.metric('gatehouse_rooms_woken_total'), 3);
        assert.equal(await server.metric('gatehouse_rooms_put_to_sleep_total'), 3);
        await server.restart();
        await sleepers(server, 1);
    });

    test('a room that somebody is in stays', async (t) => {
        const server = await serve(t, { capacity: { sleep_after: '1ms' } });
        const here = await Client.connect(server);
        const gone = await Client.connect(server);
        const kept = await createRoom(server, here);
        await here.sit({ room: kept.room });
        for (let i = 0; i < 5; i++) await createRoom(server, gone);
        await sleepers(server, 5);
        await here.mustAct(kept.room, 'room.name', { name: 'Ann' });
        assert.equal(await server.metric('gatehouse_rooms_awake'), 1);
    });

    test('a game that never returns ends the server, which comes back without it', async (t) => {
        const server = await serve(
            t,
            { capacity: { stuck_after: '1s' }, shards: 1 },
            { args: ['--planted-bug-loop-at', 'start'] },
        );
        const other = await Client.connect(server);
        const { room: theirs } = await createRoom(server, other);
        await other.sit({ room: theirs });
        await other.mustAct(theirs, 'room.name', { name: 'Eve' });
        const { client, room } = await tableWithBots(server, { rounds: 1 });
        const id = client.nextAct(room);
        client.send({ t: 'act', id, room, a: 'start', d: {} });
        const { signal } = await soon(server.ended, 'the server ends', 30_000);
        assert.equal(signal, 'SIGABRT');
        const last = server.log.at(-1);
        assert.match(last.message, /does not return/);
        assert.deepEqual([last.room, last.doing, last.name], [room, 'act', 'start']);
        assert.match(last.next, /gatehouse letter ls/);

        await server.start({ args: ['--planted-bug-loop-at', 'start'] }); // No better rules.
        const again = await Client.connect(server, { token: client.token });
        await again.sit({ room });
        again.send({ t: 'act', id, room, a: 'start', d: {} });
        const refused = await again.answer(id);
        assert.deepEqual([refused.t, refused.code], ['err', 'internal']);
        const [letter] = await letters(server);
        assert.deepEqual(
            [letter.room, letter.doing, letter.name, letter.why],
            [room, 'act', 'start', 'did not return'],
        );
        const eve = await Client.connect(server, { token: other.token });
        await eve.sit({ room: theirs });
        await eve.mustAct(theirs, 'room.name', { name: 'Eve again' }); // All others play on.
    });

    test('so does a server that keeps its rooms in memory', async (t) => {
        const server = await serve(
            t,
            { store: 'memory', capacity: { stuck_after: '1s' } },
            { args: ['--planted-bug-loop-at', 'start'] },
        );
        const { client, room } = await tableWithBots(server, { rounds: 1 });
        client.send({ t: 'act', id: client.nextAct(room), room, a: 'start', d: {} });
        assert.equal((await soon(server.ended, 'the server ends', 30_000)).signal, 'SIGABRT');
        assert.match(server.log.at(-1).next, /in memory/);
        await server.start();
    });
});
