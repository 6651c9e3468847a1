// SPDX-License-Identifier: Apache-2.0
//
// An upstream that keeps what it is sent byte for byte, and says what it is told to say. It reads
// HTTP/1.1 by code of its own, strictly: what it can't read, no proxy should have sent.

import net from 'node:net';

const whole = (bytes) => [bytes];
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const wellFormed =
    /^[!-~]+ [!-~]+ HTTP\/1\.[01]\r\n([!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*\r\n)*$/;

// How many bytes of `text` the first request takes; 0: not whole yet, -1: malformed.
export function requestSize(text) {
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return text.length > 100_000 ? -1 : 0;
    const head = text.slice(0, end + 2);
    if (!wellFormed.test(head)) return -1;
    const lengths = [...head.matchAll(/\r\ncontent-length:[ \t]*([^\r]*)/gi)];
    const codings = [...head.matchAll(/\r\ntransfer-encoding:[ \t]*([^\r]*)/gi)];
    if (lengths.length + codings.length > 1) return -1;
    if (codings.length === 1)
        return codings[0][1].toLowerCase() === 'chunked' ? chunkedSize(text, end + 4) : -1;
    if (lengths.length === 0) return end + 4;
    if (!/^\d+$/.test(lengths[0][1])) return -1;
    const size = end + 4 + Number(lengths[0][1]);
    return size <= text.length ? size : 0;
}

function chunkedSize(text, at) {
    for (;;) {
        const line = /^([0-9a-fA-F]+)\r\n/.exec(text.slice(at, at + 20));
        if (!line) return text.indexOf('\r\n', at) < 0 ? 0 : -1;
        const size = Number.parseInt(line[1], 16);
        at += line[0].length + size;
        if (size === 0) return trailersEnd(text, at);
        if (text.length < at + 2) return 0;
        if (text.slice(at, at + 2) !== '\r\n') return -1;
        at += 2;
    }
}

function trailersEnd(text, at) {
    const trailers = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*\r\n)*\r\n/.exec(text.slice(at));
    if (trailers) return at + trailers[0].length;
    return text.indexOf('\r\n\r\n', at - 2) < 0 ? 0 : -1;
}

// With the chunks of its body joined into one: how they were cut says nothing.
export function withJoinedChunks(request) {
    const end = request.indexOf('\r\n\r\n') + 4;
    if (!/\r\ntransfer-encoding: chunked\r\n/i.test(request.slice(0, end))) return request;
    let body = '';
    for (let at = end; at < request.length;) {
        const [line, digits] = /^([0-9a-fA-F]+)\r\n/.exec(request.slice(at, at + 20)) ?? [''];
        if (!line) return request; // Cut.
        const size = Number.parseInt(digits, 16);
        if (size === 0) break;
        body += request.slice(at + line.length, at + line.length + size);
        at += line.length + size + 2;
    }
    return `${request.slice(0, end)}{${body}}`;
}

export class Recorder {
    requests = []; // Whole ones, as bytes, in the order of their ends.
    malformed = [];
    #answer = null;
    #pieces = whole;
    #heard;
    #sockets = new Map(); // What is unread, by socket.

    static async listen() {
        const recorder = new Recorder();
        recorder.server = net.createServer({ noDelay: true }, (socket) => recorder.#serve(socket));
        await new Promise((resolve) => recorder.server.listen(0, '127.0.0.1', resolve));
        recorder.server.unref(); // Nobody need close it for the process to end.
        recorder.port = recorder.server.address().port;
        return recorder;
    }

    // Forgets, and answers the next request so (see case_file.mjs), in the pieces that `cut` makes;
    // resets a connection only when what it said before was `heard`.
    begin(answer, { cut = whole, heard = async () => {} } = {}) {
        this.requests = [];
        this.malformed = [];
        this.#answer = answer;
        this.#pieces = answer?.isWhole ? whole : cut;
        this.#heard = heard;
    }

    // Closes all connections.
    hangUp() {
        for (const socket of this.#sockets.keys()) socket.destroy();
    }

    close() {
        this.server.close();
        this.hangUp();
    }

    // Requests that have begun and are not whole.
    get begun() {
        return [...this.#sockets.values()].filter((text) => text !== '' && text !== undefined);
    }

    #serve(socket) {
        this.#sockets.set(socket, '');
        let isTunnel = false;
        socket.setEncoding('latin1');
        socket.on('error', () => {});
        socket.on('close', () => this.#sockets.delete(socket));
        socket.on('data', async (bytes) => {
            if (isTunnel) return socket.write(bytes, 'latin1');
            let text = this.#sockets.get(socket) + bytes;
            for (let size; (size = requestSize(text)) !== 0;) {
                if (size < 0) return this.#refuse(socket, text);
                this.requests.push(text.slice(0, size));
                text = text.slice(size);
                isTunnel = this.#answer?.bytes.startsWith('HTTP/1.1 101') ?? false;
                this.#say(socket);
            }
            this.#sockets.set(socket, text);
        });
    }

    #refuse(socket, text) {
        this.malformed.push(text);
        socket.destroy();
    }

    async #say(socket) {
        const answer = this.#answer;
        this.#answer = null;
        if (!answer) return socket.write(ok);
        for (const piece of this.#pieces(answer.bytes)) {
            if (socket.destroyed) return;
            await new Promise((resolve) => socket.write(piece, 'latin1', resolve));
        }
        if (answer.then === 'closes') socket.end();
        if (answer.then !== 'resets') return;
        if (answer.bytes) await this.#heard().catch(() => {}); // Else the case fails by itself.
        socket.resetAndDestroy();
    }
}
