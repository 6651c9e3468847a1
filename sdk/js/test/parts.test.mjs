// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pauseAfter } from '../build/close_codes.js';
import { mergePatch, share } from '../build/merge_patch.js';
import { Outbox, OUTBOX_MAX } from '../build/outbox.js';
import { ServerClock } from '../build/server_clock.js';
import { Luck } from './simulation/luck.mjs';
import { merge } from './simulation/server.mjs';

test('merge patch gives what the appendix of RFC 7396 says', () => {
    const vectors = [
        [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
        [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
        [{ a: 'b' }, { a: null }, {}],
        [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
        [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
        [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
        [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
        [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
        [['a', 'b'], ['c', 'd'], ['c', 'd']],
        [{ a: 'b' }, ['c'], ['c']],
        [{ a: 'foo' }, null, null],
        [{ a: 'foo' }, 'bar', 'bar'],
        [{ e: null }, { a: 1 }, { e: null, a: 1 }],
        [[1, 2], { a: 'b', c: null }, { a: 'b' }],
        [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ];
    for (const [target, patch, result] of vectors)
        assert.deepEqual(mergePatch(target, patch), result, JSON.stringify([target, patch]));
});

// A tree of a few keys, so that patches meet what is there.
function draw(luck, depth = 3) {
    const kind = depth === 0 ? luck.below(2) : luck.below(4);
    if (kind < 2) return kind ? luck.below(3) : luck.one(['x', true, null]);
    if (kind === 2) return Array.from({ length: luck.below(3) }, () => draw(luck, depth - 1));
    const keys = ['a', 'b', 'c'].filter(() => luck.happens(0.6));
    return Object.fromEntries(keys.map((key) => [key, draw(luck, depth - 1)]));
}

// Equal parts at the same place are the same part; all of it is frozen.
function assertShared(before, after, path = '') {
    if (typeof after !== 'object' || after === null) return;
    assert.ok(Object.isFrozen(after), `${path} is frozen`);
    let isEqual = true;
    try {
        assert.deepStrictEqual(after, before);
    } catch {
        isEqual = false;
    }
    if (isEqual) return assert.equal(after, before, `${path} is shared`);
    for (const key of Object.keys(after)) assertShared(before?.[key], after[key], `${path}/${key}`);
}

test('views share what did not change and are frozen, whatever the patch', () => {
    const luck = new Luck(7);
    for (let i = 0; i < 1000; i++) {
        const before = share(undefined, draw(luck));
        const [patch, whole] = [draw(luck), draw(luck)];
        const expected = merge(structuredClone(before), structuredClone(patch));
        const after = mergePatch(before, structuredClone(patch));
        assert.deepStrictEqual(structuredClone(after), expected);
        assertShared(before, after);
        assertShared(before, share(before, whole));
    }
});

test('no name of a member does harm', () => {
    const hostile = mergePatch({}, JSON.parse('{"__proto__":{"seat":1},"constructor":{"a":2}}'));
    assert.equal(hostile.seat, undefined);
    assert.deepEqual(Object.keys(hostile), ['__proto__', 'constructor']);
    const again = share(hostile, JSON.parse('{"__proto__":{"seat":1},"constructor":{"a":2}}'));
    assert.equal(again, hostile);
    assert.deepEqual(Object.keys(share({}, JSON.parse('{"toString":1}'))), ['toString']);
});

test('every close code has its pause', () => {
    const pauses = [
        // code, attempt, shortest, longest
        [1000, 0, 0, 250],
        [1001, 0, 0, 250],
        [1006, 0, 0, 250],
        [1006, 1, 0, 500],
        [1006, 5, 0, 8000],
        [1006, 50, 0, 8000],
        [1011, 2, 0, 1000],
        [1012, 0, 0, 500],
        [1012, 3, 0, 2000],
        [1013, 0, 1000, 1250],
        [4100, 0, 1000, 1250],
        [4101, 10, 1000, 9000],
        [4199, 0, 1000, 1250],
        [4200, 0, 0, 500],
        [4202, 0, 0, 500],
        [4299, 3, 0, 2000],
    ];
    for (const [code, attempt, shortest, longest] of pauses) {
        const [least, most] = [0, 1].map((x) => pauseAfter(code, attempt, () => x));
        assert.deepEqual([least.length, most.length], [shortest, longest], `${code} ${attempt}`);
        assert.equal(most.least, shortest);
    }
    for (const code of [4000, 4001, 4003, 4005, 4007, 4099])
        assert.equal(pauseAfter(code, 0, Math.random), null, `${code} is for good`);
});

test('the clock believes the answer that was back soonest, and forgets', () => {
    const clock = new ServerClock();
    clock.sample(1000, 6100, 1200);
    assert.equal(clock.offset, 5000);
    clock.sample(2000, 9000, 4000); // 2 s on the way: worth little.
    assert.equal(clock.offset, 5000);
    clock.sample(5000, 10_012, 5004);
    assert.equal(clock.offset, 5010);
    for (let i = 0; i < 8; i++) clock.sample(0, 105, 10);
    assert.equal(clock.offset, 100);
});

test('an outbox is what was stored, or empty where that makes no sense', () => {
    const outbox = new Outbox();
    outbox.push({ id: 3, name: 'play', data: { pieces: [1] }, base: 7 });
    outbox.push({ id: 5, name: 'pass' });
    const text = outbox.toText('me');
    assert.equal(Outbox.owner(text), 'me');
    assert.deepEqual(new Outbox(text).queue, outbox.queue);
    assert.equal(new Outbox(text).highest, 5);
    assert.equal(outbox.remove(4), -1);
    assert.deepEqual([outbox.remove(5), outbox.remove(3), outbox.toText('me')], [1, 0, null]);
    const many = Array.from({ length: OUTBOX_MAX + 1 }, (_, i) => ({ id: i + 1, name: 'a' }));
    const nonsense = [
        '',
        'x',
        'null',
        '[]',
        '{"queue":7}',
        '{"queue":[null]}',
        '{"queue":[{"id":"1","name":"a"}]}',
        '{"queue":[{"id":1}]}',
        '{"queue":[{"id":2,"name":"a"},{"id":2,"name":"a"}]}',
        '{"queue":[{"id":-1,"name":"a"}]}',
        JSON.stringify({ queue: many }),
    ];
    for (const each of nonsense) assert.deepEqual(new Outbox(each).queue, [], each);
});
