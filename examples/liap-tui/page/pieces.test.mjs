// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PIECES, pointsOf, setOf } from './pieces.js';

test('the pieces have the ids and points of the rules', () => {
    const points = [14, 13, 12, 12, 11, 11, 10, 10, 9, 9, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3];
    points.push(2, 2, 2, 2, 2, 1, 1, 1, 1, 1);
    assert.deepEqual(
        PIECES.map((piece) => piece.points),
        points,
    );
    assert.equal(pointsOf([0, 31]), 15);
});

test('each set has its name, and nothing else has one', () => {
    const sets = [
        [[0], 'single'],
        [[2, 3], 'pair'],
        [[22, 23, 24], 'three_of_a_kind'],
        [[0, 2, 6], 'straight'],
        [[12, 16, 20], 'straight'],
        [[27, 28, 29, 30], 'four_of_a_kind'],
        [[10, 11, 14, 18], 'extended_straight'],
        [[0, 2, 3, 6, 7], 'extended_straight_5'],
        [[22, 23, 24, 25, 26], 'five_of_a_kind'],
        [[10, 11, 14, 15, 18, 19], 'double_straight'],
        [[], null],
        [[0, 1], null], // Two colours.
        [[3, 4], null],
        [[0, 2, 10], null], // Two suits.
        [[0, 2], null],
        [[0, 2, 6, 10, 14, 18], null],
    ];
    for (const [ids, name] of sets) assert.equal(setOf(ids) ?? null, name, `${ids}`);
});
