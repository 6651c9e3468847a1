// SPDX-License-Identifier: Apache-2.0
//
// node bench/schema/run.mjs: what judging JSON by a schema costs, beside Ajv, which makes
// JavaScript of a schema. In turns, CPU time of either process, medians of the rounds.

import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');
const require = createRequire(path.join(root, 'tests/end_to_end/package.json'));
const built = path.join(root, 'build/release/bench/schema_validate');
const binary = process.env.SCHEMA_VALIDATE ?? built;
const rounds = process.env.QUICK ? 3 : 9;
const milliseconds = process.env.QUICK ? 100 : 300;

const order = (lines) => ({
    id: 'AB12345',
    customer: { name: 'Ada Lovelace', mail: 'ada@example.org', level: 'gold' },
    lines: Array.from({ length: lines }, (_, i) => ({
        sku: `sku-${i}`,
        count: (i % 7) + 1,
        price: 19.99,
        tags: ['new', 'blue'],
    })),
    note: 'leave it at the door',
});
const orderSchema = {
    type: 'object',
    required: ['id', 'customer', 'lines'],
    additionalProperties: false,
    properties: {
        id: { type: 'string', pattern: '^[A-Z]{2}[0-9]+$' },
        customer: {
            type: 'object',
            required: ['name'],
            properties: {
                name: { type: 'string', minLength: 1, maxLength: 80 },
                mail: { type: 'string', maxLength: 200 },
                level: { enum: ['none', 'silver', 'gold'] },
            },
        },
        lines: { type: 'array', minItems: 1, maxItems: 500, items: { $ref: '#/$defs/line' } },
        note: { type: ['string', 'null'] },
    },
    $defs: {
        line: {
            type: 'object',
            required: ['sku', 'count'],
            properties: {
                sku: { type: 'string', minLength: 1 },
                count: { type: 'integer', minimum: 1, maximum: 1000 },
                price: { type: 'number', minimum: 0 },
                tags: { type: 'array', uniqueItems: true, items: { type: 'string' } },
            },
        },
    },
};
const forms = {
    type: 'array',
    items: {
        oneOf: ['circle', 'square', 'line', 'text'].map((kind) => ({
            properties: { kind: { const: kind }, x: { type: 'number' }, y: { type: 'number' } },
            required: ['kind', 'x', 'y'],
        })),
        unevaluatedProperties: false,
    },
};
const cases = [
    { name: 'order of 3 lines', schema: orderSchema, value: order(3) },
    { name: 'order of 100 lines', schema: orderSchema, value: order(100) },
    {
        name: '20 of four forms, unevaluated',
        schema: forms,
        value: Array.from({ length: 20 }, (_, i) => ({
            kind: ['circle', 'square', 'line', 'text'][i % 4],
            x: i,
            y: 0.5,
        })),
    },
    {
        name: 'the meta-schema by itself',
        schema: { $ref: 'http://json-schema.org/draft-07/schema#' },
        value: JSON.parse(
            fs.readFileSync(require.resolve('ajv/dist/refs/json-schema-draft-07.json'), 'utf8'),
        ),
    },
];

function ours(file) {
    const out = execFileSync(binary, [file, String(milliseconds)], { encoding: 'utf8' });
    return out.trim().split('\n').map((line) => JSON.parse(line));
}

function measure(work) {
    for (let i = 0; i < 2000; i++) work();
    const begun = process.cpuUsage();
    let count = 0;
    let took = 0;
    while (took < milliseconds * 1000) {
        for (let i = 0; i < 100; i++) work();
        count += 100;
        const spent = process.cpuUsage(begun);
        took = spent.user + spent.system;
    }
    return (took / count) * 1000;
}

function theirs() {
    const Ajv = require('ajv/dist/2020').default;
    const draft07 = require('ajv/dist/refs/json-schema-draft-07.json');
    const ajv = new Ajv({ strict: false, validateFormats: false });
    ajv.addMetaSchema(draft07);
    return cases.map(({ name, schema, value }) => {
        const validate = ajv.compile(schema);
        const text = JSON.stringify(value);
        if (!validate(value)) throw new Error(`${name}: ${JSON.stringify(validate.errors)}`);
        return {
            validate_ns: measure(() => validate(value)),
            parse_and_validate_ns: measure(() => validate(JSON.parse(text))),
        };
    });
}

const median = (all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)];
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-schema-'));
try {
    const file = path.join(folder, 'cases.json');
    fs.writeFileSync(file, JSON.stringify(cases));
    const runs = Array.from({ length: rounds }, () => [ours(file), theirs()]);
    console.log('| µs | validate | Ajv | × Ajv | parse and validate | Ajv | × Ajv | allocations |');
    console.log('|---|---|---|---|---|---|---|---|');
    cases.forEach(({ name }, at) => {
        const of = (who, what) => median(runs.map((run) => run[who][at][what])) / 1000;
        const cells = ['validate_ns', 'parse_and_validate_ns'].flatMap((what) => {
            const [our, their] = [of(0, what), of(1, what)];
            return [our.toFixed(2), their.toFixed(2), (our / their).toFixed(2)];
        });
        console.log(`| ${name} | ${cells.join(' | ')} | ${runs[0][0][at].allocations} |`);
    });
} finally {
    fs.rmSync(folder, { recursive: true });
}
