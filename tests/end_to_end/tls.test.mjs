// SPDX-License-Identifier: Apache-2.0
//
// listen.https as clients meet it: Node's, curl's and OpenSSL's.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import tls from 'node:tls';
import { promisify } from 'node:util';
import WebSocket from 'ws';
import {
    configuration,
    gatehouse,
    serve,
    soon,
    temporaryFolder,
    until,
    upstream,
} from './harness.mjs';
import { Client, play, tableWithBots } from './room_client.mjs';
import { ask, Authority, replace } from './tls.mjs';

const execute = promisify(execFile);
const localhost = 'DNS:localhost,IP:127.0.0.1';

// A server with a certificate for localhost, and a service behind it.
async function serveTls(t, changes = {}, tlsChanges = {}) {
    const authority = await Authority.create();
    const files = await authority.issue('localhost', localhost);
    const things = await upstream(t);
    const server = await serve(t, {
        listen: { http: '127.0.0.1:0', https: '127.0.0.1:0', admin: '127.0.0.1:0' },
        tls: { ...files, ...tlsChanges },
        services: { things: { endpoints: [things.endpoint] } },
        routes: [{ match: '/api/**', to: 'things' }],
        ...changes,
    });
    return { server, authority, files, things };
}

// What openssl s_client says, told to send nothing.
async function sClient(server, ...args) {
    const to = new URL(server.secureUrl).host;
    const asked = execute('openssl', ['s_client', '-connect', to, '-brief', ...args]);
    asked.child.stdin.end();
    const { stdout, stderr } = await asked.catch((failed) => failed);
    return stdout + stderr;
}

