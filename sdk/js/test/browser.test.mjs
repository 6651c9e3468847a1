// SPDX-License-Identifier: Apache-2.0
//
// The minified bundle in a real browser, before the real server: reload, freeze, network gone. The
// browser is that of tests/end_to_end; without it these tests are skipped by name.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, test } from 'node:test';
import WebSocket from 'ws';
import { connect, memoryStore } from '@gatehouse/client';
import { guest } from '@gatehouse/client/http';
import { serve, until } from '../../../tests/end_to_end/harness.mjs';

const browsers = await import('../../../tests/end_to_end/browser.mjs').catch(() => null);
const skip = browsers === null && 'npm ci in tests/end_to_end brings the browser';

const bundle = (name) => fs.readFileSync(new URL(`../dist/${name}`, import.meta.url), 'utf8');
const html = `<!doctype html><title>sdk</title><script type="module">
    import { connect } from './gatehouse.min.js';
    import { guest, Lobby } from './gatehouse-http.min.js';
    const url = location.origin;
    const auth = guest({ url });
    window.client = connect({ url, auth });
    window.lobby = new Lobby({ url, auth });
    window.enter = async (target) => void (window.room = await client.join(target));
</script>`;

let browser; // One for all.
after(() => browser?.close());

// A page whose files are there although the server is not.
async function open(t, server) {
    browser ??= await browsers.launch();
    // Its files come from here, which to the browser is another network than the server's.
    const context = await browser.newContext({ permissions: ['local-network-access'] });
    const serveAs = (body, contentType) => (route) => route.fulfill({ body, contentType });
    await context.route('**/page/', serveAs(html, 'text/html'));
    for (const name of ['gatehouse.min.js', 'gatehouse-http.min.js'])
        await context.route(`**/${name}`, serveAs(bundle(name), 'text/javascript'));
    t.after(() => context.close());
    const page = await context.newPage();
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(error.stack));
    t.after(() => assert.deepEqual(complaints, []));
    await page.goto(`${server.url}/page/`);
    const room = await page.evaluate(async () => (await lobby.createRoom('liap-tui')).room);
    await page.evaluate((id) => enter({ room: id }), room);
    const is = (status) =>
        page.waitForFunction((wanted) => client.state.status === wanted, status);
    return { context, page, room, is };
}

const nameIn = (page) => page.evaluate(() => room.view.room.seats[0].name);

test('an action under way outlives a reload of the tab', { skip }, async (t) => {
    const server = await serve(t);
    const { page, room, is } = await open(t, server);
    await page.evaluate(() => room.act('room.name', { name: 'Ann' }));
    assert.equal(await nameIn(page), 'Ann');
    await server.kill();
    await is('reconnecting');
    await page.evaluate(() => void room.act('room.name', { name: 'kept' }));
    await page.reload();
    await server.start({ args: ['--set', `listen.http=127.0.0.1:${server.port}`] });
    await page.evaluate((id) => enter({ room: id }), room);
    await page.waitForFunction(() => room.state.pending.length === 0);
    assert.equal(await nameIn(page), 'kept');
    assert.equal(await page.evaluate(() => room.state.seat), 0, 'the same person');
});

test('a frozen page is away for the others, and back when it is shown', { skip }, async (t) => {
    const server = await serve(t);
    const { page, room, is } = await open(t, server);
    const auth = guest({ url: server.url, store: memoryStore() });
    const watcher = connect({ url: server.url, auth, WebSocket, store: memoryStore() });
    t.after(() => watcher.close());
    const watched = await watcher.join({ room }, { as: 'spectator' });
    await until(() => watched.state.presence[0] === 'here', 'they are here');
    const happens = (name) => page.evaluate((it) => document.dispatchEvent(new Event(it)), name);
    await happens('freeze'); // A browser freezes only what has been hidden for minutes.
    await until(() => watched.state.presence[0] === 'away', 'they are away');
    assert.equal(await page.evaluate(() => client.state.reason), 'asleep');
    await happens('resume');
    await is('online');
    await until(() => watched.state.presence[0] === 'here', 'they are back');
});

test('a network that goes and comes back is noticed by its events', { skip }, async (t) => {
    const server = await serve(t);
    const { context, page, is } = await open(t, server);
    await context.setOffline(true);
    await server.kill();
    await is('reconnecting');
    const act = page.evaluate(() => room.act('room.name', { name: 'offline' }));
    await server.start({ args: ['--set', `listen.http=127.0.0.1:${server.port}`] });
    await context.setOffline(false);
    await act;
    assert.equal(await nameIn(page), 'offline');
});
