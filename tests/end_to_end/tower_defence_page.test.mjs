// SPDX-License-Identifier: Apache-2.0
//
// node --test tests/end_to_end/tower_defence_page.test.mjs
// The page of Tower Defence in a browser: built with the mouse, the keys and a finger, through a
// reload and a server that is killed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, Person } from './browser.mjs';
import { serve } from './harness.mjs';

const files = new URL('../../examples/tower-defence/page', import.meta.url).pathname;
const GAME = 'tower-defence';

async function house(t) {
    const server = await serve(t, {
        rooms: { [GAME]: { bot_think: '5ms', absence: { bot_after: '60s' } } },
        routes: [{ match: '/**', to: { files } }],
    });
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

// Until it holds of the page's state, which is sent there: it sees nothing else.
function sees(person, condition, ...given) {
    const args = given.map((each) => `, ${JSON.stringify(each)}`).join('');
    const app = 'window.towerDefence';
    return person.page.waitForFunction(`${app}?.view && (${condition})(${app}${args})`);
}

// Where the middle of a tile is on the screen.
function placeOf(person, tile) {
    return person.page.evaluate(async ({ x, y }) => {
        const { project } = await import('./iso.js');
        return window.towerDefence.field.camera.toScreen(project(x, y));
    }, tile);
}

async function makeRoom(person, options) {
    await person.page.route('**/v1/rooms', (route) =>
        route.request().method() === 'POST'
            ? route.continue({ postData: JSON.stringify({ game: 'tower-defence', options }) })
            : route.continue(),
    );
    await person.page.getByTestId('name').fill(person.name);
    await person.press('create');
    return person.page.getByTestId('code').textContent();
}

const hasTower = ({ view }, at) =>
    Object.values(view.game.towers).some(({ x, y, k, l }) =>
        Object.entries(at).every(([key, value]) => ({ x, y, k, l })[key] === value),
    );

test(
    'towers are built by mouse, keys and finger, and stand through kill -9 and reload',
    { timeout: 120_000 },
    async (t) => {
        const { server, come, noComplaints } = await house(t);
        const ann = await come('Ann', '', { viewport: { width: 1280, height: 800 } });
        const options = { difficulty: 'easy', waves: 3, calm_seconds: 60 };
        const code = await makeRoom(ann, options);
        const ben = await come('Ben', `as=Ben&room=${code}`, {
            viewport: { width: 390, height: 780 },
            isMobile: true,
            hasTouch: true,
        });
        const eve = await come('Eve', `watch&room=${code}`);
        await sees(ben, ({ room }) => room.seat === 1);
        await ann.press('add-bot-2');
        await ann.press('start');
        for (const person of [ann, ben, eve])
            await sees(person, ({ view, book }) => book && view.game.tick > 3);

        // The mouse: first what, then where.
        await ann.press('build-arrow');
        const { x, y } = await placeOf(ann, { x: 5, y: 0 });
        await ann.page.mouse.click(x, y);
        await sees(ann, hasTower, { x: 5, y: 0, k: 'arrow', l: 0 });
        await ann.page.keyboard.press('Escape');

        // Keys: the pointer goes to a tower, and makes it better; elsewhere one is built.
        await ann.page.mouse.move(640, 30);
        await ann.page.locator('main').focus();
        await ann.page.evaluate(() => {
            Object.assign(window.towerDefence.choice, { tile: { x: 4, y: 0 }, isPinned: true });
        });
        await ann.page.keyboard.press('ArrowRight');
        await ann.page.getByTestId('panel').waitFor();
        await ann.page.keyboard.press('u');
        await sees(ann, hasTower, { x: 5, y: 0, k: 'arrow', l: 1 });
        await ann.page.keyboard.press('ArrowRight');
        await ann.page.keyboard.press('1');
        await sees(ann, hasTower, { x: 6, y: 0, k: 'arrow' });
        await ann.page.getByText('column 7, row 1: free ground').waitFor({ state: 'attached' });

        // What cannot be is said, and why.
        await ann.page.keyboard.press('Escape');
        await ann.press('build-ballista');
        await ann.page.mouse.click(...Object.values(await placeOf(ann, { x: 2, y: 2 })));
        await ann.page.getByTestId('notice').filter({ hasText: 'enemies walk here' }).waitFor();
        await ann.page.keyboard.press('Escape');

        // A finger: first where, then what.
        const there = await placeOf(ben, { x: 1, y: 7 });
        await ben.page.touchscreen.tap(there.x, there.y);
        await ben.page.getByTestId('build-frost').tap();
        await sees(ben, hasTower, { x: 1, y: 7, k: 'frost' });
        await ben.page.getByTestId('give-0').tap();
        await sees(ann, ({ notice }) => /Ben gives 25 gold to you/.test(notice));

        // Who watches sees all of it, and has nothing to build with.
        await sees(eve, hasTower, { x: 1, y: 7, k: 'frost' });
        assert.equal(await eve.page.getByTestId('build-arrow').count(), 0);
        assert.equal(await eve.page.getByTestId('call').count(), 0);

        // The server is killed while enemies walk.
        await ann.press('call');
        await sees(ben, ({ view }) => Object.keys(view.game.enemies).length > 0);
        await server.kill();
        for (const person of [ann, ben, eve]) await person.page.getByTestId('banner').waitFor();
        await server.start({ args: ['--set', `listen.http=127.0.0.1:${server.port}`] });
        for (const person of [ann, ben, eve]) await person.is('online');
        const before = await ann.page.evaluate(() => window.towerDefence.view.game.tick);
        for (const person of [ann, ben, eve]) {
            await sees(person, ({ view }, tick) => view.game.tick > tick + 10, before);
            await sees(person, hasTower, { x: 5, y: 0, k: 'arrow', l: 1 });
        }
        await ben.page.reload();
        await sees(ben, ({ room, book }) => room.seat === 1 && book);

        // What happened is said in the log.
        const log = ann.page.getByRole('log', { name: 'What happened' });
        for (const words of [
            /You build an arrow tower/,
            /Ben builds a frost tower/,
            /Wave 1 of 3: 8 walkers/,
        ])
            await log.getByText(words).first().waitFor({ state: 'attached' });
        noComplaints();
    },
);

test('nothing falls off on any screen, to the end of a game', { timeout: 150_000 }, async (t) => {
    const { come, noComplaints } = await house(t);
    const sizes = [
        ['at a desk', { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' }],
        ['on a phone', { viewport: { width: 390, height: 664 }, isMobile: true, hasTouch: true }],
        ['turned', { viewport: { width: 780, height: 360 }, isMobile: true, hasTouch: true }],
    ];
    await Promise.all(
        sizes.map(async ([name, size]) => {
            const person = await come(name, '', size);
            await makeRoom(person, { difficulty: 'easy', waves: 1, calm_seconds: 1 });
            for (const seat of [1, 2, 3]) await person.press(`add-bot-${seat}`);
            await person.press('start');
            await sees(person, ({ view }) => Object.keys(view.game.enemies).length > 2);
            await staysInside(person);
            await person.page.getByTestId('game-over').waitFor({ timeout: 100_000 });
            await staysInside(person);
            await person.press('again');
            await person.page.getByTestId('create').waitFor();
        }),
    );
    noComplaints();
});

async function staysInside({ page, name }) {
    const { outside, colours, isScrolling } = await page.evaluate(() => {
        const { scrollWidth, scrollHeight } = document.documentElement;
        const all = [...document.querySelectorAll('main.hud button, .wave, .counts')];
        const box = (one) => one.getBoundingClientRect();
        const canvas = document.getElementById('field');
        const copy = document.createElement('canvas');
        [copy.width, copy.height] = [64, 64];
        const c = copy.getContext('2d');
        c.drawImage(canvas, 0, 0, 64, 64);
        const { data } = c.getImageData(0, 0, 64, 64);
        const seen = new Set();
        for (let i = 0; i < data.length; i += 4)
            seen.add(`${data[i] >> 4} ${data[i + 1] >> 4} ${data[i + 2] >> 4}`);
        return {
            isScrolling: scrollWidth > innerWidth || scrollHeight > innerHeight,
            outside: all
                .filter(
                    (one) =>
                        box(one).left < -1 ||
                        box(one).right > innerWidth + 1 ||
                        box(one).top < -1 ||
                        box(one).bottom > innerHeight + 1,
                )
                .map((one) => one.outerHTML.slice(0, 100)),
            colours: seen.size,
        };
    });
    assert.ok(!isScrolling, name);
    assert.deepEqual(outside, [], name);
    assert.ok(colours > 30, `${name}: ${colours} colours`);
}
