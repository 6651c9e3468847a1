// SPDX-License-Identifier: Apache-2.0
//
// A room before its game: its code to share, and who sits where. The map lies behind it.

import { h } from './dom.js';
import { banner, button, DIFFICULTIES, light, MAPS, mark, nameOfSeat, notice } from './parts.js';

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
    const { room, view } = app;
    const seat = view.room.seats[index];
    return h(
        'li',
        { class: seat.by, 'data-testid': `seat-${index}` },
        mark(index),
        h(
            'span',
            { class: 'who' },
            seat.by === 'nobody' ? 'Empty seat' : nameOfSeat(view, index),
            index === room.seat && h('small', {}, 'you'),
            index === view.room.host && h('small', {}, 'host'),
            room.presence[index] === 'away' && h('small', {}, 'away'),
        ),
        botButton(app, seat.by, index),
    );
}

function botButton({ room, view, isBusy, actions }, by, seat) {
    if (room.seat === null || room.seat !== view.room.host) return null;
    if (by === 'nobody')
        return button(
            {
                testid: `add-bot-${seat}`,
                disabled: isBusy,
                'aria-label': `Add a bot on seat ${seat + 1}`,
                onclick: () => actions.addBot(seat),
            },
            'Add a bot',
        );
    if (by === 'bot')
        return button(
            {
                class: 'quiet',
                testid: `remove-bot-${seat}`,
                disabled: isBusy,
                'aria-label': `Remove ${nameOfSeat(view, seat)}`,
                onclick: () => actions.removeBot(seat),
            },
            'Remove',
        );
    return null;
}

function startButton({ isBusy, actions }) {
    return button(
        { class: 'primary wide', testid: 'start', disabled: isBusy, onclick: actions.start },
        'Start the game',
    );
}

function watcherButton({ isBusy, actions }, empty) {
    return button(
        {
            class: 'primary wide',
            testid: 'take-seat',
            disabled: isBusy || empty === 0,
            onclick: actions.takeSeat,
        },
        empty === 0 ? 'All seats are taken' : 'Take a seat',
    );
}
