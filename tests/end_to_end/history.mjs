// SPDX-License-Identifier: Apache-2.0
//
// What a room's history says of the actions that led to it.

import assert from 'node:assert/strict';
import { get } from './harness.mjs';

export async function eventsOf(server, room) {
    return (await get(`${server.adminUrl}/admin/rooms/${room}/events`)).json.events;
}

export async function everyActionWasAppliedOnce(server, room) {
    const events = await eventsOf(server, room);
    const kinds = events
        .filter(({ actor }) => actor)
        .map((event) => [event.actor, event.action, event.type].join());
    assert.equal(new Set(kinds).size, kinds.length);
    assert.deepEqual(
        events.map(({ version }) => version),
        events.map((_, i) => i + 1),
    );
}
