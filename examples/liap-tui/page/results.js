// SPDX-License-Identifier: Apache-2.0
//
// The end of a round, and of the game.

import { h } from './dom.js';
import { fairness } from './fairness.js';
import { number } from './parts.js';
import { button, counted, nameOfSeat, notice } from './widgets.js';

export function roundResult(app) {
    const { room, view, isBusy, secondsLeft, actions } = app;
    const { game } = view;
    const isReady = game.ready.includes(room.seat);
    const countdown = secondsLeft !== null && ` · ${secondsLeft} s`;
    return h(
        'section',
        { class: 'result card', 'data-testid': 'round-result', 'aria-labelledby': 'result' },
        h(
            'h2',
            { id: 'result' },
            `Round ${game.round}`,
            game.multiplier > 1 && ` counts ×${game.multiplier}`,
        ),
        h('div', { class: 'details' }, tally(app, [0, 1, 2, 3])),
        room.seat === null
            ? h('p', { class: 'hint' }, 'Next round', countdown)
            : button(
                  {
                      class: 'primary wide',
                      testid: 'ready',
                      disabled: isBusy || isReady,
                      onclick: actions.ready,
                  },
                  isReady ? 'Waiting for the others' : 'Next round',
                  countdown,
              ),
        app.notice && notice(app.notice),
    );
}

export function gameOver(app) {
    const { room, view, actions } = app;
    const { winners, round, scores } = view.game;
    const names = winners.map((seat) => (seat === room.seat ? 'You' : nameOfSeat(view, seat)));
    const verb = names.length > 1 || names[0] === 'You' ? 'win' : 'wins';
    const byScore = [0, 1, 2, 3].sort((a, b) => scores[b] - scores[a]);
    return h(
        'section',
        { class: 'result over card', 'data-testid': 'game-over', 'aria-labelledby': 'over' },
        h('h2', { id: 'over' }, `${names.join(' and ')} ${verb}`),
        h('p', { class: 'hint' }, `after ${counted(round, 'round')}`),
        h('div', { class: 'details' }, tally(app, byScore), fairness(app)),
        button(
            { class: 'primary wide', testid: 'again', onclick: actions.leave },
            'Back to the lobby',
        ),
    );
}

function tally({ room, view }, seats) {
    const columns = ['', 'said', 'took', 'round', 'total'];
    return h(
        'table',
        { class: 'tally' },
        h(
            'thead',
            {},
            h(
                'tr',
                {},
                columns.map((text) => h('th', { scope: 'col' }, text)),
            ),
        ),
        h(
            'tbody',
            {},
            seats.map((seat) => line(view, seat, seat === room.seat)),
        ),
    );
}

function line(view, seat, isMine) {
    const { declared, won, deltas, scores, winners } = view.game;
    const classes = [
        declared[seat] === won[seat] && 'hit',
        isMine && 'mine',
        winners.includes(seat) && 'winner',
    ];
    return h(
        'tr',
        { class: classes.filter(Boolean).join(' ') },
        h('th', { scope: 'row' }, winners.includes(seat) && '★ ', nameOfSeat(view, seat)),
        h('td', {}, declared[seat]),
        h('td', {}, won[seat]),
        h('td', { class: 'delta' }, (deltas[seat] > 0 ? '+' : '') + number(deltas[seat])),
        h('td', { class: 'total' }, number(scores[seat])),
    );
}
