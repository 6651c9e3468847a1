// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act, create } from 'react-test-renderer';
import { createElement, StrictMode } from 'react';
import { connect } from '@gatehouse/client';
import * as hooks from '@gatehouse/client/react';
import { FakeWorld, inRoom, joined, online } from './world.mjs';

globalThis.IS_REACT_ACT_ENVIRONMENT = true;
const complain = console.error; // Of the renderer, which calls itself deprecated.
console.error = (text, ...more) => /deprecated/.test(text) || complain(text, ...more);

// Renders a component that is only what `use` gives; `shown` has what it gave, each time.
async function render(use, wrap = (each) => each) {
    const shown = [];
    const Probe = ({ use: run }) => (shown.push(run()), null);
    const root = {};
    const element = (run) => wrap(createElement(Probe, { use: run }));
    await act(async () => (root.tree = create(element(use))));
    root.again = (run = use) => act(async () => root.tree.update(element(run)));
    root.unmount = () => act(async () => root.tree.unmount());
    return { shown, ...root };
}

async function table() {
    const world = new FakeWorld();
    const client = connect({ url: 'https://play.example', auth: 'jwt', world });
    await online(world);
    const room = await inRoom(world, client);
    const say = (...messages) => act(async () => world.socket.say(...messages));
    let s = 10;
    const patch = (d) => say({ t: 'upd', room: 'R', p: s, s: ++s, d });
    return { world, client, room, say, patch };
}

test('useView renders again when what it selects changes, and only then', async () => {
    const { room, patch } = await table();
    const { shown, unmount } = await render(() => hooks.useView(room, ({ game }) => game.n));
    await patch({ game: { n: 1 } });
    await patch({ game: { other: { deep: 2 } } });
    await patch({});
    await patch({ game: { n: 2 } });
    assert.deepEqual(shown, [0, 1, 2]);
    await unmount();
    await patch({ game: { n: 3 } });
    assert.equal(shown.length, 3);
});

test('a selector that makes a new value each time does not render for ever', async () => {
    const { room, patch } = await table();
    const use = () => hooks.useView(room, ({ game }) => ({ n: game.n }));
    const { shown } = await render(use);
    await patch({ game: { n: 1 } });
    assert.deepEqual(shown, [{ n: 0 }, { n: 1 }]);
    const byContent = (a, b) => a?.n === b?.n;
    const quiet = await render(() => hooks.useView(room, ({ game }) => ({ n: game.n }), byContent));
    await patch({ game: { other: 1 } });
    assert.deepEqual(quiet.shown, [{ n: 1 }]);
});

test('useRoom joins once, strict mode or not, and shows how it goes', async () => {
    const { world, client } = await table();
    const use = () => {
        const room = hooks.useRoom(client, { room: 'Q' });
        return hooks.useSelected(room, ({ status }) => status);
    };
    const strict = (each) => createElement(StrictMode, null, each);
    const { shown, again } = await render(use, strict);
    await again();
    const joins = world.socket.of('join').filter(({ room }) => room === 'Q');
    assert.equal(joins.length, 1);
    await act(async () => world.socket.say(joined(joins[0], { room: 'Q' })));
    assert.deepEqual([shown[0], shown.at(-1)], ['joining', 'live']);
});

test('a room in place of another shows the other', async () => {
    const { world, client, room } = await table();
    const other = client.room({ room: 'Q' });
    const n = (of) => () => hooks.useView(of, ({ game }) => game.n);
    world.socket.say(joined(world.socket.last('join'), { room: 'Q', view: { game: { n: 7 } } }));
    const { shown, again } = await render(n(room));
    await again(n(other));
    assert.deepEqual(shown, [0, 7]);
});

test('presence, what is on its way, and the connection are there to be shown', async () => {
    const { world, client, room, say } = await table();
    const use = () => [
        hooks.usePresence(room)[2],
        hooks.usePending(room).map(({ name }) => name),
        hooks.useClient(client).status,
    ];
    const { shown } = await render(use);
    await say({ t: 'pres', room: 'R', seats: { 2: 'away' } });
    await act(async () => void room.act('play', {}));
    await act(async () => world.socket.die());
    assert.deepEqual(shown[0], [undefined, [], 'online']);
    assert.deepEqual(shown.at(-1), ['away', ['play'], 'reconnecting']);
});

test('seconds are counted down to the deadline on the clock of the server', async (t) => {
    const { world, room, say } = await table();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { shown, unmount } = await render(() => hooks.useSecondsLeft(room, 'turn'));
    await say({ t: 'timer', room: 'R', name: 'turn', at: world.now() + 2500 });
    for (const ms of [500, 1000, 1000, 1000]) {
        world.agenda.now += ms;
        await act(async () => t.mock.timers.tick(ms));
    }
    assert.deepEqual(shown, [null, 3, 2, 1, 0]);
    await say({ t: 'timer', room: 'R', name: 'turn', at: null });
    assert.equal(shown.at(-1), null);
    await unmount();
});

test('a room that no component shows is let go, unless somebody else has it', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { world, client } = await table();
    const target = { room: 'Q' };
    const shown = await render(() => hooks.useRoom(client, target));
    const room = shown.shown[0];
    await act(async () => world.socket.say(joined(world.socket.last('join'), { room: 'Q' })));
    await shown.unmount();
    await act(async () => t.mock.timers.tick(4000));
    const again = await render(() => hooks.useRoom(client, target));
    assert.equal(again.shown[0], room, 'another component comes at once');
    await act(async () => t.mock.timers.tick(60_000));
    assert.equal(room.state.status, 'live');
    await again.unmount();
    await act(async () => t.mock.timers.tick(5000));
    assert.equal(room.state.why, 'closed');
    assert.equal(world.socket.last('leave').room, 'Q');
    const mine = client.room({ room: 'P' });
    const other = await render(() => hooks.useRoom(client, { room: 'P' }));
    await other.unmount();
    await act(async () => t.mock.timers.tick(60_000));
    assert.equal(mine.state.status, 'joining', 'who asked for it by hand closes it by hand');
});

test('useRoom shows that a room was left, and how it is come back to', async () => {
    const { world, client } = await table();
    const use = () => {
        const room = hooks.useRoom(client, { room: 'Q' });
        return [room, hooks.useSelected(room, ({ status, why }) => why ?? status)];
    };
    const { shown, unmount } = await render(use);
    const join = () => world.socket.last('join');
    const busy = { t: 'err', id: join().id, code: 'not_found', msg: '', retry: false };
    await act(async () => world.socket.say(busy));
    assert.equal(shown.at(-1)[1], 'not_found');
    await act(async () => void shown.at(-1)[0].join());
    await act(async () => world.socket.say(joined(join(), { room: 'Q' })));
    assert.equal(shown.at(-1)[1], 'live');
    await act(async () => world.socket.say({ t: 'left', room: 'Q', why: 'replaced' }));
    assert.equal(shown.at(-1)[1], 'replaced');
    await unmount();
    const anew = await render(use);
    await act(async () => world.socket.say(joined(join(), { room: 'Q' })));
    assert.equal(anew.shown.at(-1)[1], 'live', 'a new component joins anew');
});
