// SPDX-License-Identifier: Apache-2.0
//
// An issuer of tokens: keys of four kinds, and tokens in any state that somebody may try.

import crypto from 'node:crypto';

export const base64url = (bytes) => Buffer.from(bytes).toString('base64url');

const kinds = {
    RS256: () => crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }),
    PS256: () => crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: () => crypto.generateKeyPairSync('ed25519'),
};

function signature(alg, key, text) {
    const bytes = Buffer.from(text);
    if (alg === 'EdDSA') return crypto.sign(null, bytes, key);
    if (alg === 'ES256') return crypto.sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' });
    const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING } = crypto.constants;
    return crypto.sign('sha256', bytes, {
        key,
        padding: alg === 'PS256' ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING,
        saltLength: 32,
    });
}

export class Issuer {
    url = 'https://id.example.com';
    audience = 'game';
    keys = new Map();

    constructor(algorithms = Object.keys(kinds)) {
        for (const alg of algorithms) this.add(alg);
    }

    // A key, called by its algorithm unless told otherwise.
    add(alg, kid = alg) {
        this.keys.set(kid, { alg, ...kinds[alg]() });
    }

    // RFC 7517
    get jwks() {
        return JSON.stringify({
            keys: [...this.keys].map(([kid, { alg, publicKey }]) => ({
                ...publicKey.export({ format: 'jwk' }),
                kid,
                alg,
                use: 'sig',
            })),
        });
    }

    claims(changes = {}) {
        const now = Math.floor(Date.now() / 1000);
        const all = { iss: this.url, aud: this.audience, sub: 'ann', iat: now, exp: now + 600 };
        return Object.fromEntries(
            Object.entries({ ...all, ...changes }).filter(([, value]) => value !== undefined),
        );
    }

    // A header or payload that is a text is taken as it is; `sign` makes other signatures.
    token(claims = {}, { kid = 'ES256', header = {}, sign } = {}) {
        const key = this.keys.get(kid);
        const text = (part) => (typeof part === 'string' ? part : JSON.stringify(part));
        const head = typeof header === 'string' ? header : { alg: key.alg, kid, ...header };
        const payload = typeof claims === 'string' ? claims : this.claims(claims);
        const signed = `${base64url(text(head))}.${base64url(text(payload))}`;
        const bytes = sign ? sign(signed) : signature(key.alg, key.privateKey, signed);
        return `${signed}.${base64url(bytes)}`;
    }
}
