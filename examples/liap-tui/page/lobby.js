// SPDX-License-Identifier: Apache-2.0
//
// The first screen: one's name, a room of one's own, or another's by its code.

import { h } from './dom.js';
import { banner } from './parts.js';
import { button, joinForm, nameField, notice, roomList } from './widgets.js';

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
