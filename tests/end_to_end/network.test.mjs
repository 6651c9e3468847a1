// SPDX-License-Identifier: Apache-2.0
//
// node --test tests/end_to_end/network.test.mjs
// Browsers at the page of Liap Tui, with bots, behind a network that is slow, silent or cut; and
// what a spectator's browser is sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, Person } from './browser.mjs';
import { serve, until } from './harness.mjs';
import { eventsOf, everyActionWasAppliedOnce } from './history.mjs';
import { Network } from './network.mjs';

const files = new URL('../../examples/liap-tui/page', import.meta.url).pathname;

async function house(t) {
    const server = await serve(t, { routes: [{ match: '/**', to: { files } }] });
    const network = await Network.before(server);
    const browser = await launch();
    t.after(async () => {
        await browser.close();
        network.close();
    });
    const people = [];
    // Through the network, or straight to the server.
    const come = async (name, query, url = network.url) => {
        people.push(await Person.come(browser, name, `${url}/?${query}`));
        return people.at(-1);
    };
    const noComplaints = () =>
        assert.deepEqual(
            people.flatMap(({ complaints }) => complaints),
            [],
        );
    return { server, network, come, noComplaints };
}

// Of one round, with bots on the seats that the guests leave.
async function host(person, bots) {
    await person.page.route('**/v1/rooms', (route) =>
        route.continue({ postData: JSON.stringify({ game: 'liap-tui', options: { rounds: 1 } }) }),
    );
    await person.press('create');
    for (const seat of bots) await person.press(`add-bot-${seat}`);
    return person.page.getByTestId('code').textContent();
}

const isOver = ({ page }) => page.getByTestId('game-over').waitFor();
const isFull = ({ view }) => view.room.seats.every(({ by }) => by !== 'nobody');

// Up to where they are asked how many piles they will take.
async function isAsked(person) {
    for (;;) {
        await person.sees(
            ({ seat, pending, view }) => view.game.turn === seat && pending === 0,
        );
        if ((await person.room()).view.game.phase === 'declaration') return;
        await person.press('keep');
    }
}

const declare = ({ page }) => page.locator('.numbers button:enabled').first().click();
const hasDeclared = ({ seat, pending, view }) => pending === 0 && view.game.declared[seat] >= 0;

const declaredBy = async (server, { id, seat }) =>
    (await eventsOf(server, id)).filter(
        ({ type, data }) => type === 'declared' && data.seat === seat,
    ).length;

