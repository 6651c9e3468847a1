// SPDX-License-Identifier: Apache-2.0
//
// The client of gatehouse rooms (README.md).

export { ask, type Auth, type Token } from './auth.js';
export { Client, connect, type Options } from './client.js';
export { Observable } from './observable.js';
export { OUTBOX_MAX, type PendingAction } from './outbox.js';
export type { ErrorCode, How, News, Target, Whereabouts } from './protocol.js';
export { Refusal, type RefusalCode } from './refusal.js';
export { Room, type ActOptions, type Applied, type NewsOf, type PlatformActions } from './room.js';
export type { AnyGame, ClientState, Game, RoomState, SeatInfo, View } from './room_state.js';
export { memoryStore, realWorld, tabStore, type Socket, type Store, type World } from './world.js';
