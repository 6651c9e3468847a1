// SPDX-License-Identifier: Apache-2.0

const SAMPLES_MAX = 8;

// The server's clock, estimated from questions that it answered with its time: the answer that was
// back soonest is off by half its way at most. Old ones are forgotten, for clocks drift.
export class ServerClock {
    offset = 0; // Server minus client, in milliseconds.
    #samples: { offset: number; way: number }[] = [];

    sample(sentAt: number, serverNow: number, heardAt: number): void {
        const way = Math.max(0, heardAt - sentAt);
        this.#samples.push({ offset: serverNow - sentAt - way / 2, way });
        if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
        this.offset = this.#samples.reduce((best, each) =>
            each.way < best.way ? each : best,
        ).offset;
    }

    // A new connection: another server perhaps, and this device may have slept.
    reset(): void {
        this.#samples = [];
    }
}
