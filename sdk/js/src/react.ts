// SPDX-License-Identifier: Apache-2.0
//
// Hooks: a component is rendered again when what it selected is another value, and only then.

import { useCallback, useEffect, useMemo, useReducer, useRef, useSyncExternalStore } from 'react';
import type { Client } from './client.js';
import type { Observable } from './observable.js';
import type { How, Target } from './protocol.js';
import type { Room } from './room.js';
import type { AnyGame, ClientState, Game, RoomState, View } from './room_state.js';

type Equals<T> = (a: T, b: T) => boolean;

/** Of a client's state, or of a room's. */
export function useSelected<S, T>(
    source: Observable<S>,
    select: (state: S) => T,
    equals: Equals<T> = Object.is,
): T {
    const kept = useRef<{ state: S; select: (state: S) => T; value: T } | null>(null);
    const snapshot = () => {
        const { state } = source;
        const last = kept.current;
        if (last && last.state === state && last.select === select) return last.value;
        const fresh = select(state);
        const value = last && equals(last.value, fresh) ? last.value : fresh;
        kept.current = { state, select, value };
        return value;
    };
    const subscribe = useCallback(
        (changed: () => void) => source.subscribe((state) => state, changed),
        [source],
    );
    return useSyncExternalStore(subscribe, snapshot, snapshot);
}

export const useClient = (client: Client): ClientState => useSelected(client, (state) => state);

// A room that no component shows is let go after so long: another one may come at once.
const KEPT_FOR = 5000;
const uses = new WeakMap<Room, { count: number; timer?: ReturnType<typeof setTimeout> }>();

function use(room: Room, by: 0 | 1 | -1): void {
    const its = uses.get(room) ?? { count: 0 };
    uses.set(room, its);
    its.count += by;
    clearTimeout(its.timer);
    if (its.count === 0)
        its.timer = setTimeout(() => room._isKept || its.count > 0 || room.close(), KEPT_FOR);
}

/**
 * Joins, once for all components that use the same words. Unmounted by the last of them, the room
 * is closed after a while, and the seat kept; where it was left, `room.join()` comes back.
 */
export function useRoom<G extends Game = AnyGame>(
    client: Client,
    target: Target,
    how: How = {},
): Room<G> {
    const words = JSON.stringify([target, how]);
    const room = useMemo(() => {
        const found = client._room<G>(...(JSON.parse(words) as [Target, How]));
        use(found, 0); // Some are rendered and never mounted.
        return found;
    }, [client, words]);
    useEffect(() => {
        use(room, 1);
        if (room.state.why === 'closed') void room.join();
        return () => use(room, -1);
    }, [room]);
    return room;
}

/** What `select` gives of the view; undefined until there is one. */
export function useView<G extends Game, T>(
    room: Room<G>,
    select: (view: View<G>) => T,
    equals?: Equals<T | undefined>,
): T | undefined {
    const ofState = ({ view }: RoomState<G>) => (view ? select(view) : undefined);
    return useSelected<RoomState<G>, T | undefined>(room, ofState, equals);
}

export const usePresence = (room: Room): RoomState['presence'] =>
    useSelected(room, (state) => state.presence);

/** Actions of this person without an answer: what to draw as "on its way". */
export const usePending = (room: Room): RoomState['pending'] =>
    useSelected(room, (state) => state.pending);

/** Whole seconds until a timer rings, counted down; null: there is none. */
export function useSecondsLeft<G extends Game>(room: Room<G>, name: string): number | null {
    const [, again] = useReducer((count: number) => count + 1, 0);
    const at = useSelected(room, (state) => state.timers[name]);
    const left = room.timeLeft(name);
    useEffect(() => {
        if (!left) return;
        const timer = setTimeout(again, left % 1000 || 1000);
        return () => clearTimeout(timer);
    }, [at, left]);
    return left === null ? null : Math.ceil(left / 1000);
}
