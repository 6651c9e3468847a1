// SPDX-License-Identifier: Apache-2.0
//
// What the compiler must know of a game, and what it must refuse: compiled, not run.

import { game, integer } from '@gatehouse/rules';
import { table } from '@gatehouse/rules/testing';

const nim = game({
    name: 'nim',
    setup: ({ options }) => ({ phase: 'lobby', stones: Number(options.stones ?? 21), turn: 0 }),
    phases: { lobby: { open: true }, play: { turn: (state) => state.turn } },
    actions: {
        start(room) {
            room.state.phase = 'play';
            // @ts-expect-error There is no such member of the state.
            room.state.stone = 1;
            // @ts-expect-error A refusal has one of the protocol's codes.
            room.refuse('no', 'internal');
        },
        take(room, data, seat) {
            const n: number = integer(data, 'n', 1, 3);
            room.state.stones -= n + seat;
        },
    },
    view: ({ stones }) => ({ stones }),
    bot(view) {
        // @ts-expect-error A bot sees what its seat sees.
        if (view.turn) return undefined;
        return { action: 'take', data: { n: view.stones } };
    },
});

const room = table(nim);
const left: number = room.view(0).stones;
// @ts-expect-error It is not in the view.
room.view(0).turn;
room.leak(0, (state) => (state.stones = left));
