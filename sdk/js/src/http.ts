// SPDX-License-Identifier: Apache-2.0
//
// What is asked over HTTP: who one is, and which rooms there are. The core does without.

export { guest } from './guest.js';
export { Lobby, type Listing } from './lobby.js';
