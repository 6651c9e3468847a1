// SPDX-License-Identifier: Apache-2.0
//
// Keys of an issuer that are fetched: from a real server that changes them, hangs and lies.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { get, serve, soon, until, upstream } from './harness.mjs';
import { Issuer } from './issuer.mjs';
import { Client } from './room_client.mjs';

const program = path.join(path.dirname(fileURLToPath(import.meta.url)), 'jwks_server.mjs');
const bearer = (token) => ({ authorization: `Bearer ${token}` });

// jwks_server.mjs, and the issuer whose keys it shows.
class Published {
    constructor(t, issuer, port = 0) {
        this.issuer = issuer;
        this.child = spawn(process.execPath, [program, port], {
            stdio: ['pipe', 'pipe', 'inherit'],
        });
        t.after(() => this.child.kill('SIGKILL'));
        this.lines = createInterface(this.child.stdout)[Symbol.asyncIterator]();
    }
    async line() {
        return (await soon(this.lines.next(), 'the issuer answers')).value;
    }
    static async start(t, issuer, port) {
        const published = new Published(t, issuer, port);
        published.url = await published.line();
        await published.be('well');
        return published;
    }
    // How often its keys were asked for until now.
    async be(mode) {
        const keys = this.issuer.jwks;
        this.child.stdin.write(JSON.stringify({ mode, keys }) + '\n');
        return Number(await this.line());
    }
    async stop() {
        this.child.kill('SIGKILL');
        await soon(new Promise((done) => this.child.once('exit', done)), 'the issuer ends');
    }
}

async function guarded(t, jwt, more = {}) {
    const behind = await upstream(t);
    return serve(t, {
        auth: {
            guests: { anonymous: {} },
            players: { jwt: { audience: 'game', cooldown: '1s', ...jwt } },
        },
        services: { things: { endpoints: [behind.endpoint] } },
        routes: [
            { match: '/api/**', to: 'things', auth: ['players'] },
            { match: '/v1/connect', to: 'rooms', auth: ['players', 'guests'] },
        ],
        ...more,
    });
}

const status = async (server, token) => (await get(server.url + '/api/echo', bearer(token))).status;

describe('keys that are fetched', { concurrency: 4 }, () => {
    test('are fetched for the first token, once for all that come with it', async (t) => {
        const issuer = new Issuer(['ES256', 'EdDSA']);
        const published = await Published.start(t, issuer);
        const server = await guarded(t, { issuer: issuer.url, jwks: `${published.url}/keys` });
        const tokens = Array.from({ length: 40 }, (_, i) => issuer.token({ sub: `p${i}` }));
        const answers = await Promise.all(tokens.map((token) => status(server, token)));
        assert.deepEqual([...new Set(answers)], [200]);
        assert.equal(await published.be('well'), 1);
    });

    test('are found by what the issuer says of himself', async (t) => {
        const issuer = new Issuer(['ES256']);
        const published = await Published.start(t, issuer);
        issuer.url = published.url;
        const server = await guarded(t, { issuer: published.url, jwks: 'auto' });
        assert.equal(await status(server, issuer.token()), 200);
    });

    test('that are new are fetched when a token names one; forgeries fetch seldom', async (t) => {
        const issuer = new Issuer(['ES256']);
        const published = await Published.start(t, issuer);
        const server = await guarded(t, { issuer: issuer.url, jwks: `${published.url}/keys` });
        const old = issuer.token();
        assert.equal(await status(server, old), 200);
        issuer.keys.clear();
        issuer.add('EdDSA', 'next');
        await published.be('well');
        const next = issuer.token({}, { kid: 'next' });
        await until(async () => (await status(server, next)) === 200, 'the new key is known');
        await until(async () => (await status(server, old)) === 401, 'the old one is gone, too');
        const before = await published.be('well');
        const began = Date.now();
        const forged = (i) => issuer.token({}, { kid: 'next', header: { kid: `forged-${i}` } });
        for (let i = 0; i < 200; i++) assert.equal(await status(server, forged(i)), 401);
        const seconds = (Date.now() - began) / 1000;
        const asked = (await published.be('well')) - before;
        assert.ok(asked <= 1.2 * seconds + 3, `asked ${asked} times in ${seconds} s`);
    });

    test('of an issuer who is away or lies are 503, and those of before go on', async (t) => {
        const issuer = new Issuer(['ES256']);
        const published = await Published.start(t, issuer);
        const server = await guarded(t, { issuer: issuer.url, jwks: `${published.url}/keys` });
        const good = issuer.token();
        for (const mode of ['fails', 'redirects', 'rubbish', 'huge', 'cuts']) {
            const before = await published.be(mode);
            await until(async () => {
                assert.equal(await status(server, good), 503, mode);
                return (await published.be(mode)) > before;
            }, `the issuer is asked again: ${mode}`);
            assert.equal(await status(server, good), 503, mode);
        }
        await server.logged((each) => each.detail?.includes('redirects are not followed'));
        await server.logged((each) => each.detail?.includes('256 KiB'));
        await published.be('well');
        await until(async () => (await status(server, good)) === 200, 'it is well again');
        await published.be('rubbish');
        issuer.add('EdDSA', 'next');
        const next = issuer.token({}, { kid: 'next' });
        await until(async () => (await status(server, next)) === 401, 'it is looked for');
        assert.equal(await status(server, good), 200, 'what was known is known');
        await published.stop();
        assert.equal(await status(server, good), 200, 'whoever is away');
        await server.isHealthy();
    });

    test('who waits for them holds nobody up, and is answered', async (t) => {
        const issuer = new Issuer(['ES256']);
        const published = await Published.start(t, issuer);
        await published.be('hangs');
        const server = await guarded(t, { issuer: issuer.url, jwks: `${published.url}/keys` });
        const waiting = status(server, issuer.token());
        await until(async () => (await published.be('hangs')) > 0, 'the issuer is asked');
        const guest = await Client.connect(server);
        assert.match(guest.welcome.principal, /^g_/, 'others come meanwhile');
        guest.close?.();
        assert.equal(await waiting, 503);
        await published.be('trickles');
        await until(async () => (await status(server, issuer.token())) === 503, 'it trickles');
        await published.be('well');
        await until(async () => (await status(server, issuer.token())) === 200, 'it is well');
        const player = await Client.connect(server, { token: issuer.token() });
        assert.equal(player.welcome.principal, 'players:ann');
    });

    test('of an issuer who says that he is another are not taken', async (t) => {
        const issuer = new Issuer(['ES256']);
        const published = await Published.start(t, issuer);
        issuer.url = published.url;
        await published.be('lies');
        const server = await guarded(t, { issuer: published.url, jwks: 'auto' });
        assert.equal(await status(server, issuer.token()), 503);
        await server.logged((each) => each.detail?.includes('names another issuer'));
    });

    test('a stop waits for nobody', async (t) => {
        const issuer = new Issuer(['ES256']);
        const published = await Published.start(t, issuer);
        await published.be('hangs');
        const server = await guarded(t, { issuer: issuer.url, jwks: `${published.url}/keys` });
        const waiting = status(server, issuer.token()).catch(() => 'cut');
        await until(async () => (await published.be('hangs')) > 0, 'the issuer is asked');
        assert.equal((await server.kill('SIGTERM')).code, 0);
        await waiting;
    });
});
