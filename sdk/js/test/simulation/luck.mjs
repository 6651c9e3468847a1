// SPDX-License-Identifier: Apache-2.0

// Chance from a seed (mulberry32).
export class Luck {
    #state;

    constructor(seed) {
        this.#state = seed >>> 0;
    }

    // 0 ≤ x < 1
    next = () => {
        this.#state = (this.#state + 0x6d2b79f5) >>> 0;
        let mixed = this.#state;
        mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };

    below(bound) {
        return Math.floor(this.next() * bound);
    }

    between(least, most) {
        return least + this.below(most - least + 1);
    }

    happens(odds) {
        return this.next() < odds;
    }

    one(of) {
        return of[this.below(of.length)];
    }
}

// Virtual time: tasks in the order of their instants, those of one instant as they came.
export class Agenda {
    now = 1_700_000_000_000;
    #tasks = [];

    in(ms, task) {
        const entry = { at: this.now + Math.max(0, ms), task };
        let at = this.#tasks.length;
        while (at > 0 && this.#tasks[at - 1].at > entry.at) at--;
        this.#tasks.splice(at, 0, entry);
        return entry;
    }

    cancel(entry) {
        const at = this.#tasks.indexOf(entry);
        if (at >= 0) this.#tasks.splice(at, 1);
    }

    // When the first of them is due.
    get next() {
        return this.#tasks[0]?.at ?? Infinity;
    }

    runUntil(end) {
        while (this.#tasks.length && this.#tasks[0].at <= end) {
            const { at, task } = this.#tasks.shift();
            this.now = at;
            task();
        }
        this.now = end;
    }
}