test('two browsers and two bots finish a game; who watches is sent no secret', async (t) => {
    const { server, come, noComplaints } = await house(t);
    const ann = await come('Ann', 'as=Ann');
    const code = await host(ann, [2, 3]);
    const ben = await come('Ben', `as=Ben&autoplay&room=${code}`);
    const eve = await come('Eve', '');
    const bodies = [];
    eve.page.on('response', (answer) => {
        if (/\/v1\//.test(answer.url())) bodies.push(answer.text().catch(() => ''));
    });
    await eve.page.goto(`${eve.page.url()}&watch&room=${code}`);
    await eve.sees(({ seat }) => seat === null);
    await ann.sees(isFull);
    await ann.press('start');
    await ann.page.goto(`${ann.page.url()}&autoplay`);
    await Promise.all([ann, ben, eve].map(isOver));

    const { id, view } = await eve.room();
    const { commit, seed } = view.room;
    assert.deepEqual((await ann.room()).view.game.scores, view.game.scores);
    await everyActionWasAppliedOnce(server, id);
    const events = await eventsOf(server, id);
    const hands = events.filter(({ type }) => type === 'dealt').flatMap(({ data }) => data.hands);
    assert.ok(hands.length >= 4 && ann.frames.some((frame) => frame.includes('"hand":')));
    const sent = [...eve.frames, ...(await Promise.all(bodies))];
    for (const text of sent) {
        assert.doesNotMatch(text, /"hands?":/);
        for (const hand of hands) assert.ok(!text.includes(JSON.stringify(hand)), 'a hand');
    }
    const whole = sent.join('\n');
    assert.ok(whole.includes(commit));
    const revealed = whole.indexOf(seed);
    assert.ok(revealed > whole.lastIndexOf('"phase":"turn"'), 'the seed is told at the end only');
    onlyWhatWasPlayed(eve.frames, events);
    noComplaints();
});

// No piece is in what a spectator is sent before it was played in the open.
function onlyWhatWasPlayed(frames, events) {
    const played = new Map(); // version → the pieces that were played by then
    const open = new Set();
    for (const { version, type, data } of events) {
        if (type === 'dealt') open.clear();
        if (type === 'played') for (const piece of data.pieces) open.add(piece);
        played.set(version, new Set(open));
    }
    let seen = 0;
    const look = (value, known) => {
        if (typeof value !== 'object' || value === null) return;
        for (const piece of value.pieces ?? []) {
            assert.ok(known.has(piece), `piece ${piece} is not out yet`);
            seen++;
        }
        for (const each of Object.values(value)) look(each, known);
    };
    for (const message of frames.map((frame) => JSON.parse(frame)).flat())
        if (message.s !== undefined) look(message, played.get(message.s) ?? new Set());
    assert.ok(seen >= 32, `${seen} pieces were looked at`);
}

// Of the connection, as the page shows them.
const watchStates = ({ page }) =>
    page.evaluate(() => {
        const look = () => document.querySelector('[data-testid=connection]').dataset.state;
        window.states = new Set([look()]);
        new MutationObserver(() => window.states.add(look())).observe(document.body, {
            subtree: true,
            attributes: true,
        });
    });
const statesOf = ({ page }) => page.evaluate(() => [...window.states].sort());

// Ann and three bots, and she is to declare.
async function asked(t) {
    const all = await house(t);
    const ann = await all.come('Ann', '');
    await host(ann, [1, 2, 3]);
    await ann.press('start');
    await isAsked(ann);
    const room = await ann.room();
    const isDoneOnce = async () => {
        await ann.sees(hasDeclared);
        assert.equal((await ann.room()).seat, room.seat);
        assert.equal(await declaredBy(all.server, room), 1);
        await everyActionWasAppliedOnce(all.server, room.id);
        all.noComplaints();
    };
    return { ...all, ann, room, isDoneOnce };
}

test('a tab that is reloaded in mid-action: it is done once', async (t) => {
    const { server, network, ann, room, isDoneOnce } = await asked(t);
    network.silence({ isDeaf: false });
    await declare(ann);
    await until(async () => (await declaredBy(server, room)) === 1, 'the server has it');
    assert.equal((await ann.room()).pending, 1, 'and nobody told her');
    await ann.page.reload();
    await isDoneOnce();
});

test('a network that is cut: it says so, keeps the move, and sends it once', async (t) => {
    const { network, ann, isDoneOnce } = await asked(t);
    network.cut();
    await ann.is('reconnecting');
    await declare(ann);
    await ann.page.getByText('Your move is kept.').waitFor();
    network.mend();
    await ann.is('online');
    await isDoneOnce();
});

test('a network that swallows all without a word is noticed', async (t) => {
    const { network, ann, isDoneOnce } = await asked(t);
    await watchStates(ann);
    network.silence({ isDeaf: true });
    await declare(ann);
    await isDoneOnce();
    assert.deepEqual(await statesOf(ann), ['online', 'reconnecting']);
});

test('a server that is restarted while two browsers play', async (t) => {
    const { server, come, noComplaints } = await house(t);
    const ann = await come('Ann', 'as=Ann');
    const code = await host(ann, [2, 3]);
    const ben = await come('Ben', `as=Ben&autoplay&room=${code}`);
    await ann.sees(isFull);
    await ann.press('start');
    await isAsked(ann);
    await server.restart({ signal: 'SIGTERM', samePort: true });
    await Promise.all([ann.is('online'), ben.is('online')]);
    await ann.page.goto(`${ann.page.url()}&autoplay`);
    await Promise.all([ann, ben].map(isOver));
    await everyActionWasAppliedOnce(server, (await ann.room()).id);
    noComplaints();
});

test('a slow network is slow, and nothing worse', async (t) => {
    const { server, network, come, noComplaints } = await house(t);
    const ann = await come('Ann', 'as=Ann');
    const code = await host(ann, [2, 3]);
    const ben = await come('Ben', `as=Ben&autoplay&room=${code}`, server.url);
    await ann.sees(isFull);
    await ann.page.goto(`${ann.page.url()}&autoplay`);
    await ann.sees(isFull);
    Object.assign(network, { latencyMs: 300, bytesPerSecond: 20_000 });
    await watchStates(ann);
    await ann.press('start');
    await Promise.all([ann, ben].map(isOver));
    assert.deepEqual(await statesOf(ann), ['online']);
    const [hers, his] = [await ann.room(), await ben.room()];
    assert.deepEqual(hers.view.game.scores, his.view.game.scores);
    await everyActionWasAppliedOnce(server, hers.id);
    noComplaints();
});
