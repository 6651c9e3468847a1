// SPDX-License-Identifier: Apache-2.0
//
// The picture of the field, sixty times a second: what views say, at the instant between two of
// them. It knows nothing of the network and of the controls around it.

import { drawEnemy, SIZES } from './enemies.js';
import { Effects } from './effects.js';
import { diamond, drawGround } from './ground.js';
import { Camera, HALF, project, QUARTER } from './iso.js';
import {
    Clock,
    enemiesOf,
    gone,
    groundAt,
    pointOn,
    progressOf,
    towerAt,
    towersOf,
    whyNotBuild,
} from './model.js';
import { castle, gate, rock, SEATS, shadow, tower, wood } from './things.js';

const COIN = '#ffd75e';

export class Field {
    camera = new Camera();
    effects = new Effects();
    clock = new Clock();
    game = null; // The newest view of the game.
    book = null;
    choice = { tile: null, kind: null, seat: null, isPointing: false };
    turns = new Map(); // Where towers look, by tile.
    seen = new Map(); // Enemies by serial number, as they are drawn.
    lastFrame = 0;

    constructor(canvas) {
        this.canvas = canvas;
        this.c = canvas.getContext('2d');
    }

    open(book, game) {
        Object.assign(this, { book, game: null, clock: new Clock() });
        this.effects.clear();
        this.seen.clear();
        this.ground = null;
        this.standing = standingOf(book);
        this.show(game, performance.now());
    }

    // A new view.
    show(game, now) {
        const before = this.game;
        this.game = game;
        if (game.phase !== 'waiting') this.clock.see(game.tick, now);
        const at = now / 1000;
        const isNear = before && game.tick - before.tick < 40 && game.tick >= before.tick;
        if (!isNear) return void this.seen.clear();
        for (const { enemy, arrived } of gone(before, game, this.book))
            this.#leave(enemy, arrived, at);
        this.#noticeShots(before, at);
    }

