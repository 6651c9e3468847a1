// SPDX-License-Identifier: Apache-2.0
//
// Everybody draws three cards; the highest card that is played takes the trick. Small, and it has
// all that a game may have: a lobby, options, chance, hidden hands, turns, an alarm, bots, an end.

import { game, integer, Refused } from '../../dist/index.js';

export const DECK = 20;

function play(table, seat, card) {
    const { state } = table;
    state.hands[seat] = state.hands[seat].filter((each) => each !== card);
    state.played.push({ seat, card });
    if (state.played.length === state.order.length) {
        const best = state.played.reduce((a, b) => (b.card > a.card ? b : a));
        state.tricks[best.seat]++;
        state.order = [...state.order.slice(1), state.order[0]];
        state.played = [];
        state.lastTrick = best;
    }
    if (state.hands.every((hand) => hand.length === 0)) {
        state.phase = 'over';
        table.cancel('turn');
        return table.finish();
    }
    table.arm('turn', state.pace);
}

const turn = (state) => state.order[state.played.length];

export const draw = (more = {}) =>
    game({
        name: 'draw',
        tag: '1',
        setup({ options, refuse }) {
            const pace = options.pace ?? 30_000;
            if (pace < 1_000) refuse('pace: at least a second', 'bad_request');
            return { phase: 'lobby', pace, hands: [], played: [], tricks: [], order: [], deck: [] };
        },
        phases: {
            lobby: { open: true, actions: ['start'] },
            play: { actions: ['play'], turn },
            over: { actions: [] },
        },
        actions: {
            start(table) {
                const seats = [...table.seats.keys()].filter((i) => table.seats[i] !== 'nobody');
                if (seats.length < 2) throw new Refused('two must sit');
                const deck = table.random.shuffle([...Array(DECK).keys()]);
                const deal = (by) => (by === 'nobody' ? [] : deck.splice(-3));
                table.state.hands = table.seats.map(deal);
                Object.assign(table.state, { phase: 'play', deck, order: seats });
                table.state.tricks = table.seats.map(() => 0);
                table.arm('turn', table.state.pace);
            },
            play(table, data, seat) {
                const card = integer(data, 'card', 0, DECK - 1);
                if (!table.state.hands[seat].includes(card)) table.refuse('you have no such card');
                table.tell({ seat, card });
                play(table, seat, card);
            },
        },
        timers: {
            turn(table) {
                const seat = turn(table.state);
                play(table, seat, Math.min(...table.state.hands[seat]));
            },
        },
        bot(view, _seat, random) {
            if (view.phase !== 'play') return undefined;
            return { action: 'play', data: { card: random.pick(view.hand) } };
        },
        view: (state, seat) => ({
            phase: state.phase,
            played: state.played,
            tricks: state.tricks,
            left: state.hands.map((hand) => hand.length),
            ...(state.phase === 'play' && { turn: turn(state) }),
            ...(seat !== undefined && state.hands[seat] && { hand: state.hands[seat] }),
        }),
        results: ({ tricks }) =>
            tricks.map((points, seat) => ({
                seat,
                place: 1 + tricks.filter((other) => other > points).length,
                points,
            })),
        ...more,
    });
