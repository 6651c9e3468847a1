// SPDX-License-Identifier: Apache-2.0
//
// Before the table: the lobby, and the waiting room of an open room.

import { h } from './dom.js';
import { banner, counted, nameOfSeat, topBar } from './parts.js';

export function lobby(app) {
    const { name, code, openRooms, isBusy, notice, actions } = app;
    const submit = (task) => (event) => {
        event.preventDefault();
        task();
    };
    return h(
        'main',
        { tabindex: -1, class: 'lobby' },
        banner(app),
        h(
            'header',
            { class: 'title' },
            h('img', { src: 'icon.svg', alt: '', width: 84, height: 84 }),
            h('h1', {}, 'Liap Tui'),
            h('p', {}, 'A game of piles for four, with the pieces of Chinese chess.'),
        ),
        h(
            'div',
            { class: 'card' },
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
            h(
                'button',
                {
                    type: 'button',
                    class: 'primary wide',
                    'data-testid': 'create',
                    disabled: isBusy,
                    onclick: actions.create,
                },
                'Create a room',
            ),
            h('div', { class: 'or', 'aria-hidden': 'true' }, 'or'),
            h(
                'form',
                { class: 'join', onsubmit: submit(() => actions.enter({ code: app.code })) },
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
                h('button', { 'data-testid': 'join', disabled: isBusy || !code }, 'Join'),
                h(
                    'button',
                    {
                        type: 'button',
                        class: 'quiet',
                        'data-testid': 'watch',
                        disabled: isBusy || !code,
                        onclick: () => actions.enter({ code: app.code }, 'spectator'),
                    },
                    'Watch',
                ),
            ),
            h('p', { class: 'notice', role: 'alert', 'data-testid': 'notice' }, notice),
        ),
        openRooms.length > 0 && roomList(openRooms, app),
    );
}

function roomList(rooms, { isBusy, actions }) {
    return h(
        'section',
        { class: 'card', 'aria-labelledby': 'open-rooms' },
        h('h2', { id: 'open-rooms' }, 'Open rooms'),
        h(
            'ul',
            { class: 'rooms', 'data-testid': 'rooms' },
            rooms.map((room) =>
                h(
                    'li',
                    { key: room.room ?? room.code },
                    h('span', { class: 'code' }, room.code),
                    h('span', { class: 'who' }, whoIsIn(room)),
                    h(
                        'button',
                        {
                            type: 'button',
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
    if (!Array.isArray(seats)) return '';
    const taken = seats.filter(({ by }) => by !== 'nobody');
    const names = taken.map(({ name }) => name).filter(Boolean);
    return names.length > 0 ? names.join(', ') : `${taken.length} of ${seats.length} seats taken`;
}

export function waitingRoom(app) {
    const { room, view, isBusy, notice, actions } = app;
    const { seats, code, host } = view.room;
    const isHost = room.seat !== null && room.seat === host;
    const empty = seats.filter(({ by }) => by === 'nobody').length;
    return h(
        'main',
        { tabindex: -1, class: 'waiting' },
        topBar(app, 'Waiting for players'),
        banner(app),
        h(
            'section',
            { class: 'card invite' },
            h('p', {}, 'Share this code, or the link:'),
            h('p', { class: 'big-code', 'data-testid': 'code' }, code),
            h(
                'button',
                { type: 'button', 'data-testid': 'copy', onclick: actions.copyLink },
                app.isCopied ? 'Copied ✓' : 'Copy the link',
            ),
        ),
        h(
            'ol',
            { class: 'seats' },
            seats.map((seat, index) =>
                h(
                    'li',
                    { class: `card ${seat.by}`, 'data-testid': `seat-${index}` },
                    h('span', { class: 'initial', 'aria-hidden': 'true' }, symbolOf(seat)),
                    h(
                        'span',
                        { class: 'who' },
                        seat.by === 'nobody' ? 'Empty seat' : nameOfSeat(view, index),
                        index === room.seat && h('small', {}, 'you'),
                        index === host && h('small', {}, 'host'),
                        room.presence[index] === 'away' && h('small', {}, 'away'),
                    ),
                    isHost &&
                        seat.by === 'nobody' &&
                        seatButton(`add-bot-${index}`, 'Add a bot', isBusy, () =>
                            actions.addBot(index),
                        ),
                    isHost &&
                        seat.by === 'bot' &&
                        seatButton(`remove-bot-${index}`, 'Remove', isBusy, () =>
                            actions.removeBot(index),
                        ),
                ),
            ),
        ),
        room.seat !== null &&
            h(
                'button',
                {
                    type: 'button',
                    class: 'primary wide',
                    'data-testid': 'start',
                    disabled: isBusy || empty > 0,
                    onclick: actions.start,
                },
                empty === 0 ? 'Start the game' : `${counted(empty, 'seat')} to fill`,
            ),
        room.seat === null && h('p', { class: 'hint' }, 'You are watching. The game begins soon.'),
        h('p', { class: 'notice', role: 'alert', 'data-testid': 'notice' }, notice),
    );
}

function seatButton(testid, text, disabled, onclick) {
    return h('button', { type: 'button', 'data-testid': testid, disabled, onclick }, text);
}

function symbolOf({ by, name }) {
    if (by === 'nobody') return '·';
    return by === 'bot' ? '⚙' : (name ?? '?').slice(0, 1).toUpperCase();
}
