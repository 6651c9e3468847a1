// SPDX-License-Identifier: Apache-2.0
//
// What more than one screen shows.

import { h } from './dom.js';

export const PHASE_NAMES = {
    waiting: 'Waiting',
    preparation: 'Preparation',
    declaration: 'Declaration',
    turn: 'Turns',
    scoring: 'Round over',
    game_over: 'Game over',
};

const LONG_WAIT = 2000;

// A typographic minus, as wide as the plus.
export function number(value) {
    return value < 0 ? `−${-value}` : `${value}`;
}

export function counted(count, noun) {
    return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

export function nameOfSeat(view, seat) {
    const { by, name } = view.room.seats[seat];
    if (name) return name;
    return { bot: `Bot ${seat + 1}`, player: `Player ${seat + 1}`, nobody: 'Empty seat' }[by];
}

export function symbolOf(view, seat) {
    const { by } = view.room.seats[seat];
    return { bot: '⚙', nobody: '·' }[by] ?? nameOfSeat(view, seat).slice(0, 1).toUpperCase();
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

function light({ state }) {
    return h(
        'span',
        { class: `connection ${state}`, 'data-testid': 'connection', 'data-state': state },
        h('span', { class: 'state' }, state),
    );
}

// Says what is wrong with the connection, and what becomes of the move that was on its way. It is
// always there: what comes and goes before an input would cost that input its focus.
export function banner({ connection, room, actions }) {
    const { state, reason, pause } = connection;
    if (state === 'online') return h('div', { class: 'banner', role: 'status', hidden: true });
    if (state === 'stopped')
        return h(
            'div',
            { class: 'banner stopped', role: 'alert' },
            `Disconnected: ${reason || 'the server closed the connection for good'}. `,
            button({ onclick: actions.startAgain }, 'Start again'),
        );
    const kept = !room ? '' : room.pending > 0 ? ' Your move is kept.' : ' Your seat is kept.';
    const what = state === 'reconnecting' ? 'Reconnecting…' : 'Connecting…';
    return h(
        'div',
        { class: 'banner', role: 'status', 'data-testid': 'banner' },
        h('span', {}, !room && pause >= 0 ? 'No answer from the server…' : what + kept),
        pause > LONG_WAIT && button({ testid: 'try-now', onclick: actions.tryNow }, 'Try now'),
    );
}
