// SPDX-License-Identifier: Apache-2.0
//
// The first screen: one's name, a room of one's own, or another's by its code.

import { h } from './dom.js';
import { banner, button, notice } from './parts.js';

const SAID_FIRST = 'Share your room’s code with friends, or fill its seats with bots.';
const INVITED = 'Say your name and join: this room is waiting for you.';

export function lobby(app) {
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
        entrance(app),
        app.openRooms.length > 0 && roomList(app),
        button(
            { class: 'quiet wide', testid: 'rules', onclick: app.actions.showRules },
            'How to play',
        ),
    );
}

function entrance(app) {
    const { code, isBusy, actions } = app;
    return h(
        'div',
        { class: 'card' },
        nameField(app),
        button(
            {
                class: code ? 'wide' : 'primary wide',
                testid: 'create',
                disabled: isBusy,
                onclick: actions.create,
            },
            'Create a room',
        ),
        h('div', { class: 'or', 'aria-hidden': 'true' }, 'or'),
        joinForm(app),
        notice(app.notice, app.isInvited ? INVITED : SAID_FIRST),
    );
}

function nameField({ name, actions }) {
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

function joinForm({ code, isBusy, actions }) {
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

function roomList({ openRooms, isBusy, actions }) {
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
