// SPDX-License-Identifier: Apache-2.0
//
// A connection of raw bytes, and the answers in what comes back.

import net from 'node:net';
import { soon } from '../../end_to_end/harness.mjs';

// Reads one answer at `at`; `ended`: no more bytes will come. Null where its head is not whole.
function readAnswer(text, at, { hasNoBody, ended }) {
    const end = text.indexOf('\r\n\r\n', at);
    if (end < 0) return null;
    const [line, ...fields] = text.slice(at, end).split('\r\n');
    const match = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line);
    if (!match) throw new Error(`not an answer: ${JSON.stringify(line)}`);
    const status = Number(match[1]);
    const headers = fields.map((field) => field.split(/:[ \t]*(.*)/s).slice(0, 2));
    const answer = { status, headers, body: '', isWhole: true, end: end + 4 };
    if (hasNoBody || status < 200 || status === 204 || status === 304) return answer;
    const value = (name) => headers.find(([each]) => each.toLowerCase() === name)?.[1];
    if (value('transfer-encoding')) return readChunks(text, answer);
    const size = value('content-length');
    const available = text.length - answer.end;
    answer.isWhole = size === undefined ? ended : available >= Number(size);
    answer.body = text.substr(answer.end, size === undefined ? available : Number(size));
    answer.end += answer.body.length;
    return answer;
}

function readChunks(text, answer) {
    for (;;) {
        const line = /^([0-9a-fA-F]+)[^\r]*\r\n/.exec(text.slice(answer.end));
        const size = line ? Number.parseInt(line[1], 16) : 0;
        const begin = answer.end + (line?.[0].length ?? 0);
        // The last one ends with the empty line after the trailers.
        const end = line && size === 0 ? text.indexOf('\r\n\r\n', begin - 2) + 4 : begin + size + 2;
        answer.isWhole = line !== null && end >= begin && end <= text.length;
        if (!answer.isWhole) return answer;
        answer.body += text.substr(begin, size);
        answer.end = end;
        if (size === 0) return answer;
    }
}

export class RawClient {
    text = '';
    ended = false; // The other side has closed, or the connection is gone.
    #waiting = new Set();

    constructor(port) {
        this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
        const end = () => {
            this.ended = true;
            this.#look();
        };
        this.socket.on('end', end).on('error', end).on('close', end);
        this.socket.setEncoding('latin1').on('data', (text) => {
            this.text += text;
            this.#look();
        });
    }

    #look() {
        for (const look of this.#waiting) look();
    }

    // Until `condition` holds.
    when(condition, what, within) {
        if (condition()) return Promise.resolve();
        let look;
        const held = new Promise((resolve) => {
            look = () => condition() && resolve();
            this.#waiting.add(look);
        });
        return soon(held, what, within).finally(() => this.#waiting.delete(look));
    }

    // Piece by piece, each handed to the kernel before the next; stops where nobody takes more.
    async send(pieces) {
        for (const piece of pieces) {
            if (this.ended || this.socket.destroyed) return;
            await new Promise((resolve) => this.socket.write(piece, 'latin1', resolve));
        }
    }

    // As many answers as are there, of those that are wanted, and what follows the last whole one.
    answers(wants) {
        const answers = [];
        let at = 0;
        for (const want of wants) {
            const answer = readAnswer(this.text, at, {
                hasNoBody: want.isHead,
                ended: this.ended,
            });
            if (!answer) break;
            answers.push(answer);
            at = answer.end;
        }
        return { answers, rest: this.text.slice(at) };
    }

    close() {
        this.socket.destroy();
    }
}
