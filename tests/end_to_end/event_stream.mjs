// SPDX-License-Identifier: Apache-2.0
//
// The protocol over an event stream and posts (docs/protocol.md, "Without WebSockets"), with the
// face of a `ws` socket: whoever talks over one can talk over the other.

import { EventEmitter } from 'node:events';
import http from 'node:http';

export class EventStream extends EventEmitter {
    protocol = 'gatehouse.v1.json';
    #url;
    #request;
    #queue = []; // Posts that were not answered.
    #posted = 0;
    #isPosting = false;
    #isOver = false;

    constructor(url) {
        super();
        this.#url = url;
        this.#request = http.get(`${url}/v1/stream`, { agent: false }, (answer) => {
            if (answer.statusCode !== 200) return this.#end(1006, `status ${answer.statusCode}`);
            let text = '';
            answer.setEncoding('utf8').on('data', (piece) => {
                const events = (text + piece).split('\n\n');
                text = events.pop();
                for (const event of events) this.#hear(event);
            });
            answer.on('error', () => {}).on('close', () => this.#end(1006, 'cut'));
        });
        this.#request.on('error', () => this.#end(1006, 'refused'));
    }

    send(text) {
        this.#queue.push({ n: ++this.#posted, text });
        this.#post();
    }

    close() {
        this.terminate();
    }

    terminate() {
        this.#request.destroy();
        this.#end(1006, 'closed here');
    }

    #hear(event) {
        const [, name, data] = /^(?:event: (\w+)\n)?data: (.*)$/.exec(event);
        if (name === 'close') {
            const { code, reason } = JSON.parse(data);
            return this.#end(code, reason);
        }
        if (this.stream) return this.emit('message', data, false);
        this.stream = JSON.parse(data).stream;
        this.emit('open');
    }

    // One after the other; what has no answer goes again, under the same number.
    async #post() {
        if (this.#isPosting) return;
        this.#isPosting = true;
        while (this.#queue.length && !this.#isOver) {
            const { n, text } = this.#queue[0];
            const status = await this.#status(n, text);
            if (status === 204) this.#queue.shift();
            else if (status) this.#end(1006, `status ${status}`);
        }
        this.#isPosting = false;
    }

    #status(n, text) {
        return new Promise((resolve) => {
            const where = `${this.#url}/v1/frames?stream=${this.stream}&n=${n}`;
            const headers = { 'Content-Type': 'text/plain' };
            const options = { method: 'POST', agent: false, headers };
            const request = http.request(where, options, (answer) => {
                answer.resume().on('error', () => {}).on('close', () => resolve(answer.statusCode));
            });
            request.on('error', () => resolve(0)).end(text);
        });
    }

    #end(code, reason) {
        if (this.#isOver) return;
        this.#isOver = true;
        this.#request.destroy();
        setImmediate(() => this.emit('close', code, reason));
    }
}
