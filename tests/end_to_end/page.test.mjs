// SPDX-License-Identifier: Apache-2.0
//
// node --test tests/end_to_end/page.test.mjs
// The page of Liap Tui in a browser: what it answers to whom, and that nothing moves or falls off.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, Person } from './browser.mjs';
import { serve } from './harness.mjs';

const files = new URL('../../examples/liap-tui/page', import.meta.url).pathname;

async function house(t) {
    const server = await serve(t, { routes: [{ match: '/**', to: { files } }] });
    const browser = await launch();
    t.after(() => browser.close());
    const people = [];
    const come = async (name, query = '', options) => {
        people.push(await Person.come(browser, name, `${server.url}/?${query}`, options));
        return people.at(-1);
    };
    const noComplaints = () =>
        assert.deepEqual(
            people.flatMap(({ complaints }) => complaints),
            [],
        );
    return { server, come, noComplaints };
}

async function isTold(person, words, of = person.page) {
    await of.getByTestId('notice').filter({ hasText: words }).waitFor();
}

test(
    'who comes late, twice or to a server that is away is told so',
    { timeout: 60_000 },
    async (t) => {
        const { server, come, noComplaints } = await house(t);
        const ann = await come('Ann', 'as=Ann');
        await ann.page.getByTestId('join-code').fill('nope1');
        await ann.press('join');
        await isTold(ann, 'There is no such room.');
        await ann.press('create');
        const code = await ann.page.getByTestId('code').textContent();

        // Ben was sent the link. He has no name, watches first, and then takes a seat.
        const ben = await come('Ben', `room=${code}`);
        await isTold(ben, 'Say your name and join');
        await ben.press('watch');
        await ben.press('take-seat');
        await ben.sees(({ seat }) => seat === 1);

        // The seats are taken when Cho comes, the game has begun when Dan comes.
        for (const seat of [2, 3]) await ann.press(`add-bot-${seat}`);
        const cho = await come('Cho', `as=Cho&room=${code}`);
        await isTold(cho, 'You are watching: all seats are taken.');
        await ann.press('start');
        await cho.sees(({ view }) => view.game.phase !== 'waiting');
        const dan = await come('Dan', `as=Dan&room=${code}`);
        await isTold(dan, 'You are watching: this game has begun.');

        // Ann opens a second tab, and goes back to the first.
        const second = await ann.context.newPage();
        await second.goto(ann.page.url());
        await isTold(ann, 'You are in this room in another tab.');
        await ann.press('join');
        await isTold(ann, 'You are in this room in another tab.', second);
        await ann.sees(({ seat, view }) => seat === 0 && view.game.phase !== 'waiting');

        // Ben reloads, leaves, and comes back: his seat is his.
        await ben.page.reload();
        await ben.sees(({ seat }) => seat === 1);
        await ben.press('leave');
        await isTold(ben, 'Your seat waits for you');
        await ben.press('join');
        await ben.sees(({ seat }) => seat === 1);

        // The server is away while Eve is in the lobby.
        const eve = await come('Eve');
        await server.kill();
        const banner = eve.page.getByTestId('banner');
        await banner.waitFor();
        await eve.press('create');
        await isTold(eve, 'The server does not answer.');
        assert.ok(await eve.page.getByTestId('create').isEnabled());

        // It comes back while she types.
        await eve.page.getByTestId('name').pressSequentially('E');
        await server.start({ args: ['--set', `listen.http=127.0.0.1:${server.port}`] });
        await banner.waitFor({ state: 'detached' });
        await eve.page.keyboard.type('ve');
        assert.equal(await eve.page.getByTestId('name').inputValue(), 'Eve');
        noComplaints();
    },
);

test('nothing moves or falls off in a whole game', { timeout: 60_000 }, async (t) => {
    const { come, noComplaints } = await house(t);
    const desk = { viewport: { width: 1280, height: 800 } };
    const phone = { viewport: { width: 390, height: 664 }, isMobile: true, hasTouch: true };
    await Promise.all([
        come('at a desk', 'autoplay', desk).then(staysInPlace),
        come('on a phone', 'autoplay', phone).then(staysInPlace),
    ]);
    noComplaints();
});

async function staysInPlace({ name, page }) {
    const press = (testid) => page.getByTestId(testid).click();
    await page.route('**/v1/rooms', (route) =>
        route.continue({ postData: JSON.stringify({ game: 'liap-tui', options: { rounds: 2 } }) }),
    );
    await page.getByTestId('name').fill('Maximiliana of Seats');
    await press('create');
    for (const seat of [1, 2, 3]) await press(`add-bot-${seat}`);
    await page.evaluate(watchLayout);
    await press('start');
    await press('verify');
    const { places, overflows } = await page.evaluate(() => window.layout);
    assert.deepEqual(overflows, [], name);
    assert.equal(Object.keys(places).length, 7);
    for (const [what, [least, most]] of Object.entries(places))
        assert.ok(most - least <= 1, `${name}, ${what} was at ${least} and at ${most}`);

    // With all details open, the way out is inside of the card and can be reached.
    const card = await page.getByTestId('game-over').boundingBox();
    const button = await page.getByTestId('again').boundingBox();
    assert.ok(button.y + button.height < card.y + card.height, name);
    await press('again');
    await page.getByTestId('create').waitFor();
}

