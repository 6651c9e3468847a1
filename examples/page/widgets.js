// SPDX-License-Identifier: Apache-2.0
//
// What the screens of all games show: the lobby's fields, seats that wait, the connection.

import { h } from './dom.js';

const LONG_WAIT = 2000;

export function counted(count, noun) {
    return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

export function nameOfSeat(view, seat) {
    const { by, name } = view.room.seats[seat];
    if (name) return name;
    return { bot: `Bot ${seat + 1}`, player: `Player ${seat + 1}`, nobody: 'Empty seat' }[by];
}

export function button({ testid, ...props }, ...children) {
    return h('button', { type: 'button', 'data-testid': testid, ...props }, ...children);
}

// What went wrong or is otherwise worth knowing, in a place that is always there.
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

// Says what is wrong with the connection, and what becomes of what was asked for, in the
// words of the game. It is always there: what comes and goes before an input would cost that input
// its focus.
export function banner({ connection, room, actions }, { pending, seat }) {
    const { state, reason, pause } = connection;
    if (state === 'online') return h('div', { class: 'banner', role: 'status', hidden: true });
    if (state === 'stopped')
        return h(
            'div',
            { class: 'banner stopped', role: 'alert' },
            `Disconnected: ${reason || 'the server closed the connection for good'}. `,
            button({ onclick: actions.startAgain }, 'Start again'),
        );
    const kept = !room ? '' : room.pending > 0 ? pending : seat;
    const what = state === 'reconnecting' ? 'Reconnecting…' : 'Connecting…';
    return h(
        'div',
        { class: 'banner', role: 'status', 'data-testid': 'banner' },
        h('span', {}, !room && pause >= 0 ? 'No answer from the server…' : what + kept),
        pause > LONG_WAIT && button({ testid: 'try-now', onclick: actions.tryNow }, 'Try now'),
    );
}

// ---- The lobby

export function nameField({ name, actions }) {
    return [
        h('label', { for: 'name' }, 'Your name'),
        h('input', {
            id: 'name',
            'data-testid': 'name',
            maxlength: 24,
            autocomplete: 'nickname',
            placeholder: 'How the others see you',
            value: name,
            oninput: (event) => actions.rename(event.target.value),
        }),
    ];
}

export function joinForm({ code, isBusy, actions }) {
    const join = (event) => {
        event.preventDefault();
        actions.enter({ code });
    };
    return h(
        'form',
        { class: 'join', onsubmit: join },
        h('label', { for: 'code', class: 'unseen' }, 'Room code'),
        h('input', {
            id: 'code',
            'data-testid': 'join-code',
            maxlength: 12,
            autocomplete: 'off',
            autocapitalize: 'characters',
            spellcheck: 'false',
            placeholder: 'Room code',
            value: code,
            oninput: (event) => actions.spell(event.target.value),
        }),
        h(
            'button',
            {
                class: code ? 'primary' : '',
                'data-testid': 'join',
                disabled: isBusy || !code,
            },
            'Join',
        ),
        button(
            {
                class: 'quiet',
                testid: 'watch',
                disabled: isBusy || !code,
                onclick: () => actions.enter({ code }, 'spectator'),
            },
            'Watch',
        ),
    );
}

export function roomList({ openRooms, isBusy, actions }) {
    return h(
        'section',
        { class: 'card', 'aria-labelledby': 'open-rooms' },
        h('h2', { id: 'open-rooms' }, 'Open rooms'),
        h(
            'ul',
            { class: 'rooms', 'data-testid': 'rooms' },
            openRooms.map((room) =>
                h(
                    'li',
                    { key: room.room },
                    h('span', { class: 'code' }, room.code),
                    h('span', { class: 'who' }, whoIsIn(room)),
                    button(
                        {
                            disabled: isBusy,
                            'aria-label': `Join room ${room.code}`,
                            onclick: () => actions.enter({ code: room.code }),
                        },
                        'Join',
                    ),
                ),
            ),
        ),
    );
}

function whoIsIn({ seats }) {
    const taken = seats.filter(({ by }) => by !== 'nobody');
    const names = taken.map(({ name }) => name).filter(Boolean);
    return names.length > 0 ? names.join(', ') : `${taken.length} of ${seats.length} seats taken`;
}

// ---- Before a game

export function seatLabels({ room, view }, seat) {
    return [
        seat === room.seat && h('small', {}, 'you'),
        seat === view.room.host && h('small', {}, 'host'),
        room.presence[seat] === 'away' && h('small', {}, 'away'),
    ];
}

// The host fills seats with bots.
export function botButton({ room, view, isBusy, actions }, by, seat) {
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

export function watcherButton({ isBusy, actions }, empty) {
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
