// SPDX-License-Identifier: Apache-2.0
//
// Where an issuer publishes its keys: a process of its own, which does as it is told on standard
// input ({"mode","keys"} a line), and answers each line with how often it was asked.

import http from 'node:http';
import { createInterface } from 'node:readline';

let state = { mode: 'well', keys: '{"keys":[]}' };
let asked = 0;
const url = () => `http://127.0.0.1:${server.address().port}`;

const ways = {
    well: (answer) =>
        answer.setHeader('Cache-Control', 'max-age=3600').end(state.keys),
    fails: (answer) => answer.writeHead(500).end('not now'),
    redirects: (answer) => answer.writeHead(302, { Location: `${url()}/elsewhere` }).end(),
    rubbish: (answer) => answer.end('<html>a portal</html>'),
    huge: (answer) => answer.end(' '.repeat(300 * 1024) + state.keys),
    hangs: () => {},
    trickles: (answer) => {
        answer.writeHead(200);
        const timer = setInterval(() => answer.write(' '), 500);
        answer.once('close', () => clearInterval(timer));
    },
    cuts: (answer) => {
        answer.writeHead(200, { 'Content-Length': 100_000 }).write(state.keys);
        answer.destroy();
    },
};

const server = http.createServer((request, answer) => {
    if (request.url === '/.well-known/openid-configuration') {
        const issuer = state.mode === 'lies' ? 'https://evil.example' : url();
        return answer.end(JSON.stringify({ issuer, jwks_uri: `${url()}/keys` }));
    }
    if (request.url === '/elsewhere') return answer.end(state.keys);
    asked++;
    (ways[state.mode] ?? ways.well)(answer);
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(url()));
createInterface(process.stdin).on('line', (line) => {
    state = { ...state, ...JSON.parse(line) };
    console.log(asked);
});
