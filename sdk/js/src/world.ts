// SPDX-License-Identifier: Apache-2.0
//
// What a client needs of where it runs. A browser has it all; in Node before 22, or in a test, some
// of it is handed in.

export interface Socket {
    onopen: (() => void) | null;
    onmessage: ((event: { data: unknown }) => void) | null;
    onclose: ((event: { code: number; reason: string }) => void) | null;
    onerror: ((event: unknown) => void) | null;
    send(frame: string): void;
    close(code?: number): void;
}

/**
 * Where what is not answered yet outlives the page: sessionStorage, or anything like it. It belongs
 * to one tab: two that share one would take the other's actions for theirs.
 */
export interface Store {
    getItem(key: string): string | null;
    setItem(key: string, text: string): void;
    removeItem(key: string): void;
}

export interface World {
    now(): number; // Milliseconds since 1970.
    random(): number;
    setTimeout(task: () => void, ms: number): unknown;
    clearTimeout(timer: unknown): void;
    dial(url: string, subprotocol: string): Socket;
    fetch?: typeof globalThis.fetch; // For what is asked over HTTP, else the real one.
    // Tells what becomes of network and page, until the function that it gives is called.
    listen(take: (news: 'wake' | 'doubt' | 'sleep') => void): () => void;
    store: Store;
}

export function memoryStore(): Store {
    const items = new Map<string, string>();
    return {
        getItem: (key) => items.get(key) ?? null,
        setItem: (key, text) => void items.set(key, text),
        removeItem: (key) => void items.delete(key),
    };
}

/** Of this tab: it survives a reload. */
export function tabStore(): Store {
    try {
        return globalThis.sessionStorage ?? memoryStore();
    } catch {
        return memoryStore(); // Forbidden by the browser's settings.
    }
}

export function realWorld(): World {
    return {
        now: () => Date.now(),
        random: () => Math.random(),
        setTimeout: (task, ms) => setTimeout(task, ms),
        clearTimeout: (timer) => clearTimeout(timer as number),
        dial(url, subprotocol) {
            if (typeof WebSocket === 'undefined')
                throw new Error('no WebSocket: hand one to connect()');
            return new WebSocket(url, subprotocol) as Socket;
        },
        listen,
        store: tabStore(),
    };
}

function listen(take: (news: 'wake' | 'doubt' | 'sleep') => void): () => void {
    const page = globalThis.document as Document | undefined;
    const wake = () => take('wake');
    const sleep = () => take('sleep');
    const heard: [EventTarget | undefined, string, () => void][] = [
        [globalThis, 'online', wake],
        [globalThis, 'offline', () => take('doubt')],
        [globalThis, 'pageshow', wake],
        [globalThis, 'pagehide', sleep],
        [page, 'freeze', sleep],
        [page, 'resume', wake],
        [page, 'visibilitychange', () => page?.visibilityState === 'visible' && wake()],
    ];
    for (const [at, name, listener] of heard) at?.addEventListener?.(name, listener);
    return () => {
        for (const [at, name, listener] of heard) at?.removeEventListener?.(name, listener);
    };
}
