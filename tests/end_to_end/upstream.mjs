// SPDX-License-Identifier: Apache-2.0
//
// An upstream whose behaviour the path names. node upstream.mjs PORT NAME; prints its port.

import crypto from 'node:crypto';
import http from 'node:http';

const [port, name] = process.argv.slice(2);
const chunk = Buffer.alloc(64 * 1024, '0123456789abcdef');
let connections = 0;
let isHealthy = true;

function json(response, value, headers = {}) {
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
}

// So many bytes, as fast as they are taken.
function pour(response, bytes) {
    const go = () => {
        while (bytes > 0) {
            const piece = bytes < chunk.length ? chunk.subarray(0, bytes) : chunk;
            bytes -= piece.length;
            if (!response.write(piece)) return response.once('drain', go);
        }
        response.end();
    };
    go();
}

// Counts and hashes a body; with `rate`, reads so many bytes per 10 ms.
function drink(request, response, rate) {
    const hash = crypto.createHash('sha256');
    let bytes = 0;
    request.on('data', (piece) => {
        hash.update(piece);
        bytes += piece.length;
        if (!rate) return;
        request.pause();
        setTimeout(() => request.resume(), (10 * piece.length) / rate);
    });
    request.on('end', () => json(response, { bytes, sha256: hash.digest('hex') }));
}

const behaviours = {
    '/echo': async (request, response) => {
        const parts = [];
        for await (const piece of request) parts.push(piece);
        const { method, url, headers, rawHeaders } = request;
        const body = Buffer.concat(parts).toString();
        const connection = request.socket.number;
        json(response, { name, connection, method, url, headers, rawHeaders, body });
    },
    '/health': (_, response) => {
        response.writeHead(isHealthy ? 200 : 503).end();
    },
    '/fall-ill': (_, response) => ((isHealthy = false), response.end()),
    '/recover': (_, response) => ((isHealthy = true), response.end()),
    '/status': (_, response, query) => {
        response.writeHead(Number(query.get('code')), { 'x-said-by': name });
        response.end(query.get('body') ?? '');
    },
    '/chunked': (_, response) => {
        response.write('one,');
        setTimeout(() => response.write('two,'), 20);
        setTimeout(() => response.end('three'), 40);
    },
    '/stream': (_, response, query) => {
        const bytes = Number(query.get('bytes'));
        if (query.get('length')) response.setHeader('content-length', bytes);
        pour(response, bytes);
    },
    // A byte, and then one more every so often.
    '/trickle': (_, response, query) => {
        let left = Number(query.get('bytes'));
        response.setHeader('content-length', left);
        const timer = setInterval(
            () => {
                if (--left <= 0) clearInterval(timer);
                response.write('x');
            },
            Number(query.get('ms')),
        );
        response.on('close', () => clearInterval(timer));
    },
    '/sink': (request, response, query) => drink(request, response, Number(query.get('rate'))),
    '/hang': () => {},
    '/hang-in-body': (_, response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('ten bytes.');
    },
    '/slow-headers': (_, response, query) => {
        setTimeout(() => response.end('late'), Number(query.get('ms')));
    },
    '/too-little': (_, { socket }) => {
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes.');
    },
    '/too-much': (_, { socket }) => {
        socket.write(
            'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n' +
                'Content-Length: 6\r\n\r\nforged',
        );
    },
    '/broken-chunk': (_, { socket }) => {
        socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\nzz\r\n');
    },
    '/reset-in-chunks': (_, response) => {
        response.write('begun');
        setTimeout(() => response.socket.resetAndDestroy(), 50);
    },
    '/nonsense': (_, { socket }) => socket.end('this is not HTTP\r\n\r\n'),
    '/answer-early': (_, response) => {
        response.writeHead(413, { connection: 'close' }).end('no');
    },
    '/die': () => process.exit(1),
};

const server = http.createServer((request, response) => {
    const url = new URL(request.url, 'http://upstream');
    const behave =
        behaviours[url.pathname.replace(/^\/(api|own)(?=\/)/, '')] ?? behaviours['/echo'];
    Promise.resolve(behave(request, response, url.searchParams)).catch(() => response.destroy());
});
server.keepAliveTimeout = 60_000;
server.on('connection', (socket) => {
    socket.number = ++connections;
    socket.on('error', () => {});
});
// Speaks as a WebSocket to the end of the handshake, then says back what it hears.
server.on('upgrade', (request, socket, head) => {
    const accept = crypto
        .createHash('sha1')
        .update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11')
        .digest('base64');
    socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
            `Sec-WebSocket-Accept: ${accept}\r\nX-Said-By: ${name}\r\n\r\n`,
    );
    socket.on('error', () => {});
    socket.write(unmask(head));
    socket.on('data', (bytes) => socket.write(unmask(bytes)));
});
// Clients' frames are masked and servers' are not: enough for small frames that come whole.
function unmask(bytes) {
    const out = [];
    for (let at = 0; at + 6 <= bytes.length;) {
        const length = bytes[at + 1] & 0x7f;
        const body = bytes.subarray(at + 6, at + 6 + length);
        out.push(bytes[at], length, ...body.map((byte, i) => byte ^ bytes[at + 2 + (i % 4)]));
        at += 6 + length;
    }
    return Buffer.from(out);
}
server.listen(Number(port), '127.0.0.1', () => console.log(server.address().port));
