// SPDX-License-Identifier: Apache-2.0
//
// What more than one screen of this game shows.

import { h } from './dom.js';
import { banner as connectionBanner, button, light, nameOfSeat } from './widgets.js';

export const PHASE_NAMES = {
    waiting: 'Waiting',
    preparation: 'Preparation',
    declaration: 'Declaration',
    turn: 'Turns',
    scoring: 'Round over',
    game_over: 'Game over',
};

// A typographic minus, as wide as the plus.
export function number(value) {
    return value < 0 ? `−${-value}` : `${value}`;
}

export function symbolOf(view, seat) {
    const { by } = view.room.seats[seat];
    return { bot: '⚙', nobody: '·' }[by] ?? nameOfSeat(view, seat).slice(0, 1).toUpperCase();
}

export function topBar(app, text) {
    const { view, actions } = app;
    const { phase, round, multiplier, options } = view.game;
    return h(
        'header',
        { class: 'bar' },
        h('span', { class: 'brand' }, 'Liap Tui'),
        h('span', { class: 'code', title: 'room code' }, view.room.code),
        h('h1', { class: 'phase', 'data-testid': 'phase', 'data-phase': phase }, text),
        round > 0 &&
            h(
                'span',
                { class: 'round', 'data-testid': 'round' },
                `Round ${round}`,
                h('span', { class: 'of' }, ` of ${options.rounds}`),
            ),
        multiplier > 1 &&
            h(
                'span',
                { class: 'multiplier', title: `this round counts ${multiplier} times` },
                `×${multiplier}`,
            ),
        h('span', { class: 'space' }),
        light(app.connection),
        button({ class: 'quiet', testid: 'rules', onclick: actions.showRules }, 'Rules'),
        button({ class: 'quiet', testid: 'leave', onclick: actions.leave }, 'Leave'),
    );
}

const KEPT = { pending: ' Your move is kept.', seat: ' Your seat is kept.' };

export const banner = (app) => connectionBanner(app, KEPT);
