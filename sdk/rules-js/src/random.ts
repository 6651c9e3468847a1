// SPDX-License-Identifier: Apache-2.0

import { createCipheriv } from 'node:crypto';

/**
 * Chance from the question's seed: the same draws for the same seed and stream, for ever and on
 * every machine. ChaCha20 (RFC 8439), read as little-endian 32-bit words, as the server's own games
 * draw; so a player can draw again once the room's seed is revealed.
 */
export class Random {
    readonly #cipher;
    #words: Buffer = Buffer.alloc(0);

    /** `seed`: 32 bytes in hex. */
    constructor(seed: string, stream = 0) {
        const nonce = Buffer.alloc(16); // Four bytes of block counter, then the nonce.
        nonce.writeUInt32LE(stream, 4);
        this.#cipher = createCipheriv('chacha20', Buffer.from(seed, 'hex'), nonce);
    }

    /** Uniform in [0, 2³²). */
    next(): number {
        if (this.#words.length === 0) this.#words = this.#cipher.update(Buffer.alloc(64));
        const word = this.#words.readUInt32LE(0);
        this.#words = this.#words.subarray(4);
        return word;
    }

    /** Uniform in [0, n), n > 0, by rejection. */
    below(n: number): number {
        const unfair = 2 ** 32 % n;
        for (;;) {
            const word = this.next();
            if (word >= unfair) return word % n;
        }
    }

    pick<T>(list: readonly T[]): T {
        if (list.length === 0) throw new RangeError('nothing to pick from');
        return list[this.below(list.length)]!;
    }

    /** In place, by Fisher and Yates from the last element down. */
    shuffle<T>(list: T[]): T[] {
        for (let i = list.length; i > 1; i--) {
            const j = this.below(i);
            [list[i - 1], list[j]] = [list[j]!, list[i - 1]!];
        }
        return list;
    }
}
