// SPDX-License-Identifier: Apache-2.0
//
// An S3 of one bucket, in this process: as much of it as an archive needs, and each signature
// checked by aws4, which is not ours. It can be told to misbehave.

import aws4 from 'aws4';
import { createHash } from 'node:crypto';
import http from 'node:http';

const bucket = 'rooms';
const region = 'eu-test-1';
const skewMaxMs = 15 * 60_000;

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const encoded = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

const authorization = new RegExp(
    '^AWS4-HMAC-SHA256 Credential=([^/]+)/\\d{8}/([^/]+)/s3/aws4_request, ?' +
        'SignedHeaders=([^,]+), ?Signature=[0-9a-f]{64}$',
);

class Refusal extends Error {
    constructor(status, code) {
        super(code);
        this.status = status;
    }
}

export class S3 {
    objects = new Map(); // Keys → { bytes, meta }.
    requests = [];
    refused = []; // Codes.
    before = async () => {}; // Runs before each answer; what it throws is answered.
    farMs = 0; // How far away it is: an answer takes so long.
    asked = 0; // That it has not begun to answer.
    keys = { accessKeyId: 'ARCHIVE', secretAccessKey: 'a/secret+with=signs' };
    pageMax = 3; // Fewer than were asked for, as services may.

    static async start(t) {
        const s3 = new S3();
        s3.server = http.createServer((request, response) => s3.#serve(request, response));
        await new Promise((resolve) => s3.server.listen(0, '127.0.0.1', resolve));
        t.after(() => {
            s3.server.closeAllConnections();
            s3.server.close();
        });
        return s3;
    }

    // The part of a configuration that leads here.
    settings(folder) {
        return {
            to: `s3://${bucket}/${folder}`,
            endpoint: `http://127.0.0.1:${this.server.address().port}`,
            region,
            access_key: 'env:ARCHIVE_KEY',
            secret_key: 'env:ARCHIVE_SECRET',
        };
    }

    get environment() {
        return { ARCHIVE_KEY: this.keys.accessKeyId, ARCHIVE_SECRET: this.keys.secretAccessKey };
    }

    #travel() {
        this.asked++;
        return new Promise((resolve) => {
            setTimeout(() => resolve(this.asked--), this.farMs);
        });
    }

    async #serve(request, response) {
        const parts = [];
        try {
            for await (const part of request) parts.push(part);
        } catch {
            return; // It was killed amid its words.
        }
        const body = Buffer.concat(parts);
        if (this.farMs > 0) await this.#travel();
        try {
            this.requests.push(`${request.method} ${request.url}`);
            await this.before(request);
            this.#authenticate(request, body);
            this.#answer(request, body, response);
        } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            this.refused.push(error.message);
            response.writeHead(error.status, { 'content-type': 'application/xml' });
            response.end(`<Error><Code>${error.message}</Code><Message>No.</Message></Error>`);
        }
    }

    static refuse(status, code) {
        throw new Refusal(status, code);
    }

    #authenticate({ method, url, headers }, body) {
        const given = authorization.exec(headers.authorization ?? '');
        if (!given) S3.refuse(403, 'AccessDenied');
        const [, id, where, names] = given;
        if (id !== this.keys.accessKeyId) S3.refuse(403, 'InvalidAccessKeyId');
        if (where !== region) S3.refuse(400, 'AuthorizationHeaderMalformed');
        const date = headers['x-amz-date'];
        const at = Date.parse(
            date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'),
        );
        if (!(Math.abs(Date.now() - at) < skewMaxMs)) S3.refuse(403, 'RequestTimeTooSkewed');
        if (headers['x-amz-content-sha256'] !== sha256(body))
            S3.refuse(400, 'XAmzContentSHA256Mismatch');
        for (const name of Object.keys(headers))
            if ((name === 'host' || name.startsWith('x-amz-')) && !names.split(';').includes(name))
                S3.refuse(403, 'AccessDenied');
        const signed = Object.fromEntries(names.split(';').map((name) => [name, headers[name]]));
        const again = aws4.sign(
            { service: 's3', region, method, path: url, headers: signed },
            this.keys,
        );
        const signature = (text) => text.slice(text.indexOf('Signature='));
        if (signature(again.headers.Authorization) !== signature(headers.authorization))
            S3.refuse(403, 'SignatureDoesNotMatch');
    }

    #answer({ method, url, headers }, body, response) {
        const { pathname, searchParams } = new URL(url, 'http://s3');
        const [, to, ...rest] = decodeURIComponent(pathname).split('/');
        if (to !== bucket) S3.refuse(404, 'NoSuchBucket');
        const key = rest.join('/');
        if (key === '') return this.#list(searchParams, response);
        const found = this.objects.get(key);
        if (method === 'PUT') {
            this.objects.set(key, { bytes: body, meta: headers['x-amz-meta-sha256'] });
            response.writeHead(200).end();
        } else if (method === 'DELETE') {
            this.objects.delete(key);
            response.writeHead(204).end();
        } else if (!found) {
            S3.refuse(404, 'NoSuchKey');
        } else {
            response.writeHead(200, { 'x-amz-meta-sha256': found.meta }).end(found.bytes);
        }
    }

    #list(query, response) {
        const after = query.get('start-after') ?? '';
        const keys = [...this.objects.keys()]
            .filter((key) => key.startsWith(query.get('prefix')) && key > after)
            .sort();
        const page = keys.slice(0, Math.min(Number(query.get('max-keys')), this.pageMax));
        const row = (key) =>
            `<Contents><Key>${encoded(key)}</Key>` +
            `<Size>${this.objects.get(key).bytes.length}</Size></Contents>`;
        response.writeHead(200, { 'content-type': 'application/xml' });
        response.end(
            '<?xml version="1.0" encoding="UTF-8"?>\n' +
                '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
                `<IsTruncated>${keys.length > page.length}</IsTruncated>` +
                `${page.map(row).join('')}</ListBucketResult>`,
        );
    }
}
