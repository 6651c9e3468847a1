// SPDX-License-Identifier: Apache-2.0
//
// What more than one screen of this game shows.

import { h } from './dom.js';
import { SEATS } from './things.js';
import { banner as connectionBanner } from './widgets.js';

export const MAPS = {
    meadow: ['Meadow', 'One winding way'],
    crossing: ['Crossing', 'Two ways, one castle'],
    spiral: ['Spiral', 'A long way round; who flies takes the short one'],
};
export const DIFFICULTIES = { easy: 'Easy', normal: 'Normal', hard: 'Hard' };

// The mark of a seat: a colour, and a shape for who does not see colours.
export function mark(seat) {
    const { mark, colour } = SEATS[seat];
    return h('span', { class: 'mark', style: `color: ${colour}`, 'aria-hidden': 'true' }, mark);
}

const KEPT = {
    pending: ' What you asked for is kept.',
    seat: ' Your seat is kept; time stands still here until then.',
};

export const banner = (app) => connectionBanner(app, KEPT);