// In the page: where things are in each frame while pieces are played, and what is too large.
function watchLayout() {
    const places = {};
    const overflows = new Set();
    window.layout = { places, overflows: [] };
    const look = () => {
        requestAnimationFrame(look);
        const phase = document.querySelector('[data-testid=phase]')?.dataset.phase;
        if (!['preparation', 'declaration', 'turn'].includes(phase)) return;
        const { scrollWidth, scrollHeight } = document.documentElement;
        if (scrollWidth > innerWidth || scrollHeight > innerHeight)
            overflows.add(`${phase}: ${scrollWidth}×${scrollHeight}`);
        const panels = [0, 1, 2, 3].map((seat) => `[data-testid=seat-${seat}] .panel`);
        for (const what of [...panels, '.status', '.choices', '.hand']) {
            const { top } = document.querySelector(what).getBoundingClientRect();
            const [least, most] = places[what] ?? [top, top];
            places[what] = [Math.min(least, top), Math.max(most, top)];
        }
        window.layout.overflows = [...overflows];
    };
    look();
}

test('what happens is said in a log, and moves if wanted', { timeout: 60_000 }, async (t) => {
    const { come, noComplaints } = await house(t);
    for (const reducedMotion of ['no-preference', 'reduce']) {
        const ann = await come(reducedMotion, 'autoplay', { reducedMotion });
        await ann.page.evaluate(() => {
            window.moved = [];
            const { animate } = Element.prototype;
            Element.prototype.animate = function (...how) {
                window.moved.push(this.className);
                return animate.apply(this, how);
            };
        });
        await ann.press('create');
        for (const seat of [1, 2, 3]) await ann.press(`add-bot-${seat}`);
        await ann.press('start');
        const log = ann.page.getByRole('log', { name: 'What happened' });
        for (const words of [/the pieces are dealt/, /Bot 2 plays/, /You play/, /takes? \d pile/])
            await log.getByText(words).first().waitFor({ state: 'attached' });
        const moved = await ann.page.evaluate(() => window.moved);
        assert.equal(moved.length > 0, reducedMotion !== 'reduce');
        assert.equal(moved.some((name) => /flying/.test(name)), reducedMotion !== 'reduce');
        await ann.page.waitForFunction(() => !document.querySelector('.flying'));
    }
    noComplaints();
});

// What the server says passes through here: each update, with its events changed.
const rewriting = (change) => (page) =>
    page.routeWebSocket(/\/v1\/connect/, (socket) => {
        const server = socket.connectToServer();
        socket.onMessage((text) => server.send(text));
        server.onMessage((text) => {
            const messages = JSON.parse(text);
            for (const each of [messages].flat())
                if (each.t === 'upd' && each.ev) each.ev = change(each.ev);
            socket.send(JSON.stringify(messages));
        });
    });

// In the page: which seats something moved at.
function watchMotion() {
    window.seats = new Set();
    const { animate } = Element.prototype;
    Element.prototype.animate = function (...how) {
        const seat = this.closest('[data-testid^="seat-"]')?.dataset.testid;
        if (seat && this.className.includes('piles')) window.seats.add(seat);
        return animate.apply(this, how);
    };
}

test(
    'words and motion come of the events that are sent, and of views where none are',
    { timeout: 60_000 },
    async (t) => {
        const { come, noComplaints } = await house(t);
        const sent = new Set();
        // What nobody may declare, and no view says.
        const forge = ({ e }) => sent.add(e) && { e: 'declared', d: { seat: 2, piles: 17 } };
        const tables = {
            told: [rewriting((events) => events.map(forge)), /Bot 3 declares 17$/],
            untold: [rewriting(() => []), /Bot [234] declares \d$/],
        };
        for (const [name, [before, words]] of Object.entries(tables)) {
            const ann = await come(name, 'autoplay', { before });
            await ann.press('create');
            for (const seat of [1, 2, 3]) await ann.press(`add-bot-${seat}`);
            await ann.page.evaluate(watchMotion);
            await ann.press('start');
            const log = ann.page.getByRole('log', { name: 'What happened' });
            await log.getByText(words).first().waitFor({ state: 'attached' });
            await ann.sees(({ view }) => view.game.phase === 'turn');
            const isForged = /declares 17/.test(await log.textContent());
            assert.equal(isForged, name === 'told');
            const seats = await ann.page.evaluate(() => [...window.seats]);
            if (name === 'told') assert.deepEqual(seats, ['seat-2']);
            else assert.ok(seats.length > 1, seats.join());
        }
        for (const e of ['dealt', 'declared']) assert.ok(sent.has(e), [...sent].join());
        noComplaints();
    },
);
