// SPDX-License-Identifier: Apache-2.0
//
// What the table says, read from its description: no browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { table } from './table.js';

const seats = ['Ann', 'Ben', 'Cho', null].map((name) =>
    name ? { by: 'player', name } : { by: 'bot' },
);
const options = { goal: 50, rounds: 20 };

function at(game, { seat = 0, chosen = [], presence = {}, ...more } = {}) {
    return table({
        room: { id: 'R', seat, presence, pending: 0 },
        view: {
            room: { code: 'K7QXM', seats, commit: 'c0', seed: 'f00d' },
            game: {
                phase: 'turn',
                round: 2,
                multiplier: 1,
                starter: 0,
                hand: [5, 12, 13],
                hand_sizes: [3, 3, 3, 3],
                declared: [1, 1, 1, 1],
                won: [0, 0, 0, 0],
                scores: [0, 0, 0, 0],
                forbidden: [],
                need: 0,
                plays: [],
                ready: [],
                winners: [],
                options,
                ...game,
            },
        },
        connection: { state: 'online' },
        chosen: new Set(chosen),
        news: [],
        notice: '',
        secondsLeft: 12,
        ring: null,
        actions: {},
        ...more,
    });
}

function* all(node) {
    yield node;
    for (const child of node.children ?? []) yield* all(child);
}

function text(node) {
    return node.text ?? node.children.map(text).join('');
}

function find(node, testid) {
    return [...all(node)].find(({ props }) => props?.['data-testid'] === testid);
}

const says = (node, testid) => text(find(node, testid));
const pair = { seat: 3, pieces: [10, 11], kind: 'pair', points: 16, forced: false };

test('whose turn it is, and what there is to beat', () => {
    const led = { plays: [pair], best: 3, need: 2 };
    assert.equal(says(at({ turn: 0, ...led }), 'status'), 'Your turnpair led, beat 16');
    assert.equal(says(at({ turn: 1, ...led }), 'status'), 'Benfollowspair led, beat 16');
    assert.equal(says(at({ turn: 0 }), 'status'), 'Your turnyou start: lead a set');
    const last_turn = { plays: [pair], winner: 3, piles: 2 };
    assert.equal(says(at({ turn: 3, last_turn }), 'status'), 'Bot 4leadstook 2 piles');
});

test('why a number may not be declared', () => {
    const asked = { phase: 'declaration', turn: 0 };
    const last = at({ ...asked, declared: [-1, 2, 1, 2], forbidden: [0, 3] });
    assert.equal(says(last, 'notice'), 'Not 0 a third time. Not 3: the sum would be 8.');
    assert.equal(says(last, 'status'), 'Your turn5 of 8 piles declared so far');
    assert.equal(find(last, 'declare-3').props.disabled, true);
    assert.equal(find(last, 'declare-4').props.disabled, false);
    const first = at({ ...asked, declared: [-1, -1, -1, -1], forbidden: [0] });
    assert.equal(says(first, 'notice'), 'Not 0 a third time.');
    const others = at({ ...asked, turn: 1, declared: [-1, 2, 1, 2], forbidden: [3] });
    assert.equal(says(others, 'notice'), '');
    assert.equal(find(others, 'declare-4'), undefined);
});

test('one may play what is enough, and hears what it is worth', () => {
    const led = { turn: 0, plays: [pair], best: 3, need: 2 };
    const button = (chosen, game = led) => find(at(game, { chosen }), 'play').props.disabled;
    assert.deepEqual([button([]), button([12]), button([12, 13])], [true, true, false]);
    assert.deepEqual([button([5, 12], { turn: 0 }), button([5], { turn: 0 })], [true, false]);
    assert.match(text(at(led, { chosen: [12, 13] })), /pair · 14 points, too few to win/);
    const higher = at({ ...led, hand: [6, 7] }, { chosen: [6, 7] });
    assert.match(text(higher), /pair · 20 pointsPlay/);
    assert.match(text(at(led, { chosen: [5, 12] })), /A discard: it cannot take the piles\./);
    assert.equal(find(at({ ...led, turn: 1 }), 'play'), undefined);
});

test('who is away, and who is played for', () => {
    assert.match(says(at({ turn: 0 }, { presence: { 1: 'away' } }), 'seat-1'), /away/);
    assert.match(says(at({ turn: 0 }), 'seat-3'), /3 pieces/);
    assert.equal(find(at({ turn: 3, hand: undefined }, { seat: null }), 'piece'), undefined);
});

test('the end names the winners, the best first', () => {
    const over = at({
        phase: 'game_over',
        scores: [3, 52, 7, 52],
        winners: [1, 3],
        deltas: [1, 2, 3, 4],
    });
    assert.match(says(over, 'game-over'), /^Ben and Bot 4 win/);
    assert.match(says(over, 'game-over'), /★ Ben.*★ Bot 4.*Cho.*Ann/);
    assert.equal(says(over, 'seed'), 'f00d');
    const mine = at({
        phase: 'game_over',
        scores: [52, 1, 1, 1],
        winners: [0],
        deltas: [1, 2, 3, 4],
    });
    assert.match(says(mine, 'game-over'), /^You win/);
});
