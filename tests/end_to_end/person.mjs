// SPDX-License-Identifier: Apache-2.0
//
// Somebody who says a new name again and again, in a room of their own: told `ack` while the store
// keeps what they say, `unavailable` while it cannot, and nothing else, whatever the disk does.

import { Client, createRoom } from './room_client.mjs';
import { until } from './harness.mjs';

const answeredWithinMs = 60_000; // However slow the disk and busy the machine.

export class Person {
    slowestMs = 0; // Of all answers.

    static async come(server) {
        const person = new Person();
        person.server = server;
        person.client = await Client.connect(server);
        person.room = (await createRoom(server, person.client)).room;
        await person.client.sit({ room: person.room });
        return person;
    }

    // To a server that was started again.
    async comeBack() {
        this.client = await Client.connect(this.server, { token: this.client.token });
        await this.client.sit({ room: this.room });
    }

    async #act() {
        const id = this.client.nextAct(this.room);
        const began = Date.now();
        const d = { name: `${began}` };
        this.client.send({ t: 'act', id, room: this.room, a: 'room.name', d });
        const isIts = (message) => message.id === id;
        const { t, code } = await this.client.expect(isIts, answeredWithinMs);
        this.slowestMs = Math.max(this.slowestMs, Date.now() - began);
        return code ?? t;
    }

    // "ack" or "unavailable"; who was too quick tries again.
    async answer() {
        const answer = await until(
            async () => {
                const code = await this.#act();
                return code !== 'rate_limited' && code;
            },
            'an action is answered',
            answeredWithinMs,
        );
        if (answer !== 'ack' && answer !== 'unavailable')
            throw new Error(`an action was answered ${answer}`);
        return answer;
    }

    // Until it was answered so `times` times.
    async hears(wanted, times, within = 10_000) {
        const isWanted = async () => (await this.answer()) === wanted;
        for (let heard = 0; heard < times; heard++)
            await until(isWanted, `an action is answered ${wanted}`, within);
    }
}