    #leave({ n, k }, arrived, at) {
        const was = this.seen.get(n);
        this.seen.delete(n);
        if (!was) return;
        if (arrived) {
            const { x, y } = this.book.ways[0].at(-1);
            this.effects.ring({ x, y }, 1.6, '255 70 60', at, 0.7);
            this.effects.say({ x, y }, 60, `−${this.#kind(k).lives} ♥`, '#ff8f85', at);
            return;
        }
        const colours = { boss: ['#ff8a5c', '#ffd75e', '#fff'], swarm: ['#d06bc4'] };
        this.effects.burst(
            was,
            was.z,
            colours[k] ?? ['#e8e2c8', '#a9c46c', COIN],
            k === 'boss' ? 50 : k === 'swarm' ? 5 : 9,
            at,
            k === 'boss' ? 2.2 : 1,
        );
        if (k !== 'swarm') this.effects.say(was, was.z + 10, `+${this.#kind(k).bounty}`, COIN, at);
    }

    #noticeShots(before, at) {
        const old = new Map(towersOf(before).map((one) => [`${one.x} ${one.y}`, one]));
        const serials = new Map(
            [...enemiesOf(before), ...enemiesOf(this.game)].map(([n, one]) => [n, one]),
        );
        for (const one of towersOf(this.game)) {
            const place = `${one.x} ${one.y}`;
            const was = old.get(place);
            if (!was) this.effects.ring(one, 0.8, '255 240 190', at);
            else if (was.l !== one.l) {
                this.effects.ring(one, 0.9, '255 220 110', at, 0.7);
                this.effects.burst(one, 30, [COIN, '#fff6d0'], 16, at);
            }
            const target = serials.get(one.e);
            if (was && one.f !== was.f && target) this.#shot(one, place, target, at);
        }
    }

    #shot(one, place, target, at) {
        // Where it was seen last; and where it is, as long as it is there.
        let last = this.seen.get(target.n) ?? this.#placeOf(target, this.game.tick);
        const where = () => (last = this.seen.get(target.n) ?? last);
        const [from, to] = [project(one.x, one.y), project(last.x, last.y)];
        this.turns.set(place, { turn: Math.atan2((to.y - from.y) / 0.55, to.x - from.x), at });
        this.effects.shoot(one.k, one.l, one, where, at);
    }

    #kind(name) {
        return this.book.enemies.find(({ kind }) => kind === name);
    }

    #placeOf(enemy, tick) {
        const { flies, speed } = this.#kind(enemy.k);
        const progress = progressOf(enemy, tick);
        const point = pointOn(this.book.ways[enemy.w], flies, progress, enemy.o / 1000);
        const z = flies ? 44 : SIZES[enemy.k] * 0.55;
        return { ...point, z, progress, frozen: enemy.v < speed };
    }

    resize(covered) {
        const { clientWidth, clientHeight } = this.canvas;
        const ratio = Math.min(devicePixelRatio || 1, 2);
        if (
            this.canvas.width !== Math.round(clientWidth * ratio) ||
            this.canvas.height !== Math.round(clientHeight * ratio)
        ) {
            this.canvas.width = Math.round(clientWidth * ratio);
            this.canvas.height = Math.round(clientHeight * ratio);
        }
        this.ratio = ratio;
        if (this.book) this.camera.fit(this.book, clientWidth, clientHeight, covered);
    }

    // The tower whose picture is at a point of the screen: the foremost one.
    towerUnder(point) {
        const at = this.camera.toMap(point);
        const found = towersOf(this.game).filter((one) => {
            const { x, y } = project(one.x, one.y);
            const high = { arrow: 50, cannon: 30, frost: 46, ballista: 52, beacon: 50 }[one.k];
            return Math.abs(at.x - x) < 15 && at.y - y < 9 && y - at.y < high + one.l * 5;
        });
        return found.sort((a, b) => b.x + b.y - (a.x + a.y))[0] ?? null;
    }

    // ---- A frame

    draw(now) {
        if (!this.book || !this.game) return;
        const seconds = now / 1000;
        const passed = Math.min(0.1, seconds - this.lastFrame);
        this.lastFrame = seconds;
        const tick = this.clock.tickAt(now);
        const { c, camera, ratio } = this;
        c.setTransform(1, 0, 0, 1, 0, 0);
        c.clearRect(0, 0, this.canvas.width, this.canvas.height);
        const scale = camera.scale * ratio;
        const origin = camera.toScreen({ x: 0, y: 0 });
        c.setTransform(scale, 0, 0, scale, origin.x * ratio, origin.y * ratio);
        this.#drawLand(scale);
        this.#drawWaves(seconds);
        this.#drawChoice(seconds);
        this.effects.drawBelow(c, seconds);
        this.#place(tick);
        for (const thing of this.#things(seconds)) {
            const at = project(thing.x, thing.y);
            c.save();
            c.translate(at.x, at.y);
            thing.draw(c);
            c.restore();
        }
        this.#drawBars();
        this.effects.drawAbove(c, seconds, passed);
    }

    #drawLand(scale) {
        const { book } = this;
        const [left, top] = [-book.height * 32 - 90, -90];
        const wide = (book.width + book.height) * 32 + 180;
        const high = (book.width + book.height) * QUARTER + 240;
        const zoom = Math.min(scale, 4096 / wide);
        if (!this.ground || this.ground.zoom !== zoom || this.ground.tilt !== QUARTER) {
            const canvas = document.createElement('canvas');
            canvas.width = Math.ceil(wide * zoom);
            canvas.height = Math.ceil(high * zoom);
            const c = canvas.getContext('2d');
            c.setTransform(zoom, 0, 0, zoom, -left * zoom, -top * zoom);
            drawGround(c, book, this.game.options.map);
            this.ground = { canvas, zoom, tilt: QUARTER };
            this.stills = stillsOf(this.standing.things, zoom);
        }
        this.c.drawImage(this.ground.canvas, left, top, wide, high);
    }

    // On the water.
    #drawWaves(seconds) {
        if (this.effects.isCalm) return;
        this.c.lineWidth = 1.2;
        for (const { x, y } of this.standing.water) {
            const at = project(x, y);
            const sway = Math.sin(seconds * 1.3 + x * 2.1 + y * 3.3);
            this.c.strokeStyle = `rgb(225 245 255 / ${0.25 + sway * 0.15})`;
            this.c.beginPath();
            this.c.moveTo(at.x - 9 + sway * 3, at.y + 2);
            this.c.quadraticCurveTo(at.x + sway * 3, at.y - 1, at.x + 9 + sway * 3, at.y + 2);
            this.c.stroke();
        }
    }

    #drawChoice(seconds) {
        const { c, book, game } = this;
        const { tile, kind, seat, isPointing } = this.choice;
        if (!tile || groundAt(book, tile) === 'outside') return;
        const stands = towerAt(game, tile);
        const shown = stands?.k ?? kind;
        const why =
            stands || !kind || seat === null
                ? ''
                : whyNotBuild({ book, game, seat }, kindIndex(book, kind), tile);
        const ground = groundAt(book, tile);
        const isGood = stands || (ground === 'free' && !why);
        const pulse = this.effects.isCalm ? 0.7 : 0.62 + Math.sin(seconds * 5) * 0.12;
        if (shown && (stands || ground === 'free')) {
            const stats = book.towers[kindIndex(book, shown)].levels;
            const range = stats[stands?.l ?? 0].range / 1000;
            const at = project(tile.x, tile.y);
            c.fillStyle = isGood ? 'rgb(255 255 240 / 0.13)' : 'rgb(255 90 70 / 0.12)';
            c.strokeStyle = isGood ? 'rgb(255 255 240 / 0.75)' : 'rgb(255 120 100 / 0.8)';
            c.lineWidth = 1.6;
            c.setLineDash([7, 5]);
            c.beginPath();
            c.ellipse(at.x, at.y, range * HALF * Math.SQRT2, range * QUARTER * Math.SQRT2, 0, 0, 7);
            c.fill();
            c.stroke();
            c.setLineDash([]);
        }
        diamond(c, tile.x, tile.y, 0, 0.94);
        c.fillStyle = isGood ? `rgb(255 250 200 / ${pulse * 0.4})` : 'rgb(255 70 50 / 0.35)';
        c.fill();
        c.lineWidth = isPointing ? 1.6 : 2.6;
        c.strokeStyle = isGood ? `rgb(255 250 210 / ${pulse + 0.25})` : '#ff8a78';
        c.stroke();
        if (!isGood) cross(c, tile);
    }

    #place(tick) {
        const alive = new Set();
        for (const enemy of Object.values(this.game.enemies)) {
            if (enemy.t > tick + 3) continue;
            const place = this.#placeOf(enemy, tick);
            const was = this.seen.get(enemy.n);
            // A change of speed reaches us late: what it moved is made up for softly.
            if (was && Math.abs(place.progress - was.progress) < 600) {
                const step = (place.progress - was.progress) * 0.5;
                const smooth = { ...enemy, t: tick, p: was.progress + Math.max(0, step), v: 0 };
                Object.assign(place, this.#placeOf(smooth, tick), { frozen: place.frozen });
            }
            const looks = place.dx - place.dy;
            const side = Math.abs(looks) < 0.2 ? (was?.side ?? 1) : looks > 0 ? 1 : -1;
            this.seen.set(enemy.n, { ...place, side, enemy });
            alive.add(enemy.n);
        }
        for (const n of this.seen.keys()) if (!alive.has(n)) this.seen.delete(n);
    }

    // All that stands or walks, from the back to the front.
    #things(seconds) {
        const { book, game } = this;
        const time = this.effects.isCalm ? 0 : seconds;
        const things = [...this.stills];
        for (const way of book.ways) things.push({ ...way[0], draw: (c) => gate(c, time) });
        const share = game.lives / book.lives;
        things.push({ ...book.ways[0].at(-1), draw: (c) => castle(c, time, share) });
        for (const one of towersOf(game)) {
            const { turn = 0.6, at = 0 } = this.turns.get(`${one.x} ${one.y}`) ?? {};
            const kick = Math.max(0, 1 - (seconds - at) * 4);
            const what = { kind: one.k, level: one.l, seat: one.s, turn, kick, time };
            things.push({ x: one.x, y: one.y, draw: (c) => tower(c, what) });
        }
        for (const { x, y, side, frozen, progress, enemy } of this.seen.values()) {
            const walk = this.effects.isCalm ? 0 : progress / 75;
            const what = { kind: enemy.k, side, walk, time, frozen };
            things.push({ x, y, draw: (c) => drawEnemy(c, what) });
        }
        const { tile, kind, seat } = this.choice;
        if (
            tile &&
            kind &&
            seat !== null &&
            groundAt(book, tile) === 'free' &&
            !towerAt(game, tile)
        )
            things.push({
                ...tile,
                draw: (c) => {
                    c.globalAlpha = 0.6;
                    tower(c, { kind, level: 0, seat, turn: 0.6, time });
                },
            });
        return things.sort((a, b) => a.x + a.y - (b.x + b.y));
    }

    // Health, over everything, where something is missing.
    #drawBars() {
        const { c } = this;
        for (const { x, y, enemy } of this.seen.values()) {
            if (enemy.h >= enemy.m && enemy.k !== 'boss') continue;
            const wide = enemy.k === 'boss' ? 46 : enemy.k === 'swarm' ? 14 : 22;
            const at = project(x, y, SIZES[enemy.k] + 8);
            const part = Math.max(0.04, enemy.h / enemy.m);
            c.fillStyle = 'rgb(15 10 5 / 0.8)';
            c.fillRect(at.x - wide / 2 - 1, at.y - 1, wide + 2, enemy.k === 'boss' ? 7 : 5);
            c.fillStyle = part > 0.5 ? '#7ed957' : part > 0.25 ? '#ffc845' : '#ff6b5c';
            c.fillRect(at.x - wide / 2, at.y, wide * part, enemy.k === 'boss' ? 5 : 3);
        }
    }

    // Somebody says "look here".
    ping(seat, tile) {
        const now = performance.now() / 1000;
        const colour = { 0: '86 180 233', 1: '240 180 41', 2: '56 196 150', 3: '224 139 189' }[
            seat
        ];
        for (const wait of [0, 0.35, 0.7])
            this.effects.ring(tile, 1.2 + wait, colour, now, 1 + wait);
        this.effects.say(tile, 34, `${SEATS[seat].mark} !`, SEATS[seat].colour, now);
    }
}

