// SPDX-License-Identifier: Apache-2.0
//
// A room before its game: its code to share, and who sits where. The map lies behind it.

import { h } from './dom.js';
import { banner, DIFFICULTIES, MAPS, mark } from './parts.js';
import {
    botButton,
    button,
    light,
    nameOfSeat,
    notice,
    seatLabels,
    watcherButton,
} from './widgets.js';

export function waitingRoom(app) {
    const { view, actions } = app;
    const { seats, code } = view.room;
    const { options } = view.game;
    const empty = seats.filter(({ by }) => by === 'nobody').length;
    return h(
        'main',
        { tabindex: -1, class: 'waiting' },
        banner(app),
        h(
            'div',
            { class: 'card' },
            h(
                'header',
                { class: 'bar' },
                h('h1', {}, MAPS[options.map][0]),
                h(
                    'span',
                    { class: 'what' },
                    `${DIFFICULTIES[options.difficulty]} · ${options.waves} waves`,
                ),
                h('span', { class: 'space' }),
                light(app.connection),
                button({ class: 'quiet', testid: 'leave', onclick: actions.leave }, 'Leave'),
            ),
            h(
                'div',
                { class: 'invite' },
                h('span', { class: 'big-code', 'data-testid': 'code' }, code),
                button(
                    { testid: 'copy', onclick: actions.copyLink },
                    app.isCopied ? 'Copied ✓' : 'Copy the link',
                ),
            ),
            h(
                'ol',
                { class: 'seats' },
                seats.map((_, index) => seatRow(app, index)),
            ),
            app.room.seat === null ? watcherButton(app, empty) : startButton(app),
            notice(
                app.notice,
                app.room.seat === null
                    ? 'You are watching. Those who sit start the game.'
                    : 'Start whenever you like: empty seats stay empty.',
            ),
        ),
    );
}

function seatRow(app, index) {
    const { view } = app;
    const seat = view.room.seats[index];
    return h(
        'li',
        { class: seat.by, 'data-testid': `seat-${index}` },
        mark(index),
        h(
            'span',
            { class: 'who' },
            seat.by === 'nobody' ? 'Empty seat' : nameOfSeat(view, index),
            seatLabels(app, index),
        ),
        botButton(app, seat.by, index),
    );
}

function startButton({ isBusy, actions }) {
    return button(
        { class: 'primary wide', testid: 'start', disabled: isBusy, onclick: actions.start },
        'Start the game',
    );
}
