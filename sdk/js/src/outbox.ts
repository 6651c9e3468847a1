// SPDX-License-Identifier: Apache-2.0

/** An action that has no answer yet. `id` is given once and never used for another. */
export interface PendingAction {
    readonly id: number;
    readonly name: string;
    readonly data?: unknown;
    readonly base?: number;
}

export const OUTBOX_MAX = 64;

// What survives a reload. `by`: the client that wrote it last.
interface Stored {
    by: string;
    queue: PendingAction[];
}

// The actions of one person in one room on their way, oldest first: rising ids, at most OUTBOX_MAX.
export class Outbox {
    queue: readonly PendingAction[];

    // `text` is what `toText` once gave, or anything.
    constructor(text: string | null = null) {
        this.queue = Object.freeze(read(text)?.queue ?? []);
    }

    get isFull(): boolean {
        return this.queue.length >= OUTBOX_MAX;
    }

    get highest(): number {
        return this.queue.at(-1)?.id ?? 0;
    }

    push(action: PendingAction): void {
        this.queue = Object.freeze([...this.queue, Object.freeze(action)]);
    }

    // Its place in the queue, or -1.
    remove(id: number): number {
        const index = this.queue.findIndex((each) => each.id === id);
        if (index >= 0) this.queue = Object.freeze(this.queue.filter((each) => each.id !== id));
        return index;
    }

    toText(by: string): string | null {
        return this.queue.length ? JSON.stringify({ by, queue: this.queue } as Stored) : null;
    }

    static owner(text: string | null): string | undefined {
        return read(text)?.by;
    }
}

// Anybody may have written into a tab's storage: what makes no sense is as good as nothing.
function read(text: string | null): Stored | null {
    try {
        const stored = JSON.parse(text ?? 'null') as Stored;
        let last = 0;
        const isSound = stored.queue.every(({ id, name }) => {
            const rises = Number.isSafeInteger(id) && id > last;
            last = id;
            return rises && typeof name === 'string';
        });
        return isSound && stored.queue.length <= OUTBOX_MAX ? stored : null;
    } catch {
        return null;
    }
}
