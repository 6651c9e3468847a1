// SPDX-License-Identifier: Apache-2.0
//
// Between the server and PostgreSQL, on a port of its own: hands bytes on, and cuts connections in
// mid-commit where it is told to.

import net from 'node:net';

const commit = Buffer.from('append_group'); // The statement's name, in the message that runs it.

export class CuttingProxy {
    cuts = { request: 0, silence: 0, answer: 0 };

    static async start(address, random) {
        const proxy = new CuttingProxy();
        const [host, port] = address.split(':');
        proxy.random = random;
        proxy.listener = net.createServer((client) => {
            proxy.#connect(client, net.connect({ host, port: Number(port) }));
        });
        await new Promise((resolve) => proxy.listener.listen(0, '127.0.0.1', resolve));
        proxy.address = `127.0.0.1:${proxy.listener.address().port}`;
        return proxy;
    }

    // Resolves once the next commit's connection was cut: before all of its request was handed on
    // (it is not done), right after that (it is done, or not), or before all of the answer was (it
    // is done).
    cut() {
        const how = ['request', 'silence', 'answer'][Math.floor(this.random() * 3)];
        return new Promise((resolve) => (this.next = { how, resolve }));
    }

    stop() {
        this.listener.close();
    }

    #connect(client, server) {
        let answering; // The cut that waits for the answer.
        const end = () => {
            client.destroy();
            server.destroy();
        };
        const cut = ({ how, resolve }) => {
            this.cuts[how]++;
            resolve();
        };
        // Some of the bytes, never all.
        const part = (bytes) => bytes.subarray(0, Math.floor(this.random() * bytes.length));
        for (const socket of [client, server])
            socket.setNoDelay().on('error', end).on('close', end);
        client.on('data', (bytes) => {
            const { next } = this;
            if (!next || !bytes.includes(commit)) return server.write(bytes);
            this.next = undefined;
            if (next.how === 'answer') {
                answering = next;
                return server.write(bytes);
            }
            // What was written still arrives; the client hears of nothing.
            client.destroy();
            server.end(next.how === 'request' ? part(bytes) : bytes);
            cut(next);
        });
        server.on('data', (bytes) => {
            if (!answering) return client.write(bytes);
            client.end(part(bytes));
            server.destroy();
            cut(answering);
        });
    }
}
