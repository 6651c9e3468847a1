// SPDX-License-Identifier: Apache-2.0
//
// The first screen: one's name, a game of one's own, or another's by its code.

import { h } from './dom.js';
import { banner, DIFFICULTIES, MAPS } from './parts.js';
import { button, joinForm, nameField, notice, roomList } from './widgets.js';

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
        nameField(app),
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
