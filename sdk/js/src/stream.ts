// SPDX-License-Identifier: Apache-2.0
//
// The protocol where no WebSocket gets through: an event stream and posts (docs/protocol.md,
// "Without WebSockets"), with the face of a WebSocket, which `connect()` takes.

import type { Socket } from './index.js';

const BATCH_MAX = 64; // Messages in one post.
const BATCH_LENGTH = 16_384; // Characters: well below what a server takes.
const FIRST_PAUSE = 100; // Before a post without an answer goes again; then twice as long.
const LONGEST_PAUSE = 3200;
const LOST = 1006;

// What the status of a post means, where it was not taken: how the connection ends.
const ENDS: Record<number, number> = { 404: LOST, 413: 1009 };

export class StreamSocket implements Socket {
    onopen: Socket['onopen'] = null;
    onmessage: Socket['onmessage'] = null;
    onclose: Socket['onclose'] = null;
    onerror: Socket['onerror'] = null;

    readonly #url: string; // Of the server, without a path.
    readonly #abort = new AbortController();
    #stream = ''; // Its id, once it is open.
    #waiting: string[] = [];
    #posted = 0;
    #isPosting = false;
    #isOver = false;

    /** `url` is that of a WebSocket: ws://host/v1/connect. */
    constructor(url: string) {
        this.#url = new URL(url).origin.replace(/^ws/, 'http');
        void this.#read().catch(() => {}).then(() => this.#end(LOST, ''));
    }

    send(frame: string): void {
        this.#waiting.push(frame);
        void this.#post();
    }

    close(code = 1000): void {
        this.#end(code, '');
    }

    async #read(): Promise<void> {
        const { signal } = this.#abort;
        const headers = { accept: 'text/event-stream' };
        const asked: RequestInit = { headers, signal, cache: 'no-store' };
        const answer = await fetch(`${this.#url}/v1/stream`, asked);
        if (!answer.ok || !answer.body) return this.#end(LOST, `HTTP ${answer.status}`);
        const reader = answer.body.getReader();
        const decoder = new TextDecoder();
        for (let text = ''; !this.#isOver; ) {
            const { done, value } = await reader.read();
            if (done) return;
            const events = (text + decoder.decode(value, { stream: true })).split('\n\n');
            text = events.pop()!;
            for (const event of events) this.#hear(event);
        }
    }

    #hear(event: string): void {
        const [, name, data] = /^(?:event: (\w+)\n)?data: (.*)$/.exec(event) ?? [];
        if (this.#isOver || data === undefined) return;
        if (name === 'close') {
            const { code, reason } = JSON.parse(data);
            this.#end(code, reason);
        } else if (this.#stream) {
            this.onmessage?.({ data });
        } else {
            this.#stream = JSON.parse(data).stream;
            this.onopen?.();
            void this.#post();
        }
    }

    // One after the other; what waits meanwhile goes together.
    async #post(): Promise<void> {
        if (this.#isPosting || !this.#stream) return;
        this.#isPosting = true;
        while (this.#waiting.length && !this.#isOver) {
            const frames = this.#next();
            const body = frames.length === 1 ? frames[0]! : `[${frames.join()}]`;
            const status = await this.#deliver(++this.#posted, body);
            if (status !== 204) this.#end(ENDS[status] ?? 1002, `post: HTTP ${status}`);
        }
        this.#isPosting = false;
    }

    // A frame that is a batch already goes by itself.
    #next(): string[] {
        let count = 1;
        let length = this.#waiting[0]!.length;
        const isBatch = (frame: string) => frame.startsWith('[');
        while (
            count < Math.min(this.#waiting.length, BATCH_MAX) &&
            !isBatch(this.#waiting[count - 1]!) &&
            !isBatch(this.#waiting[count]!) &&
            (length += this.#waiting[count]!.length) <= BATCH_LENGTH
        )
            count++;
        return this.#waiting.splice(0, count);
    }

    // Where no answer comes, again, under the same number: it is not taken twice.
    async #deliver(n: number, body: string): Promise<number> {
        const url = `${this.#url}/v1/frames?stream=${encodeURIComponent(this.#stream)}&n=${n}`;
        const headers = { 'content-type': 'text/plain' }; // Of which browsers ask nobody before.
        for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
            const asked = { method: 'POST', headers, body, signal: this.#abort.signal };
            const status = await fetch(url, asked).then(
                (answer) => answer.status,
                () => 0,
            );
            if (this.#isOver) return 204;
            if (status && status < 500) return status;
            await new Promise((resolve) => setTimeout(resolve, pause));
        }
    }

    #end(code: number, reason: string): void {
        if (this.#isOver) return;
        this.#isOver = true;
        this.#abort.abort();
        this.onclose?.({ code, reason });
    }
}

type Dial = new (url: string, subprotocol: string) => Socket;

/**
 * A WebSocket as long as they open; after two in a row that did not, an event stream, and then
 * WebSockets again, in turn.
 */
export function fallback(WebSocket = globalThis.WebSocket as unknown as Dial): Dial {
    let failures = 0;
    return class {
        constructor(url: string, subprotocol: string) {
            const isStream = failures >= 2;
            const socket = isStream ? new StreamSocket(url) : new WebSocket(url, subprotocol);
            return watched(socket, (hasOpened) => {
                if (!hasOpened) failures = isStream ? 0 : failures + 1;
                else if (!isStream) failures = 0;
            });
        }
    } as Dial;
}

// The same socket; `tell` is told at its end whether it had opened.
function watched(socket: Socket, tell: (hasOpened: boolean) => void): Socket {
    let hasOpened = false;
    const face: Socket = {
        onopen: null,
        onmessage: null,
        onclose: null,
        onerror: null,
        send: (frame) => socket.send(frame),
        close: (code) => socket.close(code),
    };
    socket.onopen = () => {
        hasOpened = true;
        face.onopen?.();
    };
    socket.onmessage = (event) => face.onmessage?.(event);
    socket.onerror = (event) => face.onerror?.(event);
    socket.onclose = (event) => {
        tell(hasOpened);
        face.onclose?.(event);
    };
    return face;
}
