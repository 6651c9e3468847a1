// SPDX-License-Identifier: Apache-2.0
//
// rules.mjs SOCKET [TAG]: a rules process. Whoever counts to ten first has won; who idles for the
// given time is counted for.

import { game, integer, serve } from '../../sdk/rules-js/dist/index.js';

const [, , socket, tag = '1'] = process.argv;

function count(table, seat, n) {
    const { state } = table;
    state.sum += n;
    state.counted += 1;
    table.tell({ seat, n });
    state.turn = 1 - state.turn;
    if (state.sum < state.goal) return table.arm('turn', state.pace);
    state.phase = 'over';
    state.winner = seat;
    table.cancel('turn');
    table.finish();
}

await serve(
    socket,
    game({
        name: 'count',
        tag,
        setup: ({ options, random }) => ({
            phase: 'lobby',
            goal: integer(options, 'goal', 1, 1_000_000),
            pace: integer(options, 'pace', 1, 60_000),
            secret: random.below(1_000_000),
            sum: 0,
            counted: 0,
            turn: 0,
            rang: 0,
            by: tag,
        }),
        phases: {
            lobby: { open: true, actions: ['start'] },
            play: { actions: ['add', 'die'], turn: (state) => state.turn },
            over: { actions: [] },
        },
        actions: {
            start(table) {
                if (table.seats.includes('nobody')) table.refuse('two must sit');
                table.state.phase = 'play';
                table.arm('turn', table.state.pace);
            },
            add: (table, data, seat) => count(table, seat, integer(data, 'n', 1, 3)),
            die: () => process.exit(1),
        },
        timers: {
            turn(table) {
                table.state.rang += 1;
                count(table, table.state.turn, 1);
            },
        },
        migrate: (state) => ({ ...state, by: tag }),
        view: (state, seat) => ({
            ...state,
            secret: seat === 0 && state.secret,
        }),
        results: ({ winner }) => [
            { seat: winner, place: 1, points: 1 },
            { seat: 1 - winner, place: 2, points: 0 },
        ],
    }),
);
process.stdout.write('up\n');
