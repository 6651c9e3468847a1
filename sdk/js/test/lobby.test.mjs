// SPDX-License-Identifier: Apache-2.0
//
// The lobby of the package against the real server: filters, seats that wait, tickets, matches.
//     GATEHOUSE=build/release/gatehouse node --test sdk/js/test/lobby.test.mjs

import assert from 'node:assert/strict';
import { test } from 'node:test';
import WebSocket from 'ws';
import { connect, memoryStore } from '@gatehouse/client';
import { guest, Lobby } from '@gatehouse/client/http';
import { serve, until } from '../../../tests/end_to_end/harness.mjs';

function open(t, { url }) {
    const auth = guest({ url, store: memoryStore() });
    const client = connect({ url, auth, WebSocket });
    t.after(() => client.close());
    return Object.assign(client, { lobby: new Lobby({ url, auth }) });
}

const principal = async (client) => {
    await until(() => client.state.principal, 'it is known who this is');
    return client.state.principal;
};

test('rooms are found by what they are, page by page', async (t) => {
    const server = await serve(t);
    const { lobby } = open(t, server);
    const short = (await lobby.createRoom('liap-tui', { rounds: 1 })).room;
    const long = (await lobby.createRoom('liap-tui', { rounds: 9 })).room;
    await lobby.createRoom('liap-tui', {}, { listed: false });
    const ids = async (filters) => (await lobby.listRooms(filters)).map(({ room }) => room);
    assert.deepEqual(await ids(), [long, short], 'the newest first; not what is not listed');
    assert.deepEqual(await ids({ game: 'liap-tui', options: { rounds: 1 } }), [short]);
    assert.deepEqual(await ids({ status: 'running', open: false }), []);
    const paged = [];
    for await (const { room, free } of lobby.everyRoom({ limit: 1 })) paged.push([room, free]);
    assert.deepEqual(paged, [
        [long, 4],
        [short, 4],
    ]);
    await assert.rejects(lobby.listRooms({ rondes: 1 }), { code: 'bad_request' });
});

test('a seat waits for whoever reserved it, or has the ticket', async (t) => {
    const server = await serve(t);
    const [ann, bob, eve] = [open(t, server), open(t, server), open(t, server)];
    const reserve = ['me', await principal(bob)];
    const { room } = await ann.lobby.createRoom('liap-tui', {}, { reserve });
    await eve.lobby.reserveSeat(room, 2);
    assert.equal((await eve.join({ room })).state.seat, 2);
    assert.equal((await bob.join({ room })).state.seat, 1);
    await ann.lobby.releaseSeat(room);
    await assert.rejects(ann.lobby.releaseSeat(room), { code: 'not_found' });
    const { ticket } = await ann.lobby.issueTicket({ room, seat: 0 });
    const there = connect({ url: server.url, auth: ticket, WebSocket });
    t.after(() => there.close());
    assert.equal((await there.join({ room })).state.seat, 0);
});

test('who wants the same is led into one room', async (t) => {
    const match = { players: 2, players_min: 2 };
    const server = await serve(t, { rooms: { 'liap-tui': { bot_think: '5ms', match } } });
    const people = [open(t, server), open(t, server)];
    const options = { rounds: 1 };
    const find = ({ lobby }) => lobby.findMatch('liap-tui', options);
    const found = await Promise.all(people.map(find));
    assert.equal(found[0].room, found[1].room);
    assert.deepEqual(found.map(({ seat, players }) => [seat, players]).sort(), [
        [0, 2],
        [1, 2],
    ]);
    for (const [i, person] of people.entries())
        assert.equal((await person.join({ code: found[i].code })).state.seat, found[i].seat);

    const tired = new AbortController();
    const asked = open(t, server).lobby.findMatch('liap-tui', {}, { signal: tired.signal });
    const waits = async () =>
        (await (await fetch(`${server.adminUrl}/metrics`)).text()).includes(
            'gatehouse_matches_waiting{game="liap-tui"} 1',
        );
    await until(waits, 'somebody waits');
    tired.abort();
    await assert.rejects(asked, { code: 'stopped' });
});
