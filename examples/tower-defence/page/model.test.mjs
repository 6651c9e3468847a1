// SPDX-License-Identifier: Apache-2.0
//
// node --test examples/tower-defence/page
// What the page makes of views, without a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Camera, project, tilt } from './iso.js';
import {
    Clock,
    earlyGold,
    gone,
    groundAt,
    lengthOf,
    pointOn,
    priceOf,
    progressOf,
    towerAt,
    whyNotBuild,
} from './model.js';

const way = [
    [0, 1],
    [1, 1],
    [2, 1],
    [2, 2],
    [2, 3],
].map(([x, y]) => ({ x, y }));
const level = (cost) => ({ cost, range: 2000, damage: 1, reload: 10 });
const book = {
    width: 4,
    height: 4,
    ground: ['...^', '...t', '...~', '....'],
    ways: [way],
    towers: [
        { kind: 'arrow', levels: [level(50), level(45), level(80)] },
        { kind: 'cannon', levels: [level(90), level(80), level(140)] },
    ],
    enemies: [
        { kind: 'walker', flies: false },
        { kind: 'flyer', flies: true },
    ],
    towers_most: 3,
};
const enemy = (n, p, more = {}) => ({
    n,
    k: 'walker',
    w: 0,
    o: 0,
    t: 100,
    p,
    v: 50,
    h: 9,
    m: 9,
    ...more,
});
const game = (more = {}) => ({
    tick: 100,
    lives: 20,
    gold: [60, 0],
    enemies: {},
    towers: {},
    wave: 1,
    next_wave_at: 300,
    ...more,
});

test('enemies are where they were, and what they went since', () => {
    assert.equal(progressOf(enemy(1, 500), 100), 500);
    assert.equal(progressOf(enemy(1, 500), 104.5), 725);
    assert.equal(progressOf(enemy(1, 10), 90), 0);
});

test('a way is gone from the first tile to the last, evenly and without a jump', () => {
    assert.equal(lengthOf(way, false), 4000);
    assert.deepEqual({ ...pointOn(way, false, 0) }, { x: 0, y: 1, dx: 1, dy: 0 });
    const end = pointOn(way, false, 9999);
    assert.deepEqual([end.x, end.y], [2, 3]);
    for (const aside of [-0.2, 0, 0.2]) {
        let before = pointOn(way, false, 0, aside);
        for (let progress = 10; progress <= 4000; progress += 10) {
            const here = pointOn(way, false, progress, aside);
            const step = Math.hypot(here.x - before.x, here.y - before.y);
            assert.ok(step < 0.03, `${step} at ${progress}, ${aside} aside`);
            before = here;
        }
    }
});

test('who flies goes straight', () => {
    assert.ok(Math.abs(lengthOf(way, true) - 2828.4) < 0.1);
    const { x, y } = pointOn(way, true, lengthOf(way, true) / 2);
    assert.ok(Math.abs(x - 1) < 1e-9 && Math.abs(y - 2) < 1e-9);
});

test('the clock runs evenly behind the views, never backwards, and stops where none come', () => {
    const clock = new Clock();
    let before = -Infinity;
    for (let tick = 0; tick < 100; tick++) {
        clock.see(tick, tick * 50 + (tick % 3) * 15);
        for (const part of [0, 16, 33]) {
            const drawn = clock.tickAt(tick * 50 + 45 + part);
            assert.ok(drawn >= before && drawn <= tick + 3, `${drawn} at ${tick}`);
            if (tick > 5) assert.ok(drawn > tick - 4);
            before = drawn;
        }
    }
    assert.equal(clock.tickAt(60_000), 102);
    assert.equal(clock.tickAt(90_000), 102);
    clock.see(100, 95_000); // The server was away, and time stood still there.
    assert.ok(clock.tickAt(95_000) >= 100 && clock.tickAt(95_000) <= 103);
});

test('ground has names', () => {
    const names = [
        [0, 0, 'free'],
        [0, 1, 'way'],
        [2, 3, 'castle'],
        [3, 0, 'rock'],
        [3, 1, 'wood'],
        [3, 2, 'water'],
        [-1, 0, 'outside'],
        [0, 4, 'outside'],
    ];
    for (const [x, y, name] of names) assert.equal(groundAt(book, { x, y }), name);
});

test('it is said why nothing can be built', () => {
    const towers = { 0: { x: 0, y: 0, k: 'arrow', l: 0, s: 0 } };
    const why = (kind, tile, more) =>
        whyNotBuild({ book, game: game({ towers, ...more }), seat: 0 }, kind, tile);
    assert.equal(why(0, { x: 1, y: 0 }), '');
    assert.equal(why(0), '');
    assert.equal(why(1), '30 gold short');
    assert.equal(why(0, { x: 1, y: 1 }), 'enemies walk here');
    assert.equal(why(0, { x: 3, y: 1 }), 'not on free ground');
    assert.equal(why(0, { x: 0, y: 0 }), 'a tower stands here');
    const many = Object.fromEntries([0, 1, 2].map((x) => [x, { x, y: 0, k: 'arrow' }]));
    assert.equal(why(0, undefined, { towers: many }), 'no more towers');
    assert.equal(towerAt(game({ towers }), { x: 0, y: 0 }).k, 'arrow');
    assert.equal(towerAt(game({ towers }), { x: 1, y: 0 }), null);
});

test('prices are those of the rules', () => {
    assert.equal(priceOf(book, { k: 'arrow', l: 2 }), 122);
    assert.equal(earlyGold(game()), 10);
    assert.equal(earlyGold(game({ wave: 0 })), 0);
});

test('who is gone has arrived, or fell', () => {
    const before = game({ enemies: { 0: enemy(1, 3980), 1: enemy(2, 100), 2: enemy(3, 200) } });
    const after = game({ tick: 101, lives: 19, enemies: { 1: enemy(4, 0), 2: enemy(3, 200) } });
    const all = gone(before, after, book).map(({ enemy: { n }, arrived }) => [n, arrived]);
    assert.deepEqual(all, [
        [1, true],
        [2, false],
    ]);
});

test('each tile is found again where it is drawn', () => {
    for (const isHigh of [false, true]) {
        tilt(isHigh);
        const camera = new Camera();
        camera.fit(book, 390, 700, { left: 0, right: 0, top: 100, bottom: 90 });
        camera.zoom(1.7, { x: 30, y: 500 });
        for (let y = 0; y < 4; y++)
            for (let x = 0; x < 4; x++)
                assert.deepEqual(camera.tileAt(camera.toScreen(project(x, y))), { x, y });
    }
    tilt(false);
});

test('the whole map is in what is left of the screen', () => {
    for (const [width, height] of [
        [1280, 800],
        [390, 780],
        [780, 360],
    ]) {
        const camera = new Camera();
        const covered = { left: 20, right: 0, top: 60, bottom: 90 };
        camera.fit(book, width, height, covered);
        for (const [x, y] of [
            [0, 0],
            [3, 0],
            [0, 3],
            [3, 3],
        ]) {
            const at = camera.toScreen(project(x, y));
            assert.ok(at.x > covered.left && at.x < width, `${at.x} of ${width}`);
            assert.ok(at.y > covered.top && at.y < height - covered.bottom, `${at.y} of ${height}`);
        }
    }
});
