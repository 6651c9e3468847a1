// SPDX-License-Identifier: Apache-2.0
//
// How it is played, on one page.

import { h } from './dom.js';
import { TOWERS } from './words.js';
import { button } from './widgets.js';

const KEYS = [
    ['1 – 5', 'choose a tower, or build it where you point'],
    ['Arrows', 'point'],
    ['Enter', 'build, or look at the tower'],
    ['U', 'improve'],
    ['X', 'sell'],
    ['T', 'aim otherwise'],
    ['N', 'call the next wave'],
    ['P', 'show your friends this place'],
    ['+ −', 'nearer, further away'],
    ['Esc', 'let go'],
];

export function rules(close) {
    return [
        h('h2', { id: 'how' }, 'How to play'),
        h(
            'p',
            {},
            'They come out of the gates and walk to the castle; some fly. Build towers ',
            'beside the way. Each one who arrives costs lives, and those are shared; so is the ',
            'gold that enemies carry. Hold out to the last wave, together.',
        ),
        h(
            'ul',
            { class: 'kinds' },
            Object.entries(TOWERS).map(([kind, [name, what]]) =>
                h('li', { key: kind }, h('b', {}, name), ` ${what}.`),
            ),
        ),
        h(
            'p',
            {},
            'A wave that is called early pays gold to everybody. Brutes wear armour: ',
            'many small hits do little to them. Shamans heal who is near; aim at the strongest, ',
            'or at them. Give gold to a friend by a click on the name.',
        ),
        h(
            'dl',
            { class: 'keys' },
            KEYS.map(([key, what]) => [h('dt', { key }, key), h('dd', { key: what }, what)]),
        ),
        button({ class: 'primary wide', onclick: close }, 'Good'),
    ];
}
