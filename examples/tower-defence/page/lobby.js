// SPDX-License-Identifier: Apache-2.0
//
// The first screen: one's name, a game of one's own, or another's by its code.

import { h } from './dom.js';
import { banner, button, DIFFICULTIES, MAPS, notice } from './parts.js';

const SAID_FIRST = 'Play alone, with friends, or let bots help you.';
const INVITED = 'Say your name and join: your friends are waiting.';

export function lobby(app) {
    return h(
        'main',
        { tabindex: -1, class: 'lobby' },
        banner(app),
        h(
            'header',
            { class: 'title' },
            h('img', { src: 'icon.svg', alt: '', width: 96, height: 96 }),
            h('h1', {}, 'Tower Defence'),
            h('p', {}, 'One castle, fifteen waves, up to four of you to hold it.'),
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
        h('label', { for: 'name' }, 'Your name'),
        h('input', {
            id: 'name',
            'data-testid': 'name',
            maxlength: 24,
            autocomplete: 'nickname',
            placeholder: 'How the others see you',
            value: app.name,
            oninput: (event) => actions.rename(event.target.value),
        }),
        h('div', { class: 'or', 'aria-hidden': 'true' }, 'a new game'),
        choices(
            app,
            'map',
            'Map',
            Object.entries(MAPS).map(([id, [name]]) => [id, name]),
        ),
        h('p', { class: 'about-map' }, MAPS[app.options.map][1]),
        choices(app, 'difficulty', 'Difficulty', Object.entries(DIFFICULTIES)),
        button(
            {
                class: code ? 'wide' : 'primary wide',
                testid: 'create',
                disabled: isBusy,
                onclick: actions.create,
            },
            'Make a room',
        ),
        h('div', { class: 'or', 'aria-hidden': 'true' }, 'or a friend’s'),
        joinForm(app),
        notice(app.notice, app.isInvited ? INVITED : SAID_FIRST),
    );
}

function choices(app, option, label, all) {
    return h(
        'fieldset',
        { class: 'choices' },
        h('legend', { class: 'unseen' }, label),
        all.map(([id, name]) =>
            h(
                'label',
                { key: id, class: app.options[option] === id ? 'chosen' : '' },
                h('input', {
                    type: 'radio',
                    name: option,
                    value: id,
                    'data-testid': `${option}-${id}`,
                    checked: app.options[option] === id,
                    onchange: () => app.actions.choose(option, id),
                }),
                name,
            ),
        ),
    );
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
            { class: code ? 'primary' : '', 'data-testid': 'join', disabled: isBusy || !code },
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