export function kindIndex(book, kind) {
    return book.towers.findIndex((one) => one.kind === kind);
}

function cross(c, tile) {
    const at = project(tile.x, tile.y);
    c.lineWidth = 3;
    c.beginPath();
    c.moveTo(at.x - 10, at.y - 5);
    c.lineTo(at.x + 10, at.y + 5);
    c.moveTo(at.x + 10, at.y - 5);
    c.lineTo(at.x - 10, at.y + 5);
    c.stroke();
}

// Pictures of what never moves: painted once for each size.
function stillsOf(things, zoom) {
    return things.map(({ x, y, draw }) => {
        const canvas = document.createElement('canvas');
        canvas.width = Math.ceil(80 * zoom);
        canvas.height = Math.ceil(90 * zoom);
        const c = canvas.getContext('2d');
        c.setTransform(zoom, 0, 0, zoom, 40 * zoom, 70 * zoom);
        draw(c);
        return { x, y, draw: (to) => to.drawImage(canvas, -40, -70, 80, 90) };
    });
}

function standingOf(book) {
    const things = [];
    const water = [];
    for (let y = 0; y < book.height; y++)
        for (let x = 0; x < book.width; x++) {
            const ground = groundAt(book, { x, y });
            if (ground === 'water') water.push({ x, y });
            if (ground === 'wood') things.push({ x, y, draw: (c) => wood(c, x, y) });
            if (ground === 'rock') things.push({ x, y, draw: (c) => rock(c, x, y) });
        }
    return { things, water };
}

// A small picture of a tower, for buttons.
export function portrait(canvas, kind, seat, level = 0) {
    const ratio = 2;
    canvas.width = 44 * ratio;
    canvas.height = 48 * ratio;
    const c = canvas.getContext('2d');
    c.setTransform(ratio * 0.58, 0, 0, ratio * 0.58, 22 * ratio, 41 * ratio);
    c.save();
    shadow(c, 0);
    tower(c, { kind, level, seat, turn: -0.5, time: 1 });
    c.restore();
}
