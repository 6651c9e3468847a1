// SPDX-License-Identifier: Apache-2.0

import { realWorld, type Refusal, type Store, type World } from './index.js';
import { request } from './request.js';

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
    /** Of a store that refuses: the guest is the same until the page is left. */
    onError?: (error: unknown) => void;
    world?: Partial<World>;
}) {
    const world = { ...realWorld(), ...options.world };
    const store = options.store ?? world.store;
    const key = `gatehouse:guest:${options.name ?? ''}`;
    let known: Session | null = null;
    const tried = <T>(access: () => T): T | undefined => {
        try {
            return access();
        } catch (error) {
            options.onError?.(error);
            return undefined;
        }
    };
    // The store's own word first: another tab may have renewed it.
    const kept = (): Session | null => {
        const stored = tried(() => JSON.parse(store.getItem(key) ?? 'null'));
        return typeof stored?.token === 'string' ? stored : known;
    };
    const lasts = (session: Session | null, ms: number): session is Session =>
        session !== null && Date.parse(session.expires_at) > world.now() + ms;
    let asking: Promise<Session> | undefined;
    const renew = (session?: Session) =>
        (asking ??= request<Session>(world, new URL('/v1/sessions', options.url), {
            method: 'POST',
            token: session?.token,
        })
            .then((fresh) => {
                tried(() => store.setItem(key, JSON.stringify(fresh)));
                return (known = fresh);
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
    const forget = () => {
        known = null;
        tried(() => store.removeItem(key));
    };
    return Object.assign(token, { forget });
}
