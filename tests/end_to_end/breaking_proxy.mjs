// SPDX-License-Identifier: Apache-2.0
//
// Stands before the real server and breaks one rule of the protocol: what `gatehouse conform` is
// tested against. A fault is made of these, each of which may be left out:
//     hear(message, at), say(message, at)  what a client says, and what the server does: gives the
//                       message that goes on, several, or nothing; `at` is the connection's own,
//                       with at.say() to the client, and at.all shared between connections
//     hearFrame(frame)  the same of a whole frame
//     end(code)         with which code a connection ends; 0: it does not
//     status(status, url), url(url), event(text)   of HTTP, and of what streams say
//     takesAll          an upgrade without a protocol that we know is taken
//     pongs: false      ping frames are not answered

import http from 'node:http';
import { decode, encode } from 'cborg';
import WebSocket, { WebSocketServer } from 'ws';

const known = ['gatehouse.v1.json', 'gatehouse.v1.cbor'];
const listOf = (value) => (Array.isArray(value) ? value : value ? [value] : []);

// One or several, as a frame.
function send(socket, isCbor, messages) {
    if (messages.length === 0 || socket.readyState !== WebSocket.OPEN) return;
    const frame = messages.length === 1 ? messages[0] : messages;
    socket.send(isCbor ? encode(frame) : JSON.stringify(frame));
}

function parse(data, isBinary, isCbor) {
    if (isBinary !== isCbor) return undefined;
    try {
        return isCbor ? decode(data) : JSON.parse(data.toString());
    } catch {
        return undefined;
    }
}

export class BreakingProxy {
    #all = {};
    #sockets = new Set();

    static async start(t, server, fault = {}) {
        const proxy = new BreakingProxy();
        proxy.fault = fault;
        proxy.server = server;
        proxy.http = http.createServer((request, answer) => proxy.#pass(request, answer));
        proxy.upgrades = new WebSocketServer({
            noServer: true,
            autoPong: fault.pongs ?? true,
            handleProtocols: (offered) => known.find((each) => offered.has(each)) ?? false,
        });
        proxy.http.on('connection', (socket) => proxy.#sockets.add(socket));
        proxy.http.on('upgrade', (request, socket, head) => {
            const offered = request.headers['sec-websocket-protocol'] ?? '';
            if (!fault.takesAll && !known.some((each) => offered.includes(each)))
                return socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
            proxy.upgrades.handleUpgrade(request, socket, head, (each) => proxy.#join(each));
        });
        await new Promise((resolve) => proxy.http.listen(0, '127.0.0.1', resolve));
        t.after(() => proxy.stop());
        proxy.url = `ws://127.0.0.1:${proxy.http.address().port}`;
        return proxy;
    }

    stop() {
        this.http.close();
        for (const each of this.#sockets) each.destroy();
    }

    #pass(request, answer) {
        const { fault } = this;
        const url = fault.url?.(request.url, this.#all) ?? request.url;
        const { method, headers } = request;
        const asked = http.request(this.server.url + url, { method, headers }, (from) => {
            const status = fault.status?.(from.statusCode, url) ?? from.statusCode;
            answer.writeHead(status, from.headers);
            const isStream = url.startsWith('/v1/stream');
            from.on('data', (bytes) =>
                answer.write(isStream && fault.event ? fault.event(bytes.toString()) : bytes),
            );
            from.on('end', () => answer.end()).on('error', () => answer.destroy());
        });
        asked.on('error', () => answer.destroy());
        answer.on('close', () => asked.destroy());
        request.pipe(asked);
    }

    #join(client) {
        const { fault } = this;
        const { protocol } = client;
        const isCbor = protocol === known[1];
        const server = new WebSocket(
            this.server.url.replace('http', 'ws') + '/v1/connect',
            protocol || known[0],
        );
        const at = { all: this.#all, protocol, say: (m) => send(client, isCbor, listOf(m)) };
        let early = [];
        const pass = (data, isBinary) => {
            const parsed = parse(data, isBinary, isCbor);
            const isLeftAlone = parsed === undefined || (!fault.hear && !fault.hearFrame);
            const isNoBatch = Array.isArray(parsed) && (parsed.length === 0 || parsed.length > 64);
            if (isLeftAlone || isNoBatch) return server.send(data, { binary: isBinary });
            const frame = fault.hearFrame?.(parsed) ?? parsed;
            const heard = listOf(frame).flatMap((each) =>
                fault.hear ? listOf(fault.hear(each, at)) : [each],
            );
            send(server, isCbor, heard);
        };
        client.on('message', (...frame) => (early ? early.push(frame) : pass(...frame)));
        server.on('open', () => {
            for (const frame of early) pass(...frame);
            early = null;
        });
        server.on('message', (data, isBinary) => {
            const said = listOf(parse(data, isBinary, isCbor));
            send(
                client,
                isCbor,
                said.flatMap((each) => (fault.say ? listOf(fault.say(each, at)) : [each])),
            );
        });
        server.on('close', (code, reason) => {
            const end = fault.end ? fault.end(code) : code;
            if (end === 1005 || end === 1006) client.terminate();
            else if (end) client.close(end, reason);
        });
        client.on('close', () => server.terminate());
        for (const each of [client, server]) each.on('error', () => {});
    }
}