describe('clients', { concurrency: 2 }, () => {
    test('Node is served the same routes, and a service hears that it was https', async (t) => {
        const { server, authority } = await serveTls(t);
        const answer = await ask(server.secureUrl + '/api/echo', { ca: authority.pem });
        assert.equal(answer.status, 200);
        assert.equal(answer.version, 'TLSv1.3');
        assert.equal(JSON.parse(answer.text).headers['x-forwarded-proto'], 'https');
        assert.equal(JSON.parse(answer.text).headers['x-forwarded-for'], '127.0.0.1');
        const body = 'x'.repeat(1_000_000);
        const sent = await ask(server.secureUrl + '/api/sink', {
            ...{ ca: authority.pem, method: 'POST', body },
        });
        assert.equal(JSON.parse(sent.text).bytes, body.length);
        const poured = await ask(server.secureUrl + '/api/stream?bytes=20000000', {
            ca: authority.pem,
        });
        assert.equal(poured.text.length, 20_000_000);
    });

    test('ALPN settles on http/1.1, and on nothing with who speaks something else', async (t) => {
        const { server, authority } = await serveTls(t);
        const { port } = new URL(server.secureUrl);
        const offer = (ALPNProtocols) =>
            new Promise((resolve, reject) => {
                const options = { port, host: '127.0.0.1', ca: authority.pem, ALPNProtocols };
                const socket = tls.connect(options, () => {
                    resolve(socket.alpnProtocol);
                    socket.end();
                });
                socket.on('error', reject);
            });
        assert.equal(await offer(['h3', 'http/1.1']), 'http/1.1');
        assert.equal(await offer(undefined), false);
        await assert.rejects(offer(['h3']), /no application protocol/);
    });

    test('curl by 1.2 and by 1.3', async (t) => {
        const { server, authority } = await serveTls(t);
        const curl = (...args) =>
            execute('curl', ['-sS', '--cacert', authority.ca, '-w', '%{http_code}', ...args]);
        for (const version of ['1.2', '1.3']) {
            const { stdout } = await curl('--tls-max', version, server.secureUrl + '/health/live');
            assert.match(stdout, /"ok".*200$/);
        }
    });

    test('openssl: 1.3 and 1.2 are spoken, 1.1 is not, nor 1.2 where min says so', async (t) => {
        const { server, authority } = await serveTls(t);
        const trust = ['-CAfile', authority.ca, '-verify_return_error'];
        assert.match(await sClient(server, ...trust, '-tls1_3'), /Protocol version: TLSv1\.3/);
        assert.match(await sClient(server, ...trust, '-tls1_2'), /Protocol version: TLSv1\.2/);
        const old = await sClient(server, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0');
        assert.match(old, /alert protocol version/);

        const strict = await serveTls(t, {}, { min: '1.3' });
        assert.match(await sClient(strict.server, '-tls1_2'), /alert protocol version/);
    });

    test('each name has its certificate', async (t) => {
        const authority = await Authority.create();
        const [first, second] = [
            await authority.issue('first', localhost),
            await authority.issue('second', 'DNS:*.b.example'),
        ];
        const { server } = await serveTls(t, { tls: { ...first, certificates: [second] } });
        const who = async (servername) => {
            const url = server.secureUrl + '/health/live';
            const answer = await ask(url, { rejectUnauthorized: false, servername });
            return answer.certificate.subject.CN;
        };
        assert.equal(await who('localhost'), 'first');
        assert.equal(await who('a.b.example'), 'second');
        assert.equal(await who('a.a.b.example'), 'first');
    });

    test('who forgot the s is told so', async (t) => {
        const { server } = await serveTls(t);
        const url = server.secureUrl.replace('https', 'http');
        const { stdout } = await execute('curl', ['-sS', url]);
        assert.match(stdout, /write https:\/\//);
    });
});

describe('rooms', { concurrency: 2 }, () => {
    const secure = (authority) => ({
        open: ({ secureUrl }, protocols) =>
            new WebSocket(secureUrl.replace('http', 'ws') + '/v1/connect', protocols, {
                ca: authority.pem,
            }),
    });

    test('a game is played over wss, and drained by 1012 and an end that is one', async (t) => {
        const { server, authority } = await serveTls(t);
        const { client, room } = await tableWithBots(server, { rounds: 1 }, secure(authority));
        assert.ok(client.socket._socket.encrypted);
        await client.mustAct(room, 'start');
        await play(client, room);
        const stays = await Client.connect(server, secure(authority));
        let failure;
        stays.socket._socket.on('error', (error) => (failure = error));
        await server.kill('SIGTERM');
        assert.equal((await soon(stays.closed, 'it is closed')).code, 1012);
        assert.equal(failure, undefined);
    });
});

// ---- New certificates

describe('certificates that change', { concurrency: 2 }, () => {
    test('a new one is taken up under load, and nobody is dropped', async (t) => {
        const { server, authority, files } = await serveTls(t);
        const agents = Array.from(
            { length: 10 },
            () => new https.Agent({ keepAlive: true, maxSockets: 1, ca: authority.pem }),
        );
        t.after(() => agents.forEach((agent) => agent.destroy()));
        const url = server.secureUrl + '/api/echo';
        const seen = new Map(); // Serial numbers, and how often.
        let isOver = false;
        const load = async (how) => {
            const ports = new Set(); // Of its connections.
            while (!isOver) {
                const answer = await ask(url, { ca: authority.pem, ...how });
                assert.equal(answer.status, 200);
                const { serialNumber } = answer.certificate;
                if (serialNumber) seen.set(serialNumber, (seen.get(serialNumber) ?? 0) + 1);
                ports.add(answer.port);
            }
            if (how.agent) assert.equal(ports.size, 1, 'it kept the connection that it had');
        };
        const all = [...agents.map((agent) => load({ agent })), load({}), load({})];
        const failed = Promise.race(all.map((each) => each.then(() => null)));
        for (let round = 1; round <= 3; round++) {
            const known = seen.size;
            const next = await authority.issue('next', localhost);
            replace(files.key, fs.readFileSync(next.key));
            replace(files.cert, fs.readFileSync(next.cert));
            const changed = until(() => seen.size > known, 'a new certificate is shown');
            await Promise.race([changed, failed]);
        }
        isOver = true;
        await Promise.all(all);
    });

    test('a bad one changes nothing, and the log says what is wrong with it', async (t) => {
        const { server, authority, files } = await serveTls(t);
        const serial = async () =>
            (await ask(server.secureUrl + '/health/live', { ca: authority.pem })).certificate
                .serialNumber;
        const before = await serial();
        const other = await authority.issue('other', localhost);
        replace(files.cert, fs.readFileSync(other.cert));
        const told = (what) =>
            server.logged(
                ({ message, detail }) =>
                    message?.includes('the old one stays') && detail?.includes(what),
                what,
            );
        await told('gatehouse.yaml:');
        await told('localhost.key is not the key of the certificate in');
        assert.equal(await serial(), before);

        replace(files.cert, 'nothing');
        await told('localhost.pem holds no PEM certificate');
        const expired = await authority.issue('expired', localhost, { days: -1 });
        replace(files.key, fs.readFileSync(expired.key));
        replace(files.cert, fs.readFileSync(expired.cert));
        await told('expired on');
        assert.equal(await serial(), before);

        replace(files.key, fs.readFileSync(other.key));
        replace(files.cert, fs.readFileSync(other.cert));
        await until(async () => (await serial()) !== before, 'a good one is taken up');
    });

    test('the log warns 30 days ahead, and a metric says when it ends', async (t) => {
        const { server, files } = await serveTls(t); // For 30 days.
        const said = await server.logged(
            (line) => line.message === 'a certificate will soon expire',
            'the warning',
        );
        assert.match(said.detail, /localhost\.pem .*good until \d{4}-/);
        const name = `gatehouse_tls_certificate_expires_seconds{file="${files.cert}"}`;
        const ends = await server.metric(name);
        assert.ok(Math.abs(ends - Date.now() / 1000 - 30 * 86400) < 3600, `${ends}`);
    });

    test('check says which file is wrong, where it is named, and what to do', async () => {
        const authority = await Authority.create();
        const [one, two, old] = [
            await authority.issue('one', localhost),
            await authority.issue('two', localhost),
            await authority.issue('old', localhost, { days: -1 }),
        ];
        const judge = async (tlsPart) => {
            const file = path.join(temporaryFolder(), 'gatehouse.yaml');
            const listen = { http: ':8080', https: ':8443' };
            fs.writeFileSync(
                file,
                JSON.stringify(configuration({ listen, tls: tlsPart }), null, 2),
            );
            const { code, err } = await gatehouse('check', '-c', file);
            return code === 0 ? 'sound' : err;
        };
        assert.equal(await judge(one), 'sound');
        assert.match(await judge({ cert: one.cert, key: two.key }),
            /gatehouse\.yaml:\d+:\d+: \/tls\/key: .*two\.key is not the key of the certificate/);
        assert.match(await judge(old), /old\.pem expired on \d{4}-\d\d-\d\d: renew it/);
        assert.match(await judge({ ...one, certificates: [{ cert: 'gone.pem', key: two.key }] }),
            /\/tls\/certificates\/0\/cert: .*gone\.pem cannot be read/);
    });
});

// ---- Clients' certificates

describe('certificates of clients', { concurrency: 2 }, () => {
    test('are asked for as the configuration says', async (t) => {
        const authority = await Authority.create();
        const client = await authority.issue('designs', 'URI:spiffe://example/designs');
        const stranger = await (await Authority.create('Another')).issue('x', 'DNS:x.example');
        const shows = ({ cert, key }) => ({
            cert: fs.readFileSync(cert),
            key: fs.readFileSync(key),
        });
        for (const mode of ['optional', 'required']) {
            const { server, authority: servers } = await serveTls(
                ...[t, {}, { client_ca: authority.ca, client: mode }],
            );
            const knock = (how) =>
                ask(server.secureUrl + '/health/live', { ca: servers.pem, ...how });
            assert.equal((await knock(shows(client))).status, 200);
            await assert.rejects(knock(shows(stranger)), `${mode}: a stranger`);
            if (mode === 'optional') assert.equal((await knock({})).status, 200);
            else await assert.rejects(knock({}), /certificate required|ECONNRESET/);
        }
    });
});

// ---- Clients who are slow on purpose

describe('slow clients', () => {
    test('who never finish a handshake hold nobody up, and are dropped', async (t) => {
        const { server, authority } = await serveTls(t);
        const { port } = new URL(server.secureUrl);
        let dropped = 0;
        const sockets = Array.from({ length: 1500 }, (_, i) => {
            const socket = net.connect(port, '127.0.0.1');
            if (i % 2) socket.write(Buffer.from([0x16, 0x03, 0x01]));
            socket.on('error', () => {});
            socket.on('close', () => dropped++);
            return socket;
        });
        t.after(() => sockets.forEach((socket) => socket.destroy()));
        for (let i = 0; i < 20; i++) {
            const answer = await ask(server.secureUrl + '/health/live', { ca: authority.pem });
            assert.equal(answer.status, 200);
        }
        await until(() => dropped === sockets.length, 'all are dropped', 30_000);
        const failed = await server.metric('gatehouse_tls_handshakes_total{result="failed"}');
        assert.equal(failed, sockets.length);
        await server.isHealthy();
    });
});

// ---- Balancers in front

// What one says of a client at 192.0.2.1, ahead of its bytes.
const said = Buffer.concat([
    Buffer.from('\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c', 'latin1'),
    Buffer.from([192, 0, 2, 1, 198, 51, 100, 2, 0xdc, 0x04, 0x01, 0xbb]),
]);

describe('the PROXY protocol', { concurrency: 2 }, () => {
    const listen = {
        ...{ http: '127.0.0.1:0', admin: '127.0.0.1:0' },
        https: { address: '127.0.0.1:0', proxy_protocol: 'on' },
    };
    // A request behind these bytes.
    const askBehind = async (server, authority, bytes) => {
        const socket = net.connect(new URL(server.secureUrl).port, '127.0.0.1');
        socket.on('error', () => {});
        await once(socket, 'connect');
        await new Promise((written) => socket.write(bytes, written));
        return ask(server.secureUrl + '/api/echo', {
            ca: authority.pem,
            agent: undefined, // One would make the connection itself.
            createConnection: () => tls.connect({ socket, ca: authority.pem, host: '127.0.0.1' }),
        });
    };

    test('a balancer that is trusted says whose connection it is', async (t) => {
        const { server, authority } = await serveTls(t, { listen, trusted_proxies: ['127.0.0.1'] });
        const answer = await askBehind(server, authority, said);
        assert.equal(JSON.parse(answer.text).headers['x-forwarded-for'], '192.0.2.1');
        await assert.rejects(askBehind(server, authority, ''), 'without a header');
        await assert.rejects(askBehind(server, authority, 'PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n'));
    });

    test('nobody else is let in', async (t) => {
        const changes = { listen, trusted_proxies: ['192.0.2.0/24'] };
        const { server, authority } = await serveTls(t, changes);
        await assert.rejects(askBehind(server, authority, said));
    });
});
