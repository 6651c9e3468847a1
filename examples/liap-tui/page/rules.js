// SPDX-License-Identifier: Apache-2.0
//
// How to play, on one sheet.

import { h } from './dom.js';
import { disc, PIECES, SET_NAMES, setOf } from './pieces.js';
import { button } from './widgets.js';

const EXAMPLES = [
    [0],
    [10, 11],
    [22, 23, 24],
    [1, 4, 8],
    [27, 28, 29, 30],
    [12, 13, 16, 20],
    [22, 23, 24, 25, 26],
    [0, 2, 3, 6, 7],
    [10, 11, 14, 15, 18, 19],
];
const ONE_OF_EACH = [0, 2, 6, 10, 14, 18, 22, 1, 4, 8, 12, 16, 20, 27];

export function rules(close) {
    return [
        h('div', { class: 'sheet', tabindex: 0 }, sheet()),
        button({ class: 'primary wide', testid: 'close-rules', onclick: close }, 'Close'),
    ];
}

function sheet() {
    return [
        h('h2', { id: 'how' }, 'How to play'),
        h(
            'p',
            { class: 'lead' },
            'Say how many piles you will take, then take just as many. ',
            'The game ends at 50 points or after 20 rounds; most points win.',
        ),
        h(
            'ol',
            {},
            step(
                'Deal',
                'Eight pieces each. Who has none above 9 points may ask for a redeal: the ',
                'round then counts ×2, the next time ×3.',
            ),
            step(
                'Declare',
                'In turn, each says 0 to 8 piles. The four numbers may not sum to 8, ',
                'and nobody says 0 three rounds running.',
            ),
            step(
                'Play',
                'The leader lays 1 to 6 pieces that form a set; the others lay as many ',
                'pieces, any they like. The highest set of the same kind takes as many piles as ',
                'pieces were led, and leads next. Ties go to who was first.',
            ),
            step(
                'Score',
                'As many as declared: that number + 5, or 3 for none. Else minus the ',
                'difference. Times the multiplier of the round.',
            ),
        ),
        h('h3', {}, 'Points'),
        h(
            'ul',
            { class: 'worth' },
            ONE_OF_EACH.map((id) =>
                h(
                    'li',
                    { key: id },
                    disc(id),
                    h('b', { 'aria-hidden': 'true' }, PIECES[id].points),
                ),
            ),
        ),
        h('h3', {}, 'Sets, each of one colour'),
        h(
            'ul',
            { class: 'sets' },
            EXAMPLES.map((ids) =>
                h('li', {}, h('span', {}, SET_NAMES[setOf(ids)]), h('span', {}, ids.map(disc))),
            ),
        ),
        h('p', { class: 'hint keys' }, 'Keys: digits choose, Enter plays, Escape takes back.'),
    ];
}

function step(name, ...text) {
    return h('li', {}, h('b', {}, `${name}. `), text);
}
