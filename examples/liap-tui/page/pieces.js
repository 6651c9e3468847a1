// SPDX-License-Identifier: Apache-2.0
//
// The 32 pieces, which of them form a set, and how a piece looks.

import { h } from './dom.js';

// kind, red and black character, points of the red one (a black one has one less), how many
const KINDS = [
    ['general', '帥', '將', 14, 1],
    ['advisor', '仕', '士', 12, 2],
    ['elephant', '相', '象', 10, 2],
    ['chariot', '俥', '車', 8, 2],
    ['horse', '傌', '馬', 6, 2],
    ['cannon', '炮', '砲', 4, 2],
    ['soldier', '兵', '卒', 2, 5],
];

export const PIECES = KINDS.flatMap(([kind, red, black, points, count]) => [
    ...Array(count).fill({ kind, colour: 'red', glyph: red, points }),
    ...Array(count).fill({ kind, colour: 'black', glyph: black, points: points - 1 }),
]);

export const SET_NAMES = {
    single: 'single',
    pair: 'pair',
    three_of_a_kind: 'three soldiers',
    straight: 'straight',
    four_of_a_kind: 'four soldiers',
    extended_straight: 'straight of four',
    extended_straight_5: 'straight of five',
    five_of_a_kind: 'five soldiers',
    double_straight: 'double straight',
    discard: 'discard',
};

export function pointsOf(ids) {
    return ids.reduce((sum, id) => sum + PIECES[id].points, 0);
}

// The kind of set that these pieces form, or null.
export function setOf(ids) {
    const pieces = ids.map((id) => PIECES[id]);
    if (pieces.length === 0 || pieces.some(({ colour }) => colour !== pieces[0].colour))
        return null;
    if (pieces.length === 1) return 'single';
    const counts = new Map();
    for (const { kind } of pieces) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (counts.size === 1) return ofOneKind(pieces);
    const inOneSuit = [
        ['general', 'advisor', 'elephant'],
        ['chariot', 'horse', 'cannon'],
    ].some((suit) => counts.size === 3 && suit.every((kind) => counts.has(kind)));
    return inOneSuit
        ? { 3: 'straight', 4: 'extended_straight', 5: 'extended_straight_5', 6: 'double_straight' }[
              pieces.length
          ]
        : null;
}

function ofOneKind(pieces) {
    if (pieces.length === 2) return 'pair';
    const names = { 3: 'three_of_a_kind', 4: 'four_of_a_kind', 5: 'five_of_a_kind' };
    return pieces[0].kind === 'soldier' ? names[pieces.length] : null;
}

export function nameOf(id) {
    const { kind, colour, points } = PIECES[id];
    return `${colour} ${kind}, ${points} ${points === 1 ? 'point' : 'points'}`;
}

// The characters become part of the page, so that they show while the server is away.
export async function loadCharacters() {
    try {
        const answer = await fetch('pieces.svg');
        const parsed = new DOMParser().parseFromString(await answer.text(), 'image/svg+xml');
        document.body.append(document.adoptNode(parsed.documentElement));
    } catch {
        setTimeout(loadCharacters, 1000);
    }
}

function face(id) {
    const { kind, colour } = PIECES[id];
    return h(
        'svg',
        { viewBox: '-50 -50 100 100', 'aria-hidden': 'true' },
        h('circle', { r: 44, class: 'rim' }),
        h('use', { href: `#${colour}-${kind}`, x: -52, y: -52, width: 104, height: 104 }),
    );
}

// A piece that lies on the table.
export function disc(id) {
    const { colour } = PIECES[id];
    return h(
        'span',
        {
            key: id,
            class: `disc ${colour}`,
            role: 'img',
            title: nameOf(id),
            'aria-label': nameOf(id),
        },
        face(id),
    );
}

// A piece in one's hand: a button, with its Latin label below.
export function handPiece(id, { isChosen, isDisabled, onclick }) {
    const { colour, kind, points } = PIECES[id];
    return h(
        'button',
        {
            key: id,
            type: 'button',
            class: `hand-piece ${colour}`,
            'data-testid': 'piece',
            'data-piece': id,
            'aria-pressed': String(isChosen),
            'aria-label': nameOf(id),
            disabled: isDisabled,
            onclick,
        },
        h('span', { class: `disc ${colour}` }, face(id)),
        h('span', { class: 'caption', 'aria-hidden': 'true' }, kind, h('b', {}, points)),
    );
}
