// SPDX-License-Identifier: Apache-2.0
//
// Somebody who takes a seat for the first time, in a room of their own, and says a name: their key
// is written before what they said, to the file beside the database. Told `unavailable` until it is
// kept, and nothing else; from then on it is there, for without the key nobody can read the name.

import assert from 'node:assert/strict';
import { until } from './harness.mjs';
import { Client, createRoom } from './room_client.mjs';

const withinMs = 60_000; // However slow the disk and busy the machine.

export class Newcomer {
    static async come(server, name) {
        const newcomer = new Newcomer();
        Object.assign(newcomer, { server, name });
        newcomer.client = await Client.connect(server);
        newcomer.room = (await createRoom(server, newcomer.client)).room;
        return newcomer;
    }

    // Again and again until they sit and have their name. True then; false where the server died.
    async arrive() {
        const { client, room, name } = this;
        const isDone = async (ask) => {
            const answer = await ask();
            const { t, code } = answer;
            if (t === 'joined' || t === 'ack') return true;
            if (code === 'unavailable' || code === 'rate_limited') return false;
            throw new Error(`somebody who came was answered ${JSON.stringify(answer)}`);
        };
        const steps = [() => client.join({ room }), () => client.act(room, 'room.name', { name })];
        for (const step of steps) {
            const words = { trouble: undefined };
            const isOver = async () =>
                client.end || isDone(step).catch((error) => ((words.trouble = error), true));
            await until(isOver, 'somebody comes and says a name', withinMs);
            if (client.end) return false;
            if (words.trouble) throw words.trouble;
        }
        return true;
    }

    // On another connection: to a server that was started again, or for who looks on.
    async comeBack() {
        this.client = await Client.connect(this.server, { token: this.client.token });
    }

    // To a server that knows them by its disk alone.
    async isKnown() {
        await this.comeBack();
        const { view } = await this.client.sit({ room: this.room });
        assert.ok(
            view.room.seats.some((seat) => seat.name === this.name),
            `${this.name} is not known any more: ${JSON.stringify(view.room.seats)}`,
        );
        await this.client.close();
    }
}
