// SPDX-License-Identifier: Apache-2.0
//
// An open room before its game: its code to share, and who sits where.

import { h } from './dom.js';
import { banner, symbolOf, topBar } from './parts.js';
import {
    botButton,
    button,
    counted,
    nameOfSeat,
    notice,
    seatLabels,
    watcherButton,
} from './widgets.js';

export function waitingRoom(app) {
    const { view, actions } = app;
    const { seats, code } = view.room;
    const empty = seats.filter(({ by }) => by === 'nobody').length;
    return h(
        'main',
        { tabindex: -1, class: 'waiting' },
        topBar(app, empty > 0 ? 'Waiting for players' : 'Ready to start'),
        banner(app),
        h(
            'section',
            { class: 'card invite' },
            h('p', {}, 'Share this code, or the link:'),
            h('p', { class: 'big-code', 'data-testid': 'code' }, code),
            button(
                { class: 'copy', testid: 'copy', onclick: actions.copyLink },
                app.isCopied ? 'Copied ✓' : 'Copy the link',
            ),
        ),
        h(
            'ol',
            { class: 'seats' },
            seats.map((_, index) => seatCard(app, index)),
        ),
        app.room.seat === null ? watcherButton(app, empty) : startButton(app, empty),
        notice(app.notice, hintFor(app, empty)),
    );
}

function seatCard(app, index) {
    const { view } = app;
    const seat = view.room.seats[index];
    return h(
        'li',
        { class: `card ${seat.by}`, 'data-testid': `seat-${index}` },
        h('span', { class: 'initial', 'aria-hidden': 'true' }, symbolOf(view, index)),
        h(
            'span',
            { class: 'who' },
            h('span', {}, seat.by === 'nobody' ? 'Empty seat' : nameOfSeat(view, index)),
            seatLabels(app, index),
        ),
        botButton(app, seat.by, index),
    );
}

function startButton({ isBusy, actions }, empty) {
    return button(
        {
            class: 'primary wide',
            testid: 'start',
            disabled: isBusy || empty > 0,
            onclick: actions.start,
        },
        empty === 0 ? 'Start the game' : `${counted(empty, 'seat')} to fill`,
    );
}

function hintFor({ room, view }, empty) {
    if (room.seat === null) return 'You are watching. Those who sit start the game.';
    if (empty === 0) return 'Everybody is here: any of you may start.';
    return room.seat === view.room.host
        ? 'Wait for others, or fill the seats with bots.'
        : `${nameOfSeat(view, view.room.host)} can fill empty seats with bots.`;
}
