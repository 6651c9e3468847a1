// SPDX-License-Identifier: Apache-2.0
//
// The protocol in CBOR (`gatehouse.v1.cbor`, RFC 8949), for whoever counts bytes: a WebSocket for
// `connect()` that puts what goes out and what comes into other words.

import type { Socket } from './index.js';

const DEPTH_MAX = 64;

// A value of JSON as CBOR: whole numbers as integers, others as doubles.
export function encode(value: unknown): Uint8Array<ArrayBuffer> {
    const out: number[] = [];
    write(out, value);
    return new Uint8Array(out);
}

function write(out: number[], value: unknown): void {
    if (value === null || value === undefined) out.push(0xf6);
    else if (typeof value === 'boolean') out.push(value ? 0xf5 : 0xf4);
    else if (typeof value === 'number') writeNumber(out, value);
    else if (typeof value === 'string') {
        const bytes = new TextEncoder().encode(value);
        head(out, 3, bytes.length);
        for (const byte of bytes) out.push(byte);
    } else if (Array.isArray(value)) {
        head(out, 4, value.length);
        for (const each of value) write(out, each);
    } else {
        const members = Object.entries(value).filter(([, each]) => each !== undefined);
        head(out, 5, members.length);
        for (const [key, each] of members) {
            write(out, key);
            write(out, each);
        }
    }
}

function writeNumber(out: number[], value: number): void {
    if (Number.isSafeInteger(value)) {
        if (value >= 0) head(out, 0, value);
        else head(out, 1, -1 - value);
        return;
    }
    const bytes = new DataView(new ArrayBuffer(8));
    bytes.setFloat64(0, value);
    out.push(0xfb);
    for (let i = 0; i < 8; i++) out.push(bytes.getUint8(i));
}

// A major type and its number, in as few bytes as hold it.
function head(out: number[], major: number, argument: number): void {
    const type = major << 5;
    if (argument < 24) return void out.push(type | argument);
    const power = [1, 2, 4, 8].findIndex((size) => argument < 2 ** (8 * size));
    out.push(type | (24 + power));
    for (let at = 2 ** power - 1; at >= 0; at--)
        out.push(Math.floor(argument / 2 ** (8 * at)) % 256);
}

/** Throws at what is not one item, or no value that JSON has. */
export function decode(bytes: Uint8Array): unknown {
    const reader = new Reader(bytes);
    const value = reader.item(0);
    if (!reader.isAtEnd) throw new TypeError('CBOR: more than one item');
    return value;
}

class Reader {
    #at = 0;
    readonly #view: DataView;

    constructor(readonly bytes: Uint8Array) {
        this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }

    get isAtEnd(): boolean {
        return this.#at === this.bytes.length;
    }

    item(depth: number): unknown {
        const first = this.#view.getUint8(this.#take(1));
        const major = first >> 5;
        const info = first & 31;
        if (depth > DEPTH_MAX) throw new TypeError('CBOR: it nests too deep');
        if (major === 7) return this.#simple(info);
        const argument = this.#argument(info);
        if (major === 0) return argument;
        if (major === 1) return -1 - argument;
        if (major === 3) {
            const at = this.#take(argument);
            const text = this.bytes.subarray(at, at + argument);
            return new TextDecoder('utf-8', { fatal: true }).decode(text);
        }
        // An item has a byte at least: so what is too long is found before room is made for it.
        if (argument > this.bytes.length) throw new RangeError('CBOR: cut off');
        if (major === 4) return Array.from({ length: argument }, () => this.item(depth + 1));
        if (major !== 5) throw new TypeError(`CBOR: no such value in JSON (type ${major})`);
        const entries = Array.from({ length: argument }, () => {
            const key = this.item(depth + 1);
            if (typeof key !== 'string') throw new TypeError('CBOR: a key that is no text');
            return [key, this.item(depth + 1)];
        });
        return Object.fromEntries(entries);
    }

    #simple(info: number): unknown {
        if (info === 20 || info === 21) return info === 21;
        if (info === 22 || info === 23) return null;
        if (info === 25) return half(this.#view.getUint16(this.#take(2)));
        if (info === 26) return this.#view.getFloat32(this.#take(4));
        if (info === 27) return this.#view.getFloat64(this.#take(8));
        throw new TypeError(`CBOR: no such value in JSON (simple ${info})`);
    }

    #argument(info: number): number {
        if (info < 24) return info;
        if (info === 24) return this.#view.getUint8(this.#take(1));
        if (info === 25) return this.#view.getUint16(this.#take(2));
        if (info === 26) return this.#view.getUint32(this.#take(4));
        if (info === 27) return Number(this.#view.getBigUint64(this.#take(8)));
        throw new TypeError('CBOR: lengths have to be given');
    }

    // Where the next `size` bytes begin.
    #take(size: number): number {
        const at = this.#at;
        this.#at += size;
        if (this.#at > this.bytes.length) throw new RangeError('CBOR: cut off');
        return at;
    }
}

// A float of 16 bits (RFC 8949, appendix D).
function half(bits: number): number {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size =
        exponent === 0
            ? fraction * 2 ** -24
            : exponent === 31
              ? fraction
                  ? NaN
                  : Infinity
              : (1024 + fraction) * 2 ** (exponent - 25);
    return bits & 0x8000 ? -size : size;
}

interface BinarySocket extends Omit<Socket, 'send'> {
    binaryType: string;
    send(frame: Uint8Array<ArrayBuffer>): void;
}
type Dial<S> = new (url: string, subprotocol: string) => S;

/** For `connect({ WebSocket: cborOver(WebSocket) })`. */
export function cborOver(
    WebSocket = globalThis.WebSocket as unknown as new (url: string, protocol: string) => unknown,
): Dial<Socket> {
    return class implements Socket {
        onopen: Socket['onopen'] = null;
        onmessage: Socket['onmessage'] = null;
        onclose: Socket['onclose'] = null;
        onerror: Socket['onerror'] = null;
        readonly #socket: BinarySocket;

        constructor(url: string) {
            const socket = new WebSocket(url, 'gatehouse.v1.cbor') as BinarySocket;
            this.#socket = socket;
            socket.binaryType = 'arraybuffer';
            socket.onopen = () => this.onopen?.();
            socket.onmessage = ({ data }) => this.onmessage?.({ data: toJson(data) });
            socket.onclose = (event) => this.onclose?.(event);
            socket.onerror = (event) => this.onerror?.(event);
        }

        send(frame: string): void {
            this.#socket.send(encode(JSON.parse(frame)));
        }

        close(code?: number): void {
            this.#socket.close(code);
        }
    };
}

// What cannot be read stays what nobody can read: the core knows what to do then.
function toJson(data: unknown): string {
    try {
        return JSON.stringify(decode(new Uint8Array(data as ArrayBuffer)));
    } catch (error) {
        return String(error);
    }
}
