// SPDX-License-Identifier: Apache-2.0
//
// docs/asyncapi.yaml, as tests use it: is this frame one that it describes? Stricter than a client
// has to be: what is not described is a fault here.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import YAML from 'yaml';

const file = new URL('../../docs/asyncapi.yaml', import.meta.url);
export const description = YAML.parse(fs.readFileSync(file, 'utf8'));

// An object of the protocol has the members that are named, and no others.
function closed(schema) {
    if (schema === null || typeof schema !== 'object') return schema;
    if (Array.isArray(schema)) return schema.map(closed);
    const copy = Object.fromEntries(Object.entries(schema).map(([key, of]) => [key, closed(of)]));
    const isObject = copy.type === 'object' && copy.properties !== undefined;
    return isObject ? { additionalProperties: false, ...copy } : copy;
}

const ajv = new Ajv2020({ strictTypes: false, strictRequired: false, allErrors: true });
ajv.addKeyword('x-close-codes');
ajv.addKeyword('components');
ajv.addSchema({
    $id: 'gatehouse',
    components: { schemas: closed(description.components.schemas) },
});

// The schema that a name under components.messages stands for, as a function.
export function checkerOf(name) {
    const { payload } = description.components.messages[name];
    return ajv.getSchema(`gatehouse${payload.$ref}`);
}

// The names of the messages of one direction: 'hear' is what a client says, 'say' the server.
export const namesOf = (operation) =>
    description.operations[operation].messages.map(({ $ref }) => $ref.split('/').at(-1));

const directions = {
    hear: new Set(namesOf('hear')),
    say: new Set([...namesOf('say'), 'open']),
};

// Throws where a message is none that the document knows, and else gives its name.
function check(message, direction) {
    const text = JSON.stringify(message).slice(0, 500);
    const name = message?.t ?? 'heartbeat';
    assert.ok(directions[direction].has(name), `no such message is described: ${text}`);
    const fits = checkerOf(name);
    assert.ok(fits(message), `not as it is described: ${ajv.errorsText(fits.errors)} in ${text}`);
    return name;
}

// Of a parsed frame: one message or a batch. Gives the names of its messages.
export function checkFrame(frame, direction) {
    const messages = Array.isArray(frame) ? frame : [frame];
    assert.ok(messages.length > 0 && messages.length <= 64, `a batch of ${messages.length}`);
    return messages.map((each) => check(each, direction));
}
export const checkFromServer = (frame) => checkFrame(frame, 'say');
export const checkFromClient = (frame) => checkFrame(frame, 'hear');
