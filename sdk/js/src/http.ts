// SPDX-License-Identifier: Apache-2.0
//
// What is asked over HTTP: who one is, which rooms there are, seats that wait, and
// others to play with. The core does without.

export { guest } from './guest.js';
export {
    Lobby,
    type Filters,
    type Listing,
    type Making,
    type Match,
    type Page,
    type Ticket,
} from './lobby.js';
