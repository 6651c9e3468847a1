// SPDX-License-Identifier: Apache-2.0
//
// Compiled, never run: how a game's types reach those who use them.

import { connect, guest, Refusal, type Room } from '@gatehouse/client';
import { useRoom, useSecondsLeft, useView } from '@gatehouse/client/react';

interface Chess {
    view: { turn: number; board: Record<string, string> };
    actions: { move: { from: string; to: string }; resign: undefined };
}

const url = 'https://play.example';
const client = connect({ url, auth: guest({ url }) });
const room: Room<Chess> = await client.join<Chess>({ code: 'K7QXM' }, { as: 'player' });
const { id, s } = await room.act('move', { from: 'e2', to: 'e4' }, { base: room.state.s });
await room.act('resign');
await room.act('room.name', { name: 'Ann' });
room.subscribe(
    (state) => state.view?.game.turn,
    (turn: number | undefined) => turn,
);
export const turn: number | undefined = useView(room, (view) => view.game.turn);
export const left: number | null = useSecondsLeft(room, 'turn');
export const any: Room = useRoom(client, { find: { game: 'chess' } });
await any.act('whatever', { it: 'takes' });
export const sum: number = id + s;

// @ts-expect-error no such action
await room.act('castle', {});
// @ts-expect-error no such data
await room.act('move', { from: 'e2' });
// @ts-expect-error it needs its data
await room.act('move');
// @ts-expect-error views are not written to
room.view!.room.status = 'open';
// @ts-expect-error nowhere to go
await client.join({});

try {
    await room.act('resign');
} catch (error) {
    // @ts-expect-error no such code
    if (error instanceof Refusal && error.code === 'tired') throw error;
    if (error instanceof Refusal && error.code === 'not_your_turn') throw error;
}
