// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test from 'node:test';
import { FrameReader, toFrames } from '../dist/frames.js';
import { common, diff, isSame, merge, toJson } from '../dist/json.js';
import { Random } from '../dist/random.js';

const COUNTING = Buffer.from([...Array(32).keys()]).toString('hex');

// RFC 8439, A.1, and what the server's own draws give: src/rooms/chance_test.cpp.
test('chance is the key stream of ChaCha20, and shuffles as the server does', () => {
    const random = new Random('00'.repeat(32));
    const words = [0xade0b876, 0x903df1a0, 0xe56a5d40, 0x28bd8653, 0xb819d2bd, 0x1aed8da0];
    for (const word of words) assert.equal(random.next(), word);
    for (let left = 16 - words.length; left > 0; left--) random.next();
    assert.equal(random.next(), 0xbee7079f); // The next block.
    assert.deepEqual(
        new Random(COUNTING, 1).shuffle([...Array(32).keys()]),
        [
            20, 15, 16, 23, 25, 19, 10, 8, 11, 9, 22, 1, 0, 27, 29, 21, 2, 18, 26, 13, 14, 31, 17,
            12, 4, 5, 3, 7, 6, 28, 30, 24,
        ],
    );
    assert.notEqual(new Random(COUNTING, 1).next(), new Random(COUNTING, 2).next());
});

const KEYS = ['', 'a', 'b', '__proto__', 'é'];

function grow(random, depth, nulls) {
    switch (random.below(depth > 0 ? 7 : 4)) {
        case 0: return random.below(2) === 0;
        case 1: return random.below(3);
        case 2: return random.pick(KEYS);
        case 3: return nulls ? null : 1.5;
        case 4: return [...Array(random.below(3))].map(() => grow(random, depth - 1, false));
        default: return growObject(random, depth, nulls);
    }
}

function growObject(random, depth, nulls) {
    const member = () => [random.pick(KEYS), grow(random, depth - 1, nulls)];
    return Object.fromEntries([...Array(random.below(5))].map(member));
}

test('a patch leads from one to the other, and says nothing where they are the same', () => {
    const random = new Random(COUNTING);
    let same = 0;
    for (let i = 0; i < 20_000; i++) {
        const [from, to] = [growObject(random, 4, false), growObject(random, 4, false)];
        const patch = diff(from, to);
        assert.equal(patch === undefined, isSame(from, to));
        same += patch === undefined ? 1 : 0;
        assert.deepEqual(merge(from, patch ?? {}), to);
        assert.equal(diff(to, JSON.parse(JSON.stringify(to))), undefined);
    }
    assert.ok(same > 0);
});

test('what all have in common is a part of each', () => {
    const random = new Random(COUNTING, 3);
    const hasNull = (patch) =>
        typeof patch === 'object' && !Array.isArray(patch) && patch !== null
            ? Object.values(patch).some((each) => each === null || hasNull(each))
            : false;
    for (let i = 0; i < 5_000; i++) {
        const views = [...Array(1 + random.below(4))].map(() => growObject(random, 3, false));
        const all = common(views);
        for (const view of views) {
            const own = diff(all, view) ?? {};
            assert.deepEqual(merge(all, own), view);
            assert.equal(hasNull(own), false, JSON.stringify({ all, view }));
        }
    }
    const less = { a: 1, b: { c: 1 } };
    assert.deepEqual(common([{ a: 1, b: { c: 1, d: 2 } }, less]), less);
});

test('no member is null, and the text says which one was', () => {
    assert.deepEqual(toJson({ a: undefined, b: [null] }, 'state'), { b: [null] });
    assert.throws(() => toJson({ a: [{ b: null }] }, 'state'), /state\.a\[0\]\.b is null/);
    assert.throws(() => toJson({ a: { b: NaN } }, 'view'), /view\.a\.b is null/);
});

test('frames are read whole, however they come', () => {
    const long = 'x'.repeat(700_000);
    const messages = [{ q: 1, é: '🎲' }, { q: 2 }, { q: 3, long }, { q: 4, long }];
    const frames = toFrames(messages.map((each) => JSON.stringify(each)));
    assert.equal(frames.length, 4); // Two, each with its length before it.
    const bytes = Buffer.concat(frames);
    for (const piece of [1, 7, 100_000, bytes.length]) {
        const reader = new FrameReader();
        const got = [];
        const end = piece === 1 ? 4 + 60 : bytes.length;
        for (let at = 0; at < end; at += piece)
            got.push(...reader.take(bytes.subarray(at, at + piece)));
        if (piece > 1) assert.deepEqual(got, messages);
    }
    assert.throws(() => new FrameReader().take(Buffer.from([0x7f, 0, 0, 0])), /a frame of/);
    assert.deepEqual(toFrames([]), []);
});
