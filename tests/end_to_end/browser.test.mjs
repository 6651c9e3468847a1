// SPDX-License-Identifier: Apache-2.0
//
// node --test tests/end_to_end/browser.test.mjs
// Four browsers play a whole game through the page while the server is killed with -9 and started
// again, and a fifth one watches.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { launch, Person } from './browser.mjs';
import { serve } from './harness.mjs';
import { everyActionWasAppliedOnce } from './history.mjs';

const page = new URL('../../examples/liap-tui/page', import.meta.url).pathname;

test(
    'four browsers finish their game although the server is killed',
    { timeout: 85_000 },
    async (t) => {
        const server = await serve(t, { routes: [{ match: '/**', to: { files: page } }] });
        const samePort = ['--set', `listen.http=127.0.0.1:${server.port}`];
        const browser = await launch();
        t.after(() => browser.close());
        const people = [];
        const come = async (name, query) => {
            const person = await Person.come(browser, name, `${server.url}/?${query}`);
            people.push(person);
            return person;
        };

        // Ann makes a room of two rounds in the page and plays by hand. The others are quick.
        const ann = await come('Ann', '');
        await ann.page.route('**/v1/rooms', (route) =>
            route.continue({
                postData: JSON.stringify({ game: 'liap-tui', options: { rounds: 2 } }),
            }),
        );
        await ann.page.getByTestId('name').fill('Ann');
        await ann.press('create');
        const code = await ann.page.getByTestId('code').textContent();
        const bob = await come('Bob', `as=Bob&autoplay&room=${code}`);
        const cyd = await come('Cyd', 'autoplay');
        await cyd.page.getByTestId('name').fill('Cyd');
        await cyd.page.getByTestId('join-code').fill(code.toLowerCase());
        await cyd.press('join');
        const eve = await come('Eve', `watch&room=${code}`);
        const dan = await come('Dan', `as=Dan&autoplay&room=${code}`);
        const players = [ann, bob, cyd, dan];
        await ann.sees(({ view }) => view.room.seats.every(({ name }) => name));
        await ann.press('start');

        // In mid-turn, with all waiting for Ann. Her move falls into the time without a server.
        await playUntilAnnFollows(ann);
        await server.kill();
        await Promise.all(people.map((person) => person.is('reconnecting')));
        const before = await ann.room();
        await chooseLast(ann, before.view.game.need);
        await ann.press('play');
        await ann.page.getByText('Your move is kept.').waitFor();
        await server.start({ args: samePort });
        await ann.sees(({ pending }) => pending === 0);
        const after = await ann.room();
        assert.equal(
            after.view.game.hand.length,
            before.view.game.hand.length - before.view.game.need,
        );

        // A tab that is loaded anew in mid-game keeps its seat and its hand. From now on Ann is
        // quick too.
        await ann.page.goto(`${ann.page.url()}&autoplay`);
        await ann.sees(({ view }) => view.game.phase !== 'waiting');
        assert.equal((await ann.room()).seat, before.seat);
        await bob.page.reload();
        await Promise.all(players.map((one) => one.sees(({ view }) => view.game.round === 2)));

        await dan.sees(({ view }) => view.game.phase === 'turn' && view.game.plays.length > 0);
        await server.kill();
        await Promise.all(people.map((person) => person.is('reconnecting')));
        await server.start({ args: samePort });

        await Promise.all(people.map((person) => person.page.getByTestId('game-over').waitFor()));
        const ends = await Promise.all(people.map((person) => person.room()));
        for (const { view } of ends) {
            assert.deepEqual(view.game.scores, ends[0].view.game.scores);
            assert.deepEqual(view.room, ends[0].view.room);
        }
        assert.deepEqual(ends.map(({ seat }) => seat).sort(), [0, 1, 2, 3, null]);

        const { commit, seed } = ends[0].view.room;
        assert.equal(createHash('sha256').update(Buffer.from(seed, 'hex')).digest('hex'), commit);
        await ann.page.getByText('The seed matches').waitFor();
        const verified = await server.command('room', 'verify', ends[0].id);
        assert.match(verified.out, /^fair: /m, verified.err);
        await everyActionWasAppliedOnce(server, ends[0].id);

        // What a frame may hold: one's own hand as `hand`; nobody's in another's, nobody's for Eve.
        assert.ok(ann.frames.some((frame) => frame.includes('"hand":')));
        assert.deepEqual(
            eve.frames.filter((frame) => frame.includes('"hand":')),
            [],
        );
        for (const { frames, name } of people)
            assert.ok(!frames.some((frame) => frame.includes('"hands"')), `${name} got all hands`);
        assert.deepEqual(
            people.flatMap(({ complaints }) => complaints),
            [],
        );
        assert.deepEqual(
            server.log.filter(({ level }) => level === 'error'),
            [],
        );
    },
);

// Ann's moves by hand, up to where she must follow what another has led.
async function playUntilAnnFollows(ann) {
    for (;;) {
        await ann.sees(({ seat, pending, view }) => view.game.turn === seat && pending === 0);
        const { game } = (await ann.room()).view;
        if (game.phase === 'turn' && game.need > 0) return;
        if (game.phase === 'preparation') await ann.press('keep');
        if (game.phase === 'declaration')
            await ann.page.locator('.numbers button:enabled').first().click();
        if (game.phase === 'turn') {
            await chooseLast(ann, 1);
            await ann.press('play');
        }
    }
}

async function chooseLast(person, count) {
    const pieces = await person.page.getByTestId('piece').all();
    for (const piece of pieces.slice(-count)) await piece.click();
}
