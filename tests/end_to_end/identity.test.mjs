// SPDX-License-Identifier: Apache-2.0
//
// Who may come: tokens of an issuer, over HTTP and into rooms, and what is tried against them.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { describe, test } from 'node:test';
import {
    assertProblem,
    get,
    post,
    request,
    serve,
    temporaryFolder,
    until,
    upstream,
} from './harness.mjs';
import { Issuer, base64url } from './issuer.mjs';
import { Client, session } from './room_client.mjs';

const bearer = (token) => ({ authorization: `Bearer ${token}` });

// A server whose /api is for players of `issuer`, before an upstream.
async function guarded(t, issuer, { jwt = {}, route = {}, routes = [], folder, ...more } = {}) {
    const place = folder ?? temporaryFolder();
    fs.writeFileSync(path.join(place, 'keys.json'), issuer.jwks);
    const behind = await upstream(t);
    const server = await serve(
        t,
        {
            auth: {
                guests: { anonymous: {} },
                players: {
                    jwt: {
                        issuer: issuer.url,
                        audience: issuer.audience,
                        jwks: 'file:keys.json',
                        roles: 'realm.roles',
                        ...jwt,
                    },
                },
            },
            services: { things: { endpoints: [behind.endpoint] } },
            routes: [{ match: '/api/**', to: 'things', auth: 'players', ...route }, ...routes],
            ...more,
        },
        { folder: place },
    );
    return server;
}

describe('tokens of an issuer', { concurrency: 4 }, () => {
    test('each kind of key is good, and the upstream is asked', async (t) => {
        const issuer = new Issuer();
        const server = await guarded(t, issuer);
        for (const kid of issuer.keys.keys())
            for (let i = 0; i < 3; i++) {
                const token = issuer.token({}, { kid });
                const answer = await get(server.url + '/api/echo', bearer(token));
                assert.equal(answer.status, 200, `${kid}: ${answer.text}`);
                assert.equal(answer.json.headers.authorization, `Bearer ${token}`);
            }
        const line = await server.logged((each) => each.principal);
        assert.equal(line.principal, 'players:ann');
    });

    test('who shows nothing, or what is not for us, is told so and no more', async (t) => {
        const issuer = new Issuer(['ES256']);
        const server = await guarded(t, issuer);
        const nothing = await get(server.url + '/api/echo');
        assertProblem(nothing, { status: 401, error_code: 'AUTH_001' });
        assert.equal(nothing.headers['www-authenticate'], 'Bearer realm="gatehouse"');
        const wrong = [
            [{ aud: 'another' }, 'invalid_token'],
            [{ iss: 'https://evil.example' }, 'invalid_token'],
            [{ exp: 1_700_000_000 }, 'invalid_token'],
            [{ nbf: 4_000_000_000 }, 'invalid_token'],
            [{ exp: undefined }, 'invalid_token'],
            [{ sub: undefined }, 'invalid_token'],
            [{ realm: { roles: 7 } }, 'invalid_token'],
        ];
        for (const [claims, error] of wrong) {
            const answer = await get(server.url + '/api/echo', bearer(issuer.token(claims)));
            assertProblem(answer, { status: 401, error_code: 'AUTH_001' });
            const challenge = answer.headers['www-authenticate'];
            assert.match(challenge, new RegExp(`^Bearer realm="gatehouse", error="${error}"`));
            assert.ok(!answer.text.includes('example.com'), 'what was wanted is for the log');
        }
        await server.logged((each) => each.failure?.includes('https://id.example.com'));
    });

    test('guests and players come by one route, each by their own way', async (t) => {
        const issuer = new Issuer(['EdDSA']);
        const server = await guarded(t, issuer, { route: { auth: ['players', 'guests'] } });
        const guest = (await post(server.url + '/v1/sessions')).json;
        const player = issuer.token({}, { kid: 'EdDSA' });
        assert.equal((await get(server.url + '/api/echo', bearer(guest.token))).status, 200);
        assert.equal((await get(server.url + '/api/echo', bearer(player))).status, 200);
        const seen = await until(() => {
            const all = server.log.filter((each) => each.principal).map((each) => each.principal);
            return all.length >= 2 && all;
        }, 'both are in the log');
        assert.deepEqual(seen.sort(), [guest.principal, 'players:ann'].sort());
    });

    test('a player plays: hello, a fresh token, and no guest by that door', async (t) => {
        const issuer = new Issuer(['ES256']);
        const server = await guarded(t, issuer, {
            routes: [{ match: '/v1/connect', to: 'rooms', auth: ['players'] }],
        });
        const client = await Client.connect(server, { token: issuer.token() });
        assert.equal(client.welcome.principal, 'players:ann');
        client.send({ t: 'auth', auth: issuer.token({ exp: 1_900_000_000 }) });
        await client.expect('pong');
        client.send({ t: 'auth', auth: issuer.token({ sub: 'bob' }) });
        assert.equal((await client.closed).code, 4003, 'who one is does not change');
        const { token } = await session(server);
        const guest = new Client(server);
        await guest.opened;
        guest.send({ t: 'hello', v: 1, auth: token });
        assert.equal((await guest.closed).code, 4001, 'this door is not for guests');
    });

    test('keys are read anew when their file changes, and the old are forgotten', async (t) => {
        const folder = temporaryFolder();
        const old = new Issuer(['ES256']);
        const server = await guarded(t, old, { folder });
        const token = old.token();
        assert.equal((await get(server.url + '/api/echo', bearer(token))).status, 200);
        const next = new Issuer(['ES256']);
        fs.writeFileSync(path.join(folder, 'next'), next.jwks);
        fs.renameSync(path.join(folder, 'next'), path.join(folder, 'keys.json'));
        await until(
            async () =>
                (await get(server.url + '/api/echo', bearer(next.token()))).status === 200,
            'the new key is known',
        );
        assert.equal((await get(server.url + '/api/echo', bearer(token))).status, 401);
        fs.writeFileSync(path.join(folder, 'keys.json'), 'rubbish');
        await server.logged((each) => each.detail?.includes('keys.json'));
        const kept = await get(server.url + '/api/echo', bearer(next.token()));
        assert.equal(kept.status, 200, 'what is invalid changes nothing');
    });
});

