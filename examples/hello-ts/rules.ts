// SPDX-License-Identifier: Apache-2.0
//
// Rock, paper, scissors: who first wins three rounds. Both choose at once, and neither sees what
// the other chose before both have; who does not choose in time has it chosen for them.

import { game, oneOf, serve, type Table } from '@gatehouse/rules';

const hands = ['rock', 'paper', 'scissors'] as const;
type Hand = (typeof hands)[number];

interface State {
    phase: 'lobby' | 'play' | 'over';
    chosen: (Hand | '')[]; // By seat.
    last: Hand[];
    score: number[];
}

function choose(table: Table<State>, seat: number, hand: Hand): void {
    const { state } = table;
    state.chosen[seat] = hand;
    if (state.chosen.includes('')) return;
    state.last = state.chosen as Hand[];
    state.chosen = ['', ''];
    const [a, b] = state.last.map((each) => hands.indexOf(each)) as [number, number];
    if (a !== b) state.score[(a - b + 3) % 3 === 1 ? 0 : 1]! += 1;
    if (!state.score.includes(3)) return table.arm('turn', 20_000);
    state.phase = 'over';
    table.cancel('turn');
    table.finish();
}

const hello = game({
    name: 'hello-ts',
    setup: (): State => ({ phase: 'lobby', chosen: ['', ''], last: [], score: [0, 0] }),
    phases: {
        lobby: { open: true, actions: ['start'] },
        play: { actions: ['choose'] },
        over: { actions: [] },
    },
    turn: ({ chosen }) => [0, 1].filter((seat) => chosen[seat] === ''),
    actions: {
        start(table) {
            if (table.seats.includes('nobody')) table.refuse('two must sit');
            table.state.phase = 'play';
            table.arm('turn', 20_000);
        },
        choose: (table, data, seat) => choose(table, seat, oneOf(data, 'hand', hands)),
    },
    timers: {
        turn(table) {
            const late = [0, 1].filter((seat) => table.state.chosen[seat] === '');
            for (const seat of late) choose(table, seat, table.random.pick(hands));
        },
    },
    view: ({ chosen, ...all }, seat) => ({
        ...all,
        ready: chosen.map((hand) => hand !== ''),
        mine: seat === undefined ? '' : chosen[seat]!,
    }),
    bot: (view, _seat, random) =>
        view.phase === 'play' ? { action: 'choose', data: { hand: random.pick(hands) } } : undefined,
    results: ({ score }) =>
        score.map((points, seat) => ({ seat, points, place: points === 3 ? 1 : 2 })),
});

await serve(process.argv[2] ?? 'rules.sock', hello);
