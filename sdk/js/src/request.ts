// SPDX-License-Identifier: Apache-2.0

import { Refusal, type ErrorCode, type World } from './index.js';

export interface Asked {
    method?: string;
    token?: string;
    body?: unknown;
    signal?: AbortSignal;
}

// JSON in, JSON out; throws a Refusal.
export async function request<T>(
    world: World,
    url: URL,
    { method = 'GET', token, body, signal }: Asked = {},
): Promise<T> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (token) headers.authorization = `Bearer ${token}`;
    const asked = { method, headers, body: JSON.stringify(body), signal };
    const answer = await (world.fetch ?? fetch)(url, asked).catch(() => {
        throw new Refusal('unavailable', 'the server does not answer', true, false);
    });
    const content = await answer.json().catch(() => ({}));
    if (answer.ok) return content;
    const retry = answer.status === 429 || answer.status >= 500;
    const code: ErrorCode = content.code ?? (retry ? 'unavailable' : 'bad_request');
    throw new Refusal(code, content.detail ?? `HTTP ${answer.status}`, retry, !retry);
}
