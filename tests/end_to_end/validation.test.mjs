// SPDX-License-Identifier: Apache-2.0
//
// What requests have to look like before a service gets them.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import {
    assertProblem,
    configuration,
    gatehouse,
    get,
    post,
    request,
    serve,
    Server,
    temporaryFolder,
    until,
    upstream,
} from './harness.mjs';

const order = {
    type: 'object',
    required: ['item'],
    properties: { item: { $ref: 'item.json' }, count: { type: 'integer', maximum: 5 } },
};

const api = `
openapi: 3.1.0
info: { title: Shop, version: "1" }
paths:
  /echo/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get:
      parameters: [{ name: limit, in: query, schema: { type: integer, maximum: 100 } }]
    put:
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: order.json } } }
`;

// A folder with these files in it.
function folderWith(files) {
    const folder = temporaryFolder();
    for (const [name, content] of Object.entries(files))
        fs.writeFileSync(
            path.join(folder, name),
            typeof content === 'string' ? content : JSON.stringify(content),
        );
    return folder;
}

const shop = { 'order.json': order, 'item.json': { type: 'string' }, 'api.yaml': api };

function routesTo(service, validate) {
    return {
        services: { one: { endpoints: [service.endpoint] } },
        routes: [{ match: '/api/**', to: 'one', rewrite: '/echo', validate }],
    };
}

describe('a route judges', { concurrency: 3 }, () => {
    test('bodies by a schema, and tells where they do not fit', async (t) => {
        const one = await upstream(t);
        const server = await serve(t, routesTo(one, { body: 'order.json', max_body: '1KiB' }), {
            folder: folderWith(shop),
        });
        const good = await post(server.url + '/api/x', { item: 'tea', count: 5 });
        assert.deepEqual(JSON.parse(good.json.body), { item: 'tea', count: 5 });

        const bad = await post(server.url + '/api/x', { item: 7, count: 9 });
        const { details } = assertProblem(bad, { status: 400, error_code: 'VAL_001' });
        assert.deepEqual(
            details.faults.map(({ in: where, pointer, keyword }) => [where, pointer, keyword]),
            [
                ['body', '/item', 'type'],
                ['body', '/count', 'maximum'],
            ],
        );
        assert.match(details.faults[1].message, /at most 5/);
        const large = await post(server.url + '/api/x', { item: 'x'.repeat(2000) });
        assertProblem(large, { status: 413, error_code: 'REQ_003' });
        const form = await request(server.url + '/api/x', {
            method: 'POST',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: 'item=tea',
        });
        assertProblem(form, { status: 415, error_code: 'REQ_004' });
    });

    test('all that an OpenAPI document describes', async (t) => {
        const one = await upstream(t);
        const server = await serve(t, routesTo(one, { openapi: 'api.yaml', base: '/api' }), {
            folder: folderWith(shop),
        });
        const asked = (url, options) => request(server.url + url, options);
        assert.equal((await asked('/api/echo/7?limit=9')).status, 200);
        const bad = await asked('/api/echo/x?limit=900');
        const { details } = assertProblem(bad, { status: 400 });
        assert.deepEqual(
            details.faults.map((each) => [each.in, each.name]),
            [
                ['path', 'id'],
                ['query', 'limit'],
            ],
        );
        assertProblem(await asked('/api/other'), { status: 404, error_code: 'REQ_001' });
        const method = await asked('/api/echo/7', { method: 'DELETE' });
        assertProblem(method, { status: 405, error_code: 'REQ_002' });
        assert.equal(method.headers.allow, 'GET, HEAD, PUT');
        const put = (body) =>
            asked('/api/echo/7', {
                method: 'PUT',
                headers: { 'content-type': 'application/json' },
                body,
            });
        assert.equal((await put('{"item":"tea"}')).status, 200);
        assert.equal((await put('{"item":7}')).status, 400);
        assert.equal((await put(undefined)).status, 400);
    });

    test('by what its files say now: a saved schema counts, a broken one does not', async (t) => {
        const one = await upstream(t);
        const folder = folderWith(shop);
        const server = await serve(t, routesTo(one, { body: 'order.json' }), { folder });
        const status = async () => (await post(server.url + '/api/x', { item: 7 })).status;
        assert.equal(await status(), 400);
        fs.writeFileSync(path.join(folder, 'item.json'), '{ "type": "integer" }');
        await until(async () => (await status()) === 200, 'the new schema is in force');

        fs.writeFileSync(path.join(folder, 'item.json'), '{\n  "type": 7\n}');
        const line = await server.logged((each) => /invalid/.test(each.message));
        assert.match(line.detail, /item\.json:2:11: \/type: /);
        assert.equal(await status(), 200);
    });
});

test('gatehouse check tells file, line and column of a schema; explain knows it', async () => {
    const nobody = { endpoint: '127.0.0.1:9' };
    const folder = folderWith({
        ...shop,
        'item.json': '{\n  "pattern": "(?<=a)b"\n}',
    });
    const config = configuration(routesTo(nobody, { body: 'order.json' }));
    const { file } = new Server(folder, config);
    const { code, err } = await gatehouse('check', '-c', file);
    assert.equal(code, 1);
    assert.match(err, /item\.json:2:14: \/pattern: .*\n/);

    fs.writeFileSync(path.join(folder, 'item.json'), 'true');
    const { out } = await gatehouse('explain', 'POST', 'http://a/api/x', '-c', file);
    assert.match(out, /validate +bodies must fit the schema/);
});
