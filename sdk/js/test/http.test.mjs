// SPDX-License-Identifier: Apache-2.0
//
// Who one is, and which rooms there are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore } from '@gatehouse/client';
import { guest, Lobby } from '@gatehouse/client/http';
import { FakeWorld, url } from './world.mjs';

test('a guest stays the same person until the token cannot be renewed', async () => {
    const world = new FakeWorld();
    let count = 0;
    const lasting = (ms) => new Date(world.now() + ms).toISOString();
    world.answer = (path, { authorization }) =>
        authorization === 'Bearer expired'
            ? { status: 401, code: 'token_expired', detail: 'too late' }
            : { token: `guest ${++count}`, expires_at: lasting(24 * 3_600_000) };
    const person = guest({ url, world });
    assert.deepEqual(await Promise.all([person(), person()]), Array(2).fill(await person()));
    assert.equal(world.requests.length, 1, 'asked once');
    await person({ stale: 'guest 1' });
    assert.equal(world.requests[1].headers.authorization, 'Bearer guest 1');
    const session = { token: 'expired', expires_at: lasting(120_000) };
    world.store.setItem('gatehouse:guest:', JSON.stringify(session));
    assert.equal((await person()).token, 'expired', 'used while it lasts');
    assert.equal((await person({ stale: 'expired' })).token, 'guest 3', 'somebody new');
    person.forget();
    assert.equal((await person()).token, 'guest 4');
});

test('a store that refuses, or is spoilt, makes nobody somebody else', async () => {
    const quota = new Error('quota');
    const deny = () => {
        throw quota;
    };
    const refuses = { getItem: deny, setItem: deny, removeItem: deny };
    const spoilt = { ...memoryStore(), getItem: () => '{"tok' };
    const wrong = { ...memoryStore(), getItem: () => '7' };
    const full = { ...memoryStore(), setItem: deny };
    for (const store of [refuses, spoilt, wrong, full]) {
        const world = new FakeWorld();
        let count = 0;
        const expires_at = new Date(world.now() + 86_400_000).toISOString();
        world.answer = () => ({ token: `guest ${++count}`, expires_at });
        const errors = [];
        const person = guest({ url, world, store, onError: (error) => errors.push(error) });
        for (let i = 0; i < 3; i++) assert.equal((await person()).token, 'guest 1');
        assert.equal(world.requests.length, 1, 'the server has one guest more, not three');
        assert.equal(errors.length > 0, store !== wrong);
        person.forget();
        assert.equal((await person()).token, 'guest 2');
    }
});

test('rooms are made and listed; a token that will not do is asked for once more', async () => {
    const world = new FakeWorld();
    const asked = [];
    const auth = ({ stale }) => `jwt ${asked.push(stale)}`;
    world.answer = (path, { authorization }) =>
        authorization === 'Bearer jwt 2'
            ? { room: 'R', code: 'K7QXM', rooms: [] }
            : { status: 401, code: 'token_expired' };
    const lobby = new Lobby({ url, auth, world });
    assert.equal((await lobby.createRoom('g', { rounds: 1 })).code, 'K7QXM');
    assert.deepEqual(asked, [undefined, 'jwt 1']);
    assert.deepEqual(JSON.parse(world.requests[1].body), { game: 'g', options: { rounds: 1 } });
    await assert.rejects(lobby.listRooms(), { code: 'token_expired' }, 'once');
    world.answer = () => ({ status: 403, code: 'forbidden' });
    await assert.rejects(lobby.listRooms(), { code: 'forbidden' });
    assert.equal(asked.length, 5);
});

test('filters become a question, and pages are asked for as they are read', async () => {
    const world = new FakeWorld();
    const lobby = new Lobby({ url, auth: 'jwt', world });
    const first = { rooms: [{ room: 'A' }, { room: 'B' }], next: 'c/1' };
    const pages = [first, { rooms: [{ room: 'C' }] }];
    world.answer = () => pages[world.requests.length - 1] ?? { rooms: [] };
    const seen = [];
    for await (const { room } of lobby.everyRoom({ game: 'g', limit: 2 })) seen.push(room);
    assert.deepEqual(seen, ['A', 'B', 'C']);
    assert.equal(world.requests[0].query, '?open=true&game=g&limit=2');
    assert.equal(new URLSearchParams(world.requests[1].query).get('after'), 'c/1');
    await lobby.pageOfRooms({ open: false, free: 2, status: 'open', options: { rounds: 1 } });
    assert.equal(world.requests[2].query, '?open=false&free=2&status=open&option.rounds=1');
    for await (const room of lobby.everyRoom()) assert.fail(room);
});

test('a match is asked for until there is one, and again while the server is away', async () => {
    const world = new FakeWorld();
    const lobby = new Lobby({ url, auth: 'jwt', world });
    const away = { status: 503, code: 'unavailable' };
    const waiting = { status: 202, says: { status: 'waiting', match: 'm' } };
    const there = { says: { status: 'found', match: 'm', room: 'R', seat: 1 } };
    const answers = [away, waiting, away, there];
    world.answer = () => answers.shift();
    const heard = [];
    const found = lobby.findMatch('g', {}, { onWaiting: (match) => heard.push(match) });
    await world.pass(3000);
    const { room, seat, status } = await found;
    assert.deepEqual([room, seat, status, heard], ['R', 1, undefined, ['m']]);

    world.answer = () => away;
    const none = assert.rejects(lobby.findMatch('g'), { code: 'unavailable' });
    await world.pass(60_000);
    await none;
    world.answer = () => ({ status: 404, code: 'not_found' });
    await assert.rejects(lobby.findMatch('nothing'), { code: 'not_found' }, 'at once');
    world.answer = () => ({ says: {} });
    await assert.rejects(lobby.findMatch('g'), { code: 'internal' }, 'no server of ours');
});

test('who is tired of waiting leaves, unless a room was found', async () => {
    const world = new FakeWorld();
    const lobby = new Lobby({ url, auth: 'jwt', world });
    for (const isTooLate of [false, true]) {
        const abort = new AbortController();
        const asked = [];
        world.answer = (path, _, { method, signal }) => {
            asked.push(`${method} ${path}`);
            if (method === 'DELETE') return isTooLate ? { status: 409, code: 'out_of_order' } : {};
            if (method === 'GET') return { says: { status: 'found', match: 'm', room: 'R' } };
            if (asked.length === 1) return { says: { status: 'waiting', match: 'm' } };
            return new Promise((_, reject) => signal.addEventListener('abort', reject));
        };
        const found = lobby.findMatch('g', {}, { signal: abort.signal });
        await world.pass(10);
        abort.abort();
        if (isTooLate) assert.equal((await found).room, 'R');
        else await assert.rejects(found, { code: 'stopped' });
        const post = 'POST /v1/matches';
        assert.deepEqual(asked.slice(0, 3), [post, post, 'DELETE /v1/matches/m']);
    }
    const never = new AbortController();
    never.abort();
    const { signal } = never;
    await assert.rejects(lobby.findMatch('g', {}, { signal }), { code: 'stopped' });
});
