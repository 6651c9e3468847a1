// SPDX-License-Identifier: Apache-2.0
//
// API keys: made and revoked by operators, kept through crashes, backups and restores.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { get, post, request, serve, temporaryFolder, until, upstream } from './harness.mjs';
import { missing, Postgres } from './postgres.mjs';

process.env.DB_PASSWORD = 's3cret';

// A server whose /api is for who has a key.
async function forPartners(t, { store = 'sqlite:data/gatehouse.db', folder, ...more } = {}) {
    const behind = await upstream(t);
    return serve(
        t,
        {
            store,
            auth: { guests: { anonymous: {} }, partners: { api_keys: {} } },
            services: { things: { endpoints: [behind.endpoint] } },
            routes: [
                { match: '/api/**', to: 'things', auth: 'partners' },
                { match: '/bills/**', to: 'things', auth: 'partners', require: 'role billing' },
            ],
            ...more,
        },
        folder ? { folder } : {},
    );
}

async function create(server, ...words) {
    const made = await server.command('key', 'create', ...words);
    assert.equal(made.code, 0, made.err);
    const key = made.out.trim();
    assert.match(key, /^gh_[0-9a-f]{16}_[0-9a-f]{48}$/);
    return { key, id: key.slice(3, 19) };
}

const ask = (server, key, where = '/api/echo') =>
    get(server.url + where, { 'x-api-key': key });

// Orders without a pause, until the server is shot in the midst of them; then all that was answered
// must hold.
async function surviveKills(t, store, lives) {
    const server = await forPartners(t, { store });
    for (let life = 0; life < lives; life++) {
        const made = [];
        const revoked = new Set();
        const orders = (async () => {
            for (;;) {
                const answer = await post(server.adminUrl + '/admin/keys', {
                    principal: `life:${life}`,
                }).catch(() => null);
                if (answer?.status !== 200) return;
                made.push(answer.json);
                if (made.length % 3 !== 0) continue;
                const { id } = made.at(-2);
                const gone = await request(`${server.adminUrl}/admin/keys/${id}`, {
                    method: 'DELETE',
                }).catch(() => null);
                if (gone?.status !== 200) return;
                revoked.add(id);
            }
        })();
        await until(() => made.length > 10 * (life + 1), 'keys are made');
        await server.restart();
        await orders;
        for (const { key, id } of made) {
            const { status } = await ask(server, key);
            if (revoked.has(id)) assert.equal(status, 401, 'a revoked key is back');
            else if (id !== made.at(-2)?.id) assert.equal(status, 200, 'a key is lost');
        }
    }
}

describe('API keys', { concurrency: 3 }, () => {
    test('let in, are listed, and let nobody in once they are revoked', async (t) => {
        const server = await forPartners(t);
        const { key, id } = await create(server, 'service:billing', '--role', 'billing');
        const plain = await create(server, 'service:other', '--note', 'for tests', '--for', '30d');
        for (let i = 0; i < 8; i++) assert.equal((await ask(server, key)).status, 200);
        const bearer = { authorization: `Bearer ${key}` };
        assert.equal((await get(server.url + '/api/echo', bearer)).status, 200);
        assert.equal((await ask(server, key, '/bills/echo')).status, 200);
        assert.equal((await ask(server, plain.key, '/bills/echo')).status, 403);
        assert.equal((await ask(server, key.replace(/.$/, 'x'))).status, 401);
        assert.equal((await get(server.url + '/api/echo')).status, 401);
        await server.logged((each) => each.principal === 'service:billing');

        const listed = (await server.command('key', 'ls')).out;
        assert.match(listed, new RegExp(`${id} +service:billing +billing +for ever`));
        assert.match(listed, new RegExp(`${plain.id} +service:other .*until 20.* for tests`));
        assert.ok(!listed.includes(key.slice(20)), 'no secret is listed');

        const revoked = await server.command('key', 'revoke', id);
        assert.equal(revoked.code, 0, revoked.err);
        for (let i = 0; i < 8; i++) assert.equal((await ask(server, key)).status, 401);
        assert.equal((await ask(server, plain.key)).status, 200);
        const again = await server.command('key', 'revoke', '0123456789abcdef');
        assert.equal(again.code, 1);
        assert.match(again.err, /there is no API key 0123456789abcdef/);
    });

    test('each change is in the audit log, and no secret is', async (t) => {
        const server = await forPartners(t);
        const { key, id } = await create(server, 'service:billing');
        await server.command('key', 'revoke', id);
        const log = (await server.command('audit', 'ls')).out;
        assert.match(log, new RegExp(`key create +${id}`));
        assert.match(log, new RegExp(`key revoke +${id}`));
        const data = path.join(server.folder, 'data');
        await server.kill('SIGTERM');
        for (const file of fs.readdirSync(data))
            assert.ok(!fs.readFileSync(path.join(data, file)).includes(key.slice(20, 60)), file);
        assert.ok(!JSON.stringify(server.log).includes(key.slice(20, 60)));
        const verified = await server.command('events', 'verify');
        assert.equal(verified.code, 0, verified.out + verified.err);
    });

    test('what was answered survives kill -9, whenever it comes', async (t) => {
        await surviveKills(t, 'sqlite:data/gatehouse.db', 4);
    });

    test('and on PostgreSQL, too', { skip: missing }, async (t) => {
        const postgres = await Postgres.start(t);
        await surviveKills(t, postgres.store, 2);
    });

    test('come with a backup; without the pepper they let nobody in', async (t) => {
        const folder = temporaryFolder();
        const backup = { to: 'file:backup' };
        const server = await forPartners(t, { folder, backup });
        const { key, id } = await create(server, 'service:billing');
        const gone = await create(server, 'service:gone');
        await server.command('key', 'revoke', gone.id);
        await server.kill('SIGTERM'); // Ships what is left.
        const data = path.join(folder, 'data');
        for (const file of fs.readdirSync(data))
            if (file !== 'guest.key') fs.rmSync(path.join(data, file), { recursive: true });
        const file = path.join(data, 'gatehouse.db');
        const restored = await server.command('backup', 'restore', '--to', file);
        assert.equal(restored.code, 0, restored.err);
        await server.start();
        assert.equal((await ask(server, key)).status, 200);
        assert.equal((await ask(server, gone.key)).status, 401);
        await server.kill('SIGTERM');
        fs.rmSync(path.join(data, 'guest.key'));
        await server.start();
        assert.equal((await ask(server, key)).status, 401);
        assert.match((await server.command('key', 'ls')).out, new RegExp(id));
    });

    test('are asked of a running server that takes them', async (t) => {
        const server = await serve(t);
        const made = await server.command('key', 'create', 'a');
        assert.equal(made.code, 1);
        assert.match(made.err, /no way of auth takes API keys/);
        await server.kill('SIGTERM');
        const stopped = await server.command('key', 'ls');
        assert.equal(stopped.code, 1);
        assert.match(stopped.err, /no server answers/);
    });
});
