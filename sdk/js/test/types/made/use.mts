// SPDX-License-Identifier: Apache-2.0
//
// Compiled, never run: what `gatehouse gen ts` made of Liap Tui, in use.

import { connect, type Room } from '@gatehouse/client';
import type { LiapTui } from './liap_tui.mjs';

const client = connect({ url: 'https://play.example', auth: 'token' });
const room: Room<LiapTui> = await client.join<LiapTui>({ code: 'K7QXM' });
await room.act('start');
await room.act('declare', { piles: 2 });
await room.act('play', { pieces: [1, 2] });
const { sets } = await room.ask('sets');
export const kind: 'pair' | undefined = sets.map((set) => set.kind).find((one) => one === 'pair');
room.on('ev', (news) => {
    if (news.e === 'dealt') news.d.hand_sizes[3].toFixed();
    // @ts-expect-error there are four
    if (news.e === 'dealt') news.d.hand_sizes[4];
});
export const hand: readonly number[] | undefined = room.view?.game.hand;
export const options: LiapTui['options'] = { rounds: 1 };

// @ts-expect-error no such phase
export const over = room.view?.game.phase === 'done';
// @ts-expect-error views are not written to
room.view!.game.scores[0] = 1;
// @ts-expect-error no such action
await room.act('castle');
// @ts-expect-error of another kind
await room.act('declare', { piles: 'two' });
// @ts-expect-error no such option
export const more: LiapTui['options'] = { hours: 1 };
