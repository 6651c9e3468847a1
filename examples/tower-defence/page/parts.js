// SPDX-License-Identifier: Apache-2.0
//
// What more than one screen shows.

import { h } from './dom.js';
import { SEATS } from './things.js';

const LONG_WAIT = 2000;

export const MAPS = {
    meadow: ['Meadow', 'One winding way'],
    crossing: ['Crossing', 'Two ways, one castle'],
    spiral: ['Spiral', 'A long way round; who flies takes the short one'],
};
export const DIFFICULTIES = { easy: 'Easy', normal: 'Normal', hard: 'Hard' };

export function counted(count, noun) {
    return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

export function nameOfSeat(view, seat) {
    const { by, name } = view.room.seats[seat];
    if (name) return name;
    return { bot: `Bot ${seat + 1}`, player: `Player ${seat + 1}`, nobody: 'Empty seat' }[by];
}

// The mark of a seat: a colour, and a shape for who does not see colours.
export function mark(seat) {
    const { mark, colour } = SEATS[seat];
    return h('span', { class: 'mark', style: `color: ${colour}`, 'aria-hidden': 'true' }, mark);
}

export function button({ testid, ...props }, ...children) {
    return h('button', { type: 'button', 'data-testid': testid, ...props }, ...children);
}

export function notice(text, hint = '') {
    return h(
        'p',
        { class: text ? 'notice' : 'notice hint', role: 'status', 'data-testid': 'notice' },
        text || hint,
    );
}

export function light({ state }) {
    return h(
        'span',
        { class: `connection ${state}`, 'data-testid': 'connection', 'data-state': state },
        h('span', { class: 'state' }, state),
    );
}

// Says what is wrong with the connection, and what becomes of what was asked for. Always there.
export function banner({ connection, room, actions }) {
    const { state, reason, pause } = connection;
    if (state === 'online') return h('div', { class: 'banner', role: 'status', hidden: true });
    if (state === 'stopped')
        return h(
            'div',
            { class: 'banner stopped', role: 'alert' },
            `Disconnected: ${reason || 'the server closed the connection for good'}. `,
            button({ onclick: actions.startAgain }, 'Start again'),
        );
    const kept = !room
        ? ''
        : room.pending > 0
          ? ' What you asked for is kept.'
          : ' Your seat is kept; time stands still here until then.';
    const what = state === 'reconnecting' ? 'Reconnecting…' : 'Connecting…';
    return h(
        'div',
        { class: 'banner', role: 'status', 'data-testid': 'banner' },
        h('span', {}, !room && pause >= 0 ? 'No answer from the server…' : what + kept),
        pause > LONG_WAIT && button({ testid: 'try-now', onclick: actions.tryNow }, 'Try now'),
    );
}
