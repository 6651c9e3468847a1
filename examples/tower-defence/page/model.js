// SPDX-License-Identifier: Apache-2.0
//
// Where things are at an instant between two views: pure functions. A view says of an enemy
// where it was (`p`, thousandths of a tile on its way) at a tick (`t`), and how fast it goes (`v` a
// tick); all the rest follows.

export const TICKS = 20; // A second.

// The tick that is drawn now. Views come 20 times a second, more or less; the picture runs a little
// behind them, evenly, and never backwards.
export class Clock {
    #ahead = null; // Ticks minus time, smoothed.
    #drawn = 0;
    #last = 0;
    delay = 2;

    see(tick, now) {
        const ahead = tick - (now / 1000) * TICKS;
        const isFar = this.#ahead === null || Math.abs(ahead - this.#ahead) > TICKS;
        this.#ahead = isFar ? ahead : this.#ahead + (ahead - this.#ahead) * 0.08;
        // Another game, or one that was away for long; a little way back it stands still instead.
        if (isFar && Math.abs(tick - this.#drawn) > TICKS) this.#drawn = tick - this.delay;
        this.#last = tick;
    }

    // At most 3 ticks beyond the last view: where none come, all stands still.
    tickAt(now) {
        if (this.#ahead === null) return 0;
        const due = (now / 1000) * TICKS + this.#ahead - this.delay;
        this.#drawn = Math.max(this.#drawn, Math.min(due, this.#last + 3));
        return this.#drawn;
    }
}

export function lengthOf(way, flies) {
    if (!flies) return (way.length - 1) * 1000;
    const [first, last] = [way[0], way.at(-1)];
    return Math.hypot(last.x - first.x, last.y - first.y) * 1000;
}

export function progressOf(enemy, tick) {
    return Math.max(0, enemy.p + enemy.v * (tick - enemy.t));
}

// On the map, in tiles, and where it looks; `aside` is how far it goes beside the middle.
export function pointOn(way, flies, progress, aside = 0) {
    const gone = Math.min(progress, lengthOf(way, flies)) / 1000;
    if (flies) return between(way[0], way.at(-1), (gone * 1000) / lengthOf(way, true), aside);
    const index = Math.min(Math.floor(gone), way.length - 2);
    const here = between(way[index], way[index + 1], gone - index, aside);
    // Corners are cut, so that nobody jumps from one side to the other.
    const rest = gone - index;
    const other = rest < 0.5 ? way[index - 1] : way[index + 2];
    if (!other) return here;
    const turn =
        rest < 0.5
            ? between(other, way[index], 1, aside)
            : between(way[index + 1], other, 0, aside);
    const share = Math.abs(rest - 0.5); // 0.5 at the corner, where both count alike.
    return {
        x: here.x * (1 - share) + (turn.x + alongX(here, way, index, rest)) * share,
        y: here.y * (1 - share) + (turn.y + alongY(here, way, index, rest)) * share,
        dx: here.dx * (1 - share) + turn.dx * share,
        dy: here.dy * (1 - share) + turn.dy * share,
    };
}

// From the corner to where one is, without what is aside.
function alongX(here, way, index, rest) {
    const [from, to] = [way[index], way[index + 1]];
    return (to.x - from.x) * (rest < 0.5 ? rest : rest - 1);
}
function alongY(here, way, index, rest) {
    const [from, to] = [way[index], way[index + 1]];
    return (to.y - from.y) * (rest < 0.5 ? rest : rest - 1);
}

function between(from, to, part, aside) {
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length = Math.hypot(dx, dy) || 1;
    return {
        x: from.x + dx * part - (dy / length) * aside,
        y: from.y + dy * part + (dx / length) * aside,
        dx: dx / length,
        dy: dy / length,
    };
}

// Of a view's tables, by what each is known by.
export function enemiesOf(game) {
    return new Map(Object.values(game.enemies).map((enemy) => [enemy.n, enemy]));
}

export function towersOf(game) {
    return Object.values(game.towers);
}

export function towerAt(game, tile) {
    return towersOf(game).find(({ x, y }) => x === tile.x && y === tile.y) ?? null;
}

// What the tile (x, y) is.
export function groundAt(book, { x, y }) {
    if (x < 0 || y < 0 || x >= book.width || y >= book.height) return 'outside';
    for (const way of book.ways) {
        const index = way.findIndex((tile) => tile.x === x && tile.y === y);
        if (index === way.length - 1) return 'castle';
        if (index >= 0) return 'way';
    }
    return { '.': 'free', '~': 'water', '^': 'rock', t: 'wood' }[book.ground[y][x]];
}

// Why this player cannot build this here now; empty: it can be done.
export function whyNotBuild({ book, game, seat }, kind, tile) {
    const cost = book.towers[kind].levels[0].cost;
    if (tile) {
        const ground = groundAt(book, tile);
        if (ground === 'way') return 'enemies walk here';
        if (ground !== 'free') return 'not on free ground';
        if (towerAt(game, tile)) return 'a tower stands here';
    }
    if (towersOf(game).length >= book.towers_most) return 'no more towers';
    const short = cost - game.gold[seat];
    return short > 0 ? `${short} gold short` : '';
}

export function priceOf(book, tower) {
    const kind = book.towers.find(({ kind }) => kind === tower.k);
    const spent = kind.levels.slice(0, tower.l + 1).reduce((sum, { cost }) => sum + cost, 0);
    return Math.floor((spent * 7) / 10);
}

// What each player gets for calling the next wave now.
export function earlyGold(game) {
    return game.wave === 0 ? 0 : Math.floor(Math.max(0, game.next_wave_at - game.tick) / TICKS);
}

// What became of enemies that are in one view and not in the next: they fell, or arrived.
export function gone(before, after, book) {
    const still = enemiesOf(after);
    return [...enemiesOf(before).values()]
        .filter(({ n }) => !still.has(n))
        .map((enemy) => {
            const kind = book.enemies.find(({ kind }) => kind === enemy.k);
            const length = lengthOf(book.ways[enemy.w], kind.flies);
            const arrived =
                after.lives < before.lives && progressOf(enemy, after.tick) >= length - 1;
            return { enemy, arrived };
        });
}
