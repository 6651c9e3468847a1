// SPDX-License-Identifier: Apache-2.0

import { FRAME_BYTES_MAX } from './protocol.js';

const PREFIX = 4;

/** Texts of messages as bytes: frames of at most 1 MiB, so more than one where they do not fit. */
export function toFrames(messages: readonly string[]): Buffer[] {
    const frames: Buffer[] = [];
    let texts: string[] = [];
    let size = 2;
    const close = () => {
        const body = Buffer.from(`[${texts.join(',')}]`);
        const prefix = Buffer.alloc(PREFIX);
        prefix.writeUInt32BE(body.length);
        frames.push(prefix, body);
        texts = [];
        size = 2;
    };
    for (const text of messages) {
        const bytes = Buffer.byteLength(text) + 1;
        if (texts.length > 0 && size + bytes > FRAME_BYTES_MAX) close();
        texts.push(text);
        size += bytes;
    }
    if (texts.length > 0) close();
    return frames;
}

/** Bytes as they come → the messages of whole frames. */
export class FrameReader {
    #bytes: Buffer = Buffer.alloc(0);

    /** Throws where it is no frame. */
    take(bytes: Buffer): object[] {
        this.#bytes = this.#bytes.length > 0 ? Buffer.concat([this.#bytes, bytes]) : bytes;
        const messages: object[] = [];
        for (;;) {
            if (this.#bytes.length < PREFIX) return messages;
            const size = this.#bytes.readUInt32BE();
            if (size > FRAME_BYTES_MAX) throw new RangeError(`a frame of ${size} bytes`);
            if (this.#bytes.length < PREFIX + size) return messages;
            messages.push(...JSON.parse(this.#bytes.toString('utf8', PREFIX, PREFIX + size)));
            this.#bytes = this.#bytes.subarray(PREFIX + size);
        }
    }
}
