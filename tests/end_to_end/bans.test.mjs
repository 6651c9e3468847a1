// SPDX-License-Identifier: Apache-2.0
//
// Who is not let in: by themselves, by hand, for a while, and what is written down of it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertProblem, get, serve, until } from './harness.mjs';

// From addresses of their own, as a proxy would forward them.
const from = (address) => ({ 'x-forwarded-for': address });

describe('bans', { concurrency: 2 }, () => {
    test('an address that is refused too often, on all shards', async (t) => {
        const server = await serve(t, {
            shards: 3,
            trusted_proxies: ['127.0.0.1'],
            bans: { after: '20/h', of: [404], for: '1h', never: ['198.51.100.0/24'] },
        });
        const status = async (path, address) =>
            (await get(server.url + path, from(address))).status;
        for (let i = 0; i < 20; i++) assert.equal(await status('/none', '192.0.2.7'), 404);
        assert.equal(await status('/v1/games', '192.0.2.7'), 200);
        assert.equal(await status('/none', '192.0.2.7'), 404);
        await until(
            async () => (await status('/v1/games', '192.0.2.7')) === 403,
            'the address is banned',
        );
        // Connections of their own reach all shards.
        await until(async () => {
            const all = await Promise.all(
                Array.from({ length: 12 }, () => status('/v1/games', '192.0.2.7')),
            );
            return all.every((each) => each === 403);
        }, 'it is banned on all shards');
        assert.equal(await status('/v1/games', '192.0.2.8'), 200);
        for (let i = 0; i < 30; i++) assert.equal(await status('/none', '198.51.100.9'), 404);
        assert.equal(await status('/v1/games', '198.51.100.9'), 200);
        const { out: listed } = await server.command('ban', 'ls');
        assert.match(listed, /192\.0\.2\.7 .* itself +more than 20/);
        assert.equal((await server.command('ban', 'lift', '192.0.2.7')).code, 0);
        assert.equal(await status('/v1/games', '192.0.2.7'), 200);
        await server.logged((line) => line.message === 'an address is banned');
        assert.equal(await server.metric('gatehouse_bans_total'), 1);
        await until(async () => {
            const { out } = await server.command('audit', 'ls');
            return /bans .*ban add .*192\.0\.2\.7/s.test(out);
        }, 'the ban is in the audit log');
    });

    test('by hand: gatehouse ban add, ls, lift', async (t) => {
        const server = await serve(t, { shards: 2, trusted_proxies: ['127.0.0.1'] });
        const asked = (address) => get(server.url + '/v1/games', from(address));
        const ban = (...words) => server.command('ban', ...words);
        assert.match((await ban('ls')).out, /none: every address is let in/);

        const added = await ban('add', '192.0.2.0/24', '--for', '1h', '--reason', 'spam');
        assert.equal(added.code, 0, added.err);
        assert.match(added.out, /^banned 192\.0\.2\.0\/24 until 2/);
        assert.equal((await ban('add', '2001:db8::/32')).code, 0);
        for (let i = 0; i < 8; i++) {
            const answer = await asked('192.0.2.200');
            assertProblem(answer, { status: 403, error_code: 'AUTH_002' });
            assert.ok(Number(answer.headers['retry-after']) > 3500);
        }
        assert.equal((await asked('2001:db8:7::1')).headers['retry-after'], undefined);
        assert.equal((await asked('198.51.100.1')).status, 200);
        const { out } = await ban('ls');
        assert.match(out, /192\.0\.2\.0\/24 +20\S+ +hand +spam/);
        assert.match(out, /2001:db8::\/32 +lifted +hand/);

        assert.equal((await ban('lift', '192.0.2.0/24')).code, 0);
        for (let i = 0; i < 8; i++) assert.equal((await asked('192.0.2.200')).status, 200);
        const again = await ban('lift', '192.0.2.0/24');
        assert.equal(again.code, 1);
        assert.match(again.err, /no ban of just that block/);
        const wrong = await ban('add', '192.0.2.1/24');
        assert.match(wrong.err, /without bits behind its prefix/);
        assert.equal((await ban('add', '192.0.2.1', '--for', '5')).code, 2);
        const audit = (await server.command('audit', 'ls')).out;
        assert.match(audit, /ban add .*192\.0\.2\.0\/24/);
        assert.match(audit, /ban lift .*192\.0\.2\.0\/24/);
    });
});
