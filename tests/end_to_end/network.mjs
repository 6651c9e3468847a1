// SPDX-License-Identifier: Apache-2.0
//
// A network between browsers and the server: slow, silent, or cut, whenever a test says so.

import net from 'node:net';

export class Network {
    latencyMs = 0;
    bytesPerSecond = Infinity;
    isCut = false;
    #links = new Set();

    static async before(server) {
        const network = new Network();
        network.listener = net.createServer((client) => {
            if (network.isCut) return client.destroy();
            network.#connect(client, net.connect({ host: '127.0.0.1', port: server.port }));
        });
        await new Promise((resolve) => network.listener.listen(0, '127.0.0.1', resolve));
        network.url = `http://127.0.0.1:${network.listener.address().port}`;
        return network;
    }

    // What is connected ends, and nothing connects until it is mended.
    cut() {
        this.isCut = true;
        for (const { end } of this.#links) end();
    }

    mend() {
        this.isCut = false;
    }

    // The WebSockets of now hear nothing more, and nobody tells; nor are they heard, if `isDeaf`.
    silence({ isDeaf }) {
        for (const link of this.#links)
            if (link.isWebSocket) Object.assign(link, { isSilent: true, isDeaf });
    }

    close() {
        this.listener.close();
        for (const { end } of this.#links) end();
    }

    #connect(client, server) {
        const link = { isWebSocket: false, isSilent: false, isDeaf: false };
        link.end = () => {
            client.destroy();
            server.destroy();
            this.#links.delete(link);
        };
        this.#links.add(link);
        for (const socket of [client, server]) socket.setNoDelay().on('error', link.end);
        const toServer = this.#carry(server, () => link.isDeaf);
        const toClient = this.#carry(client, () => link.isSilent);
        client.once('data', (bytes) => (link.isWebSocket = bytes.includes('/v1/connect')));
        client.on('data', toServer).on('close', () => toServer(null));
        server.on('data', toClient).on('close', () => toClient(null));
    }

    // In order, each when its bytes can have arrived.
    #carry(to, isLost) {
        let freeAt = 0;
        return (bytes) => {
            const size = bytes?.length ?? 0;
            freeAt = Math.max(freeAt, Date.now()) + (size * 1000) / this.bytesPerSecond;
            setTimeout(
                () => {
                    if (bytes === null) to.end();
                    else if (!isLost()) to.write(bytes);
                },
                freeAt - Date.now() + this.latencyMs,
            );
        };
    }
}
