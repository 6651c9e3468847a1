// SPDX-License-Identifier: Apache-2.0
//
// What a store keeps of people can be had by them, and can be made unreadable for good.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { get, serve } from './harness.mjs';
import { Client, createRoom } from './room_client.mjs';

async function run(server, ...words) {
    const done = await server.command(...words);
    assert.equal(done.code, 0, `${words.join(' ')}: ${done.out}${done.err}`);
    return done.out;
}

// Two people at a table, each with a name that stands nowhere else.
async function table(server) {
    const host = await Client.connect(server);
    const { room } = await createRoom(server, host);
    await host.sit({ room });
    await host.mustAct(room, 'room.name', { name: 'Annabel Unmistakable' });
    const guest = await Client.connect(server);
    await guest.sit({ room });
    await guest.mustAct(room, 'room.name', { name: 'Bob Everlasting' });
    return { room, host, guest };
}

// Which of the files of the store, and of what it was copied to, hold one of these words.
function filesWith(folder, words) {
    const found = [];
    for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const file = path.join(entry.parentPath ?? entry.path, entry.name);
        if (!entry.isFile() || entry.name.startsWith('gatehouse.yaml')) continue;
        const bytes = fs.readFileSync(file);
        for (const word of words)
            if (bytes.includes(word)) found.push(`${word} in ${path.relative(folder, file)}`);
    }
    return found;
}

const names = (view) => view.room.seats.map((seat) => seat.name);

describe('persons', { concurrency: 3 }, () => {
    test('names stand in no event; who is erased stands nowhere, and may come again', async (t) => {
        const server = await serve(t);
        const { room, host, guest } = await table(server);
        const id = host.welcome.principal;
        const data = path.join(server.folder, 'data');
        const said = ['Annabel Unmistakable', 'Bob Everlasting'];
        assert.deepEqual(filesWith(data, said), [], 'what they said is sealed from the start');
        assert.match(await run(server, 'room', 'show', room), /Annabel Unmistakable/);

        const erased = await run(server, 'subject', 'erase', id, '--yes');
        assert.match(erased, /^erased: 1 membership/);
        await host.expect(({ t, why }) => t === 'left' && why === 'erased');
        await guest.see(room, (view) => !names(view).includes('Annabel Unmistakable'));
        assert.ok(names(guest.rooms.get(room).view).includes('Bob Everlasting'));

        await server.restart();
        const again = await Client.connect(server, { token: guest.token });
        await again.sit({ room });
        assert.ok(names(again.rooms.get(room).view).includes('Bob Everlasting'));
        assert.ok(!names(again.rooms.get(room).view).includes('Annabel Unmistakable'));
        const shown = await run(server, 'room', 'show', room);
        assert.doesNotMatch(shown, /Annabel/);
        const known = await get(`${server.adminUrl}/admin/rooms/${room}/keys`);
        assert.ok(!known.text.includes(id) && known.text.includes(guest.welcome.principal));

        const anew = await Client.connect(server, { token: host.token });
        const seated = await anew.sit({ room });
        assert.notEqual(seated.seat, 0, 'the old seat belongs to nobody');
        await server.kill('SIGTERM');
        const crumbs = filesWith(data, said);
        assert.deepEqual(crumbs, []);
    });

    test('of who is erased the store keeps not even the id', async (t) => {
        const server = await serve(t);
        const { host, guest } = await table(server);
        await run(server, 'subject', 'erase', host.welcome.principal, '--yes');
        await server.kill('SIGTERM');
        const data = path.join(server.folder, 'data');
        assert.deepEqual(filesWith(data, [host.welcome.principal]), []);
        assert.ok(filesWith(data, [guest.welcome.principal]).length > 0, 'the test sees ids');
    });

    test('a person is told all that is kept of them', async (t) => {
        const server = await serve(t);
        const { room, host } = await table(server);
        await host.mustAct(room, 'room.bot', { seat: 2 });
        const id = host.welcome.principal;
        const told = JSON.parse(await run(server, 'subject', 'export', id));
        assert.equal(told.id, id);
        assert.equal(told.rooms.length, 1);
        const [there] = told.rooms;
        assert.deepEqual(
            [there.room, there.game, there.actor, there.names, there.seats],
            [room, 'liap-tui', 1, ['Annabel Unmistakable'], [0]],
        );
        assert.deepEqual(
            there.actions.map((each) => [each.type, each.data]),
            [
                ['room.named', { display: 'Annabel Unmistakable' }],
                ['room.bot_seated', { seat: 2 }],
            ],
        );
        assert.ok(!JSON.stringify(told).includes('Everlasting'), 'and nothing of others');
        await run(server, 'subject', 'erase', id, '--yes');
        assert.deepEqual(JSON.parse(await run(server, 'subject', 'export', id)).rooms, []);
    });

    test('erasing asks back, and needs a running server', async (t) => {
        const server = await serve(t);
        const unsure = await server.command('subject', 'erase', 'somebody');
        assert.equal(unsure.code, 2);
        assert.match(unsure.err, /--yes/);
        assert.match(await run(server, 'subject', 'erase', 'somebody', '--yes'), /^no room has/);
        await server.kill('SIGTERM');
        const late = await server.command('subject', 'erase', 'somebody', '--yes');
        assert.equal(late.code, 1);
        assert.match(late.err, /no server answers/);
    });
});
