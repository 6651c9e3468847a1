// SPDX-License-Identifier: Apache-2.0

import { http } from './http.js';
import type { Refusal } from './refusal.js';
import { realWorld, type Store, type World } from './world.js';

/** `expiresAt`: milliseconds since 1970, or as Date reads it. A JWT says it itself. */
export type Token = string | { token: string; expiresAt?: number | string };

/**
 * Asked before every connection, and before the token's end. `stale`: what it gave, if that will
 * not do any more. What it throws is tried again, unless it is a Refusal without `retry`.
 */
export type Auth = Token | ((about: { stale?: string }) => Token | Promise<Token>);

export async function ask(
    auth: Auth,
    stale?: string,
): Promise<{ token: string; expiresAt?: number }> {
    const given = typeof auth === 'function' ? await auth({ stale }) : auth;
    const { token, expiresAt = undefined } = typeof given === 'string' ? { token: given } : given;
    const end = expiresAt === undefined ? endOf(token) : new Date(expiresAt).getTime();
    // A token that cannot be asked for again is used to its end.
    return { token, expiresAt: typeof auth === 'function' ? end : undefined };
}

function endOf(token: string): number | undefined {
    try {
        const claims = token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/');
        const { exp } = JSON.parse(atob(claims));
        return typeof exp === 'number' ? exp * 1000 : undefined;
    } catch {
        return undefined; // No JWT.
    }
}

const NEAR_END = 60_000;
const RENEWED_BEFORE_END = 3_600_000;

interface Session {
    token: string;
    expires_at: string;
}

/**
 * An anonymous person, kept in the store until the token expires: with that of the tab, one for
 * each tab, who survives a reload; with localStorage, one for each browser. `name` tells several
 * apart. What it gives goes into connect({ auth }).
 */
export function guest(options: {
    url: string | URL;
    name?: string;
    store?: Store;
    world?: Partial<World>;
}) {
    const world = { ...realWorld(), ...options.world };
    const store = options.store ?? world.store;
    const key = `gatehouse:guest:${options.name ?? ''}`;
    const kept = (): Session | null => JSON.parse(store.getItem(key) ?? 'null');
    const lasts = (session: Session | null, ms: number): session is Session =>
        session !== null && Date.parse(session.expires_at) > world.now() + ms;
    let asking: Promise<Session> | undefined;
    const renew = (session?: Session) =>
        (asking ??= http<Session>(world, new URL('/v1/sessions', options.url), {
            method: 'POST',
            token: session?.token,
        })
            .then((fresh) => {
                store.setItem(key, JSON.stringify(fresh));
                return fresh;
            })
            .finally(() => (asking = undefined)));
    const token = async ({ stale }: { stale?: string } = {}) => {
        let session = kept();
        const isStale = session !== null && session.token === stale;
        if (!lasts(session, NEAR_END)) session = await renew();
        else if (isStale || !lasts(session, RENEWED_BEFORE_END))
            // The same person, for longer; somebody new where it is too late for that.
            session = await renew(session).catch((no: Refusal) =>
                isStale && no.isFinal ? renew() : session!,
            );
        return { token: session!.token, expiresAt: session!.expires_at };
    };
    // The next one is somebody new.
    return Object.assign(token, { forget: () => store.removeItem(key) });
}
