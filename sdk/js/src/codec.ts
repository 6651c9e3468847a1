// SPDX-License-Identifier: Apache-2.0
//
// How messages become frames. The server speaks one way so far; another one (CBOR) is a second
// value of this type.

import type { FromServer, ToServer } from './protocol.js';

export interface Codec {
    subprotocol: string;
    encode(message: ToServer): string;
    // Throws at what is no message.
    decode(frame: string): FromServer[];
}

export const json: Codec = {
    subprotocol: 'gatehouse.v1.json',
    encode: (message) => JSON.stringify(message),
    decode(frame) {
        const value = JSON.parse(frame);
        const batch = Array.isArray(value) ? value : [value];
        for (const each of batch) if (typeof each !== 'object' || !each) throw new TypeError(frame);
        return batch;
    },
};

export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
