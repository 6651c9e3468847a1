// SPDX-License-Identifier: Apache-2.0

type Listener<T> = (now: T, before: T) => void;

/** An immutable value that changes, and those who want to know. */
export class Observable<S> {
    #state: S;
    #watchers = new Set<() => void>();

    constructor(
        state: S,
        private readonly onError: (error: unknown) => void,
    ) {
        this.#state = state;
    }

    get state(): S {
        return this.#state;
    }

    /** Calls `listener` whenever what `select` gives is another value. Gives what ends that. */
    subscribe<T>(
        select: (state: S) => T,
        listener: Listener<T>,
        equals: (a: T, b: T) => boolean = Object.is,
    ): () => void {
        let seen = select(this.#state);
        const watcher = () => {
            const now = select(this.#state);
            const before = seen;
            if (equals(now, before)) return;
            seen = now;
            listener(now, before);
        };
        this.#watchers.add(watcher);
        return () => void this.#watchers.delete(watcher);
    }

    /** @internal */
    _become(state: S): void {
        this.#state = state;
        for (const watcher of [...this.#watchers])
            if (this.#watchers.has(watcher)) this._try(watcher);
    }

    /** @internal A listener's bug is not the room's. */
    _try(listener: () => void): void {
        try {
            listener();
        } catch (error) {
            this.onError(error);
        }
    }
}