describe('roles', () => {
    test('let in whom the route requires, and others get 403', async (t) => {
        const issuer = new Issuer(['ES256']);
        const server = await guarded(t, issuer, {
            roles: { designer: { permissions: ['designs.*'] }, admin: {} },
            route: { require: 'permission designs.write and not role in (admin)' },
        });
        const ask = (roles) => {
            const token = issuer.token({ realm: { roles } });
            return get(server.url + '/api/echo', bearer(token));
        };
        assert.equal((await ask(['designer'])).status, 200);
        for (const roles of [[], ['admin'], ['designer', 'admin'], undefined]) {
            const answer = await ask(roles);
            assertProblem(answer, { status: 403, error_code: 'AUTH_002' });
            assert.match(answer.headers['www-authenticate'], /error="insufficient_scope"/);
        }
        assertProblem(await get(server.url + '/api/echo'), { status: 401, error_code: 'AUTH_001' });
    });
});

// RFC 8725 §2, and what was found in others since.
describe('attacks on tokens, over HTTP', () => {
    const issuer = new Issuer();
    const attacker = new Issuer();
    let trap = ''; // Nobody may ask there.
    const pem = () =>
        issuer.keys.get('RS256').publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const hmac = (secret) => (text) => crypto.createHmac('sha256', secret).update(text).digest();
    const jwkOf = (alg) => attacker.keys.get(alg).publicKey.export({ format: 'jwk' });
    const mine = (header, kid = 'EdDSA') => attacker.token({}, { kid, header });
    const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
    const soon = () => Math.floor(Date.now() / 1000) + 600;
    const claims = (more) =>
        `{"iss":"${issuer.url}","aud":"game","sub":"ann","exp":${soon()}${more}}`;

    const attacks = {
        'alg none': () => issuer.token({}, { header: { alg: 'none' }, sign: () => '' }),
        'alg nOnE': () => issuer.token({}, { header: { alg: 'nOnE' }, sign: () => '' }),
        'no signature at all': () => issuer.token({}, { sign: () => '' }),
        'no alg': () => issuer.token({}, { header: '{"kid":"ES256"}' }),
        'HS256 by the public key as PEM': () =>
            issuer.token({}, { kid: 'RS256', header: { alg: 'HS256' }, sign: hmac(pem()) }),
        'HS256 by the modulus': () =>
            issuer.token(
                {},
                {
                    kid: 'RS256',
                    header: { alg: 'HS256' },
                    sign: hmac(
                        Buffer.from(
                            issuer.keys.get('RS256').publicKey.export({ format: 'jwk' }).n,
                            'base64url',
                        ),
                    ),
                },
            ),
        'HS256 by nothing': () =>
            issuer.token({}, { header: { alg: 'HS256' }, sign: hmac('') }),
        'the other algorithm of an RSA key': () =>
            issuer.token({}, { kid: 'RS256', header: { alg: 'PS256' } }),
        'the key of another kind': () =>
            issuer.token({}, { kid: 'RS256', header: { kid: 'ES256' } }),
        'psychic signature: zeros': () => issuer.token({}, { sign: () => Buffer.alloc(64) }),
        'psychic signature: the order of the curve': () =>
            issuer.token({}, { sign: () => Buffer.from(order.repeat(2), 'hex') }),
        'the key that it brings along (jwk)': () => mine({ jwk: jwkOf('EdDSA') }),
        'where its keys are (jku)': () => mine({ jku: `${trap}/keys.json` }),
        'its certificate (x5u)': () => mine({ x5u: `${trap}/cert.pem` }),
        'its chain (x5c)': () => mine({ x5c: [base64url('a certificate')] }),
        'kid as a path': () => mine({ kid: '../../../../dev/null' }),
        'kid as a query': () => mine({ kid: "' UNION SELECT 'key" }),
        'kid as a URL': () => mine({ kid: `${trap}/` }),
        'kid that is a number': () => mine({ kid: 7 }),
        'crit': () => issuer.token({}, { header: { crit: ['exp'] } }),
        'b64 false': () => issuer.token({}, { header: { b64: false, crit: ['b64'] } }),
        'alg twice': () =>
            issuer.token({}, { header: '{"alg":"ES256","kid":"ES256","alg":"none"}' }),
        'alg twice, once in disguise': () =>
            issuer.token({}, { header: '{"alg":"ES256","kid":"ES256","\\u0061lg":"none"}' }),
        'sub twice': () => issuer.token(claims(',"sub":"admin"')),
        'exp twice': () => issuer.token(claims(',"exp":1')),
        'exp beyond all time': () => issuer.token({ exp: 1e300 }),
        'exp beyond 64 bits': () =>
            issuer.token(claims('').replace(/"exp":\d+/, '"exp":18446744073709551617')),
        'exp that overflows in ms': () =>
            issuer.token(claims('').replace(/"exp":\d+/, '"exp":9223372036854775807')),
        'exp as a text': () => issuer.token({ exp: String(soon()) }),
        'exp negative': () => issuer.token({ exp: -1 }),
        'exp infinite': () => issuer.token(claims('').replace(/"exp":\d+/, '"exp":1e999')),
        'exp false': () => issuer.token({ exp: false }),
        'sub as a number': () => issuer.token({ sub: 7 }),
        'sub with a line break': () => issuer.token({ sub: 'ann\r\nX-Admin: yes' }),
        'a payload that is no object': () => issuer.token('["ann"]'),
        'a payload a thousand deep': () =>
            issuer.token(claims(`,"x":${'['.repeat(1000)}${']'.repeat(1000)}`)),
        'padding': () => issuer.token() + '=',
        'the other alphabet': () => issuer.token().replaceAll('-', '+').replaceAll('_', '/') + '+',
        'four parts': () => issuer.token() + '.e30',
        'five parts': () => issuer.token() + '.e30.e30',
        'JSON serialisation': () => {
            const [head, payload, signature] = issuer.token().split('.');
            return JSON.stringify({ protected: head, payload, signature });
        },
        'the signature of another token': () =>
            [...issuer.token({ sub: 'eve' }).split('.').slice(0, 2),
                issuer.token().split('.')[2]].join('.'),
        'more than 8 KiB': () => issuer.token({ filler: 'x'.repeat(8192) }),
    };

    test('every one is refused, and none crashes anything', async (t) => {
        let trapped = 0;
        const listener = http.createServer((_, answer) => {
            trapped++;
            answer.end(attacker.jwks);
        });
        t.after(() => listener.close());
        await new Promise((done) => listener.listen(0, '127.0.0.1', done));
        trap = `http://127.0.0.1:${listener.address().port}`;
        const server = await guarded(t, issuer);
        const guest = (await post(server.url + '/v1/sessions')).json.token;
        const good = await get(server.url + '/api/echo', bearer(issuer.token()));
        assert.equal(good.status, 200, good.text);
        for (const [name, make] of Object.entries({ ...attacks, 'one of a guest': () => guest })) {
            const answer = await get(server.url + '/api/echo', bearer(make()));
            assert.equal(answer.status, 401, `${name}: ${answer.status} ${answer.text}`);
            assert.equal(answer.json.error_code, 'AUTH_001', name);
        }
        const two = await request(server.url + '/api/echo', {
            headers: { authorization: [`Bearer ${issuer.token()}`, `Bearer ${mine({})}`] },
        });
        assert.notEqual(two.status, 200, 'two tokens: one for us, one for the upstream');
        assert.equal(trapped, 0, 'no token leads the server anywhere');
        await server.isHealthy();
    });
});
