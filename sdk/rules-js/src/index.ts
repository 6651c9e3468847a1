// SPDX-License-Identifier: Apache-2.0
//
// Rules of gatehouse games, in a process of their own (README.md).

export { integer, oneOf, text } from './data.js';
export { game, type Game, type Phase, type Rules } from './game.js';
export type { Setting, Standing, Table, Turn, Wish } from './game.js';
export type { Occupant, Seat } from './protocol.js';
export { Random } from './random.js';
export { Refused, type RefusalCode } from './refused.js';
export { serve, type Serving } from './serve.js';
