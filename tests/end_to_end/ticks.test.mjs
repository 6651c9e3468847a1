// SPDX-License-Identifier: Apache-2.0
//
// Games in fixed steps: whatever anybody was shown of them is what replay comes to, also when the
// process is killed in between.

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { binary, get, post, serve, until } from './harness.mjs';
import { Client } from './room_client.mjs';
import { smallDisk } from './small_disk.mjs';

const program = path.join(path.dirname(binary), 'snails_server');
const ticks = true;

async function openRoom(server, { token }, options = { length: 100_000, mark: 1 }) {
    const answer = await post(server.url + '/v1/rooms', { game: 'snails', options }, token);
    assert.equal(answer.status, 201, answer.text);
    return answer.json.room;
}

// Keeps what it is shown: by epoch, version and step.
function watch(client, room, seen) {
    const note = () => {
        const { e, s, k = 0, view, seat } = client.rooms.get(room);
        const key = JSON.stringify([e, s, k, seat]);
        const text = JSON.stringify(view.game);
        assert.equal(seen.get(key) ?? text, text, `two views at ${key}`);
        seen.set(key, text);
    };
    note();
    client.onUpdate = note;
}

const stepOf = (client, room) => client.rooms.get(room).k ?? 0;

describe('a game in fixed steps', { concurrency: 3 }, () => {
    test('goes on by itself, for all who are there, and stops with its end', async (t) => {
        const server = await serve(t, { rooms: { snails: {} } }, { program });
        const ann = await Client.connect(server);
        const room = await openRoom(server, ann, { length: 30, mark: 1 });
        await ann.sit({ room }, { ticks });
        const eve = await Client.connect(server);
        await eve.sit({ room }, { as: 'spectator', ticks });
        const seen = new Map();
        watch(ann, room, seen);
        watch(eve, room, seen);
        await ann.mustAct(room, 'start');
        for (const each of [ann, eve]) {
            const end = await each.see(room, (view) => view.room.status === 'finished');
            assert.equal(end.game.phase, 'over');
        }
        assert.equal(stepOf(ann, room), stepOf(eve, room));
        assert.ok(seen.size > 20, `${seen.size} views`);
        const verified = await server.command('room', 'verify', room);
        assert.equal(verified.code, 0, verified.err);
        const shown = await server.command('room', 'show', room);
        assert.match(shown.out, /room\.ticking .*"until":20/);
        assert.match(shown.out, /room\.finished +at step \d+/);
        const { text } = await get(server.adminUrl + '/metrics');
        assert.match(text, /^gatehouse_ticks\S* [1-9]/m);
    });

    test('refuses a client that does not know of steps', async (t) => {
        const server = await serve(t, { rooms: { snails: {} } }, { program });
        const ann = await Client.connect(server);
        const room = await openRoom(server, ann);
        const no = await ann.join({ room });
        assert.equal(no.code, 'unsupported', JSON.stringify(no));
        assert.match(no.msg, /ticks/);
    });

    // Views may not go backward: with the last step that anybody saw, the next life goes on.
    test('kill -9 between two steps takes nothing back that was shown', async (t) => {
        const server = await serve(t, { rooms: { snails: {} } }, { program });
        let ann = await Client.connect(server);
        const room = await openRoom(server, ann);
        const seen = new Map();
        await ann.sit({ room }, { ticks });
        watch(ann, room, seen);
        await ann.mustAct(room, 'start');
        for (let life = 0; life < 6; life++) {
            const from = stepOf(ann, room);
            await until(() => stepOf(ann, room) > from + 5 + 4 * life, 'steps go by');
            if (life % 2) await ann.act(room, 'feed');
            await server.restart();
            const last = ann.rooms.get(room);
            const { token } = ann;
            ann = await Client.connect(server, { token });
            const now = await ann.sit({ room }, { ticks });
            const way = `${last.s},${last.k} → ${now.s},${now.k}`;
            assert.ok(now.s >= last.s && now.k >= last.k, way);
            assert.ok(now.k <= last.k + 20, 'no more than was granted');
            for (const snail of ['first', 'second'])
                assert.ok(now.view.game[snail] >= last.view.game[snail], 'snails creep on');
            watch(ann, room, seen);
        }
        await server.kill();
        const verified = await server.command('room', 'verify', room);
        assert.equal(verified.code, 0, verified.err + verified.out);
        const all = await server.command('events', 'verify');
        assert.equal(all.code, 0, all.err + all.out);
    });

    // No second of steps is granted that the store does not keep, so nothing of it is shown.
    test('a disk that is full stops time, and takes nothing back that was shown', async (t) => {
        const disk = smallDisk(t);
        if (!disk) return t.skip('only root may mount a small disk');
        const server = await serve(t, { rooms: { snails: {} } }, { program, folder: disk.folder });
        const ann = await Client.connect(server);
        const room = await openRoom(server, ann);
        await ann.sit({ room }, { ticks });
        const seen = new Map();
        watch(ann, room, seen);
        await ann.mustAct(room, 'start');
        await until(() => stepOf(ann, room) > 10, 'steps go by');
        await until(async () => {
            disk.fillUp();
            const { json } = await get(server.adminUrl + '/health');
            const answer = await ann.act(room, 'room.name', { name: 'Ann' });
            return json.checks.store.status === 'failing' && answer.code === 'unavailable';
        }, 'the store fails');
        const { s, k } = ann.rooms.get(room);
        disk.free();
        await until(() => stepOf(ann, room) > k + 40, 'time goes on');
        assert.ok(ann.rooms.get(room).s > s, 'more was granted');
        const shown = ann.rooms.get(room);
        await server.restart();
        const again = await Client.connect(server, { token: ann.token });
        const now = await again.sit({ room }, { ticks });
        const way = `${shown.s},${shown.k} → ${now.s},${now.k}`;
        assert.ok(now.s >= shown.s && now.k >= shown.k, way);
        watch(again, room, seen);
        const verified = await server.command('room', 'verify', room);
        assert.equal(verified.code, 0, verified.err + verified.out);
    });
});
