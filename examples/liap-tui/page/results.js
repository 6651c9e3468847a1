// SPDX-License-Identifier: Apache-2.0
//
// The end of a round, and of the game.

import { h } from './dom.js';
import { counted, nameOfSeat, number } from './parts.js';

export function roundResult(app) {
    const { room, view, isBusy, actions } = app;
    const { game } = view;
    const isReady = game.ready.includes(room.seat);
    return h(
        'section',
        { class: 'result card', 'data-testid': 'round-result', 'aria-labelledby': 'result' },
        h(
            'h2',
            { id: 'result' },
            `Round ${game.round}`,
            game.multiplier > 1 && ` counts ×${game.multiplier}`,
        ),
        tally(view),
        room.seat !== null &&
            h(
                'button',
                {
                    type: 'button',
                    class: 'primary wide',
                    'data-testid': 'ready',
                    disabled: isBusy || isReady,
                    onclick: actions.ready,
                },
                isReady ? 'Waiting for the others' : 'Next round',
                app.secondsLeft !== null && ` · ${app.secondsLeft} s`,
            ),
    );
}

function tally(view) {
    const { declared, won, deltas, scores } = view.game;
    return h(
        'table',
        { class: 'tally' },
        h(
            'thead',
            {},
            h(
                'tr',
                {},
                ['', 'said', 'took', 'round', 'total'].map((text) =>
                    h('th', { scope: 'col' }, text),
                ),
            ),
        ),
        h(
            'tbody',
            {},
            [0, 1, 2, 3].map((seat) =>
                h(
                    'tr',
                    { class: declared[seat] === won[seat] ? 'hit' : '' },
                    h('th', { scope: 'row' }, nameOfSeat(view, seat)),
                    h('td', {}, declared[seat] < 0 ? '–' : declared[seat]),
                    h('td', {}, won[seat]),
                    h(
                        'td',
                        { class: 'delta' },
                        deltas ? (deltas[seat] > 0 ? '+' : '') + number(deltas[seat]) : '–',
                    ),
                    h('td', { class: 'total' }, number(scores[seat])),
                ),
            ),
        ),
    );
}

export function gameOver(app) {
    const { room, view, actions } = app;
    const { winners, round } = view.game;
    const names = winners.map((seat) => (seat === room.seat ? 'You' : nameOfSeat(view, seat)));
    const verb = names.length > 1 || names[0] === 'You' ? 'win' : 'wins';
    return h(
        'section',
        { class: 'result over card', 'data-testid': 'game-over', 'aria-labelledby': 'over' },
        h('h2', { id: 'over' }, `${names.join(' and ')} ${verb}`),
        h('p', { class: 'hint' }, `after ${counted(round, 'round')}`),
        tally(view),
        fairness(app),
        h(
            'button',
            {
                type: 'button',
                class: 'primary wide',
                'data-testid': 'again',
                onclick: actions.leave,
            },
            'Back to the lobby',
        ),
    );
}

function fairness({ room, view, seedCheck }) {
    const { commit, seed } = view.room;
    if (!commit) return null;
    return h(
        'details',
        { class: 'fairness', 'data-testid': 'verify' },
        h('summary', {}, 'Was it fair? ', seedCheck && h('b', {}, seedCheck)),
        h('p', {}, 'Before the first deal the room committed to the SHA-256 of its seed:'),
        h('code', { 'data-testid': 'commit' }, commit),
        seed && h('p', {}, 'Every deal came from this seed, which is now revealed:'),
        seed && h('code', { 'data-testid': 'seed' }, seed),
        h('p', {}, 'The server’s owner replays every deal from it with:'),
        h('code', {}, `gatehouse room verify ${room.id}`),
    );
}
