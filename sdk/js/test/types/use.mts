// SPDX-License-Identifier: Apache-2.0
//
// Compiled, never run: how a game's types reach those who use them.

import { connect, Refusal, type Room } from '@gatehouse/client';
import { guest, Lobby } from '@gatehouse/client/http';
import { useRoom, useSecondsLeft, useView } from '@gatehouse/client/react';

interface Chess {
    view: { turn: number; board: Record<string, string> };
    actions: { move: { from: string; to: string }; resign: undefined };
    news: { moved: { piece: string }; resigned: { by: number } };
    questions: { moves: { d: { from: string }; r: { to: string[] } } };
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
room.on('ev', (news) => {
    if (news.e === 'moved') news.d.piece.toUpperCase();
    // @ts-expect-error no such news
    if (news.e === 'castled') return;
});
const { to } = await room.ask('moves', { from: 'e2' }, { timeout: 1000 });
export const first: string | undefined = to[0];
// @ts-expect-error no such question
await room.ask('mate');
export const code: string = (await new Lobby({ url, auth: 'token' }).createRoom('chess')).code;
const lobby = new Lobby({ url, auth: 'token' });
export const free: number = (await lobby.listRooms({ game: 'chess', free: 1 }))[0].free;
// @ts-expect-error no such filter
await lobby.listRooms({ gmae: 'chess' });
for await (const { seats } of lobby.everyRoom({ options: { minutes: 5 } })) seats[0].reserved;
await lobby.createRoom('chess', { minutes: 5 }, { listed: false, reserve: ['me'] });
const { room: matched, seat: mine } = await lobby.findMatch('chess', {}, { signal: undefined });
export const met: [string, number] = [matched, mine];
export const turn: number | undefined = useView(room, (view) => view.game.turn);
export const left: number | null = useSecondsLeft(room, 'turn');
export const any: Room = useRoom(client, { find: { game: 'chess' } });
await any.act('whatever', { it: 'takes' });
await any.ask('whatever');
any.on('ev', ({ e, d }) => [e, d]);
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
