// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsBetween, inWords } from './news.js';

const newsBetween = (before, after, me) =>
    inWords(eventsBetween(before, after), after, before, me);

const seats = ['Ann', 'Ben', 'Cho', 'Dan'].map((name) => ({ by: 'player', name }));
const play = (seat, ...pieces) => ({ seat, pieces, kind: 'single', points: 9 });
const view = (game) => ({
    room: { code: 'K7QXM', seats },
    game: { deal: 1, round: 1, phase: 'turn', declared: [1, 1, 1, 1], plays: [], ...game },
});
const turn = { plays: [play(3, 30), play(0, 1), play(1, 2), play(2, 4)], winner: 0, piles: 1 };

test('each play is told once, with who takes the piles', () => {
    const before = view({ turn: 1, plays: [play(3, 30), play(0, 1)] });
    const between = view({ turn: 2, plays: [play(3, 30), play(0, 1), play(1, 2)] });
    const after = view({ turn: 0, last_turn: turn });
    assert.deepEqual(newsBetween(before, between, 0), ['Ben plays single, 9 points']);
    assert.deepEqual(newsBetween(between, after, 0), [
        'Cho plays single, 9 points',
        'You take 1 pile',
        'It is your turn',
    ]);
    assert.deepEqual(newsBetween(after, after, 0), []);
});

test('who was away hears what the view still tells', () => {
    const before = view({ turn: 0, plays: [play(3, 30)] });
    const after = view({ turn: 1, last_turn: turn, plays: [play(0, 0)] });
    assert.deepEqual(newsBetween(before, after, null), [
        'Ann plays single, 9 points',
        'Ben plays single, 9 points',
        'Cho plays single, 9 points',
        'Ann takes 1 pile',
        'Ann plays single, 9 points',
    ]);
});

test('a declaration is told, and a new deal', () => {
    const before = view({ phase: 'declaration', turn: 2, declared: [1, 0, -1, -1] });
    const after = view({ phase: 'declaration', turn: 3, declared: [1, 0, 2, -1] });
    assert.deepEqual(newsBetween(before, after, 2), ['You declare 2']);
    const dealt = view({ deal: 2, round: 2, declared: [-1, -1, -1, -1] });
    assert.deepEqual(newsBetween(after, dealt, 2), ['Round 2: the pieces are dealt']);
});

test('what the server tells is told as it is', () => {
    const after = view({ turn: 0, phase: 'turn', round: 3 });
    const events = [
        { e: 'dealt', d: { round: 3, deal: 4 } },
        { e: 'redeal_asked', d: { seat: 1 } },
        { e: 'kept', d: { seat: 0 } },
        { e: 'played', d: { ...play(2, 30, 31), kind: 'discard' } },
        { e: 'readied', d: { seat: 2 } },
        { e: 'of a later version', d: {} },
        { e: 'ended', d: { winners: [0, 3] } },
    ];
    assert.deepEqual(inWords(events, after, view({ turn: 2 }), 0), [
        'Round 3: the pieces are dealt',
        'Ben asks for a redeal',
        'You keep your hand',
        'Cho plays 2 pieces as a discard',
        'You win, Dan wins',
        'It is your turn',
    ]);
});

test('who was away for long is not told it all', () => {
    const events = Array.from({ length: 99 }, () => ({ e: 'declared', d: { seat: 1, piles: 2 } }));
    assert.equal(inWords(events, view({ turn: 1 }), view({ turn: 1 }), 0).length, 12);
});
