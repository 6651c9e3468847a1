// SPDX-License-Identifier: Apache-2.0
//
// One of the four seats around the table, and what it has laid before it.

import { h } from './dom.js';
import { number, symbolOf } from './parts.js';
import { disc, SET_NAMES } from './pieces.js';
import { counted, nameOfSeat } from './widgets.js';

export function seatAt(app, seat, place) {
    const { view } = app;
    const { game } = view;
    const isTurn = game.turn === seat;
    return h(
        'section',
        {
            key: `seat-${seat}`,
            class: `seat ${place} ${isTurn ? 'is-turn' : ''}`,
            'data-testid': `seat-${seat}`,
            'aria-label': describe(view, seat),
        },
        h(
            'div',
            { class: 'panel' },
            avatar(app, seat, isTurn),
            h(
                'span',
                { class: 'who' },
                h('strong', { title: nameOfSeat(view, seat) }, nameOfSeat(view, seat)),
                h(
                    'small',
                    {},
                    game.starter === seat &&
                        h('span', { class: 'starter', title: 'starts this round' }, '★ '),
                    stateOf(app, seat),
                ),
            ),
            piles(game.declared[seat], game.won[seat]),
            h(
                'span',
                { class: 'points' },
                h('b', {}, number(game.scores[seat])),
                h('small', {}, 'points'),
            ),
        ),
        played(game, seat),
    );
}

function describe(view, seat) {
    const { declared, won, scores, turn } = view.game;
    const said = declared[seat] < 0 ? 'not declared yet' : `declared ${declared[seat]}`;
    const toAct = turn === seat ? ', to act now' : '';
    const points = counted(scores[seat], 'point');
    return `${nameOfSeat(view, seat)}: ${said}, took ${won[seat]}, ${points}${toAct}`;
}

function avatar({ view, ring }, seat, isTurn) {
    return h(
        'span',
        { class: 'avatar', 'aria-hidden': 'true' },
        isTurn && ring,
        symbolOf(view, seat),
    );
}

function stateOf({ room, view }, seat) {
    if (view.room.seats[seat].stand_in) return 'a bot plays';
    if (room.presence[seat] === 'away') return 'away';
    return seat === room.seat ? 'you' : counted(view.game.hand_sizes[seat], 'piece');
}

// What was declared as rings, what was taken as filled ones; too many in another colour.
function piles(declared, won) {
    if (declared < 0)
        return h(
            'span',
            { class: 'piles unknown', title: 'not declared yet' },
            h('b', {}, '–'),
            h('small', {}, 'piles'),
        );
    const dots = Array.from({ length: Math.max(declared, won) }, (_, i) =>
        h('i', { class: `${i < won ? 'won' : ''} ${i >= declared ? 'over' : ''}` }),
    );
    return h(
        'span',
        { class: 'piles', title: `took ${won} of ${declared} declared` },
        h('b', {}, `${won}/${declared}`),
        dots.length > 0
            ? h('span', { class: 'dots', 'aria-hidden': 'true' }, dots)
            : h('small', {}, 'piles'),
    );
}

// The seat's pieces of this turn, or until the next lead those of the turn before.
function played(game, seat) {
    const isOver = game.plays.length === 0;
    const plays = isOver ? (game.last_turn?.plays ?? []) : game.plays;
    const best = isOver ? game.last_turn?.winner : game.best;
    const play = plays.find((one) => one.seat === seat);
    if (!play || game.phase !== 'turn') return h('div', { class: 'play' });
    const isDiscard = play.kind === 'discard';
    return h(
        'div',
        {
            class: ['play', isOver && 'past', seat === best && 'best', isDiscard && 'discarded']
                .filter(Boolean)
                .join(' '),
        },
        h('div', { class: `discs ${play.pieces.length > 3 ? 'many' : ''}` }, play.pieces.map(disc)),
        h(
            'small',
            {},
            isDiscard ? 'discard' : `${SET_NAMES[play.kind]} · ${play.points}`,
            play.forced && h('span', { title: 'out of time' }, ' · late'),
        ),
    );
}
