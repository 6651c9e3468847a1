// SPDX-License-Identifier: Apache-2.0
//
// What flies, bursts and fades: never more than a few hundred, and little of it where reduced
// motion is wished for. Places are in tiles with a height in pixels; times in seconds.

import { ellipse, polygon } from './things.js';
import { HALF, project, QUARTER } from './iso.js';

const PARTICLES_MAX = 260;
const FLIGHT = { arrow: 0.14, cannon: 0.26, frost: 0.16, ballista: 0.12 };
const MUZZLE = { arrow: 38, cannon: 28, frost: 38, ballista: 50 };

export class Effects {
    shots = [];
    bits = [];
    rings = [];
    words = [];
    isCalm = false;

    clear() {
        for (const each of [this.shots, this.bits, this.rings, this.words]) each.length = 0;
    }

    // `where()` is asked again while it flies: the target moves.
    shoot(kind, level, from, where, now) {
        if (this.shots.length > 80) return;
        const high = MUZZLE[kind] + level * 5;
        this.shots.push({ kind, level, from, high, where, at: now, until: now + FLIGHT[kind] });
    }

    burst(at, z, colours, count, now, speed = 1) {
        if (this.isCalm) return;
        for (let i = 0; i < count && this.bits.length < PARTICLES_MAX; i++) {
            const angle = Math.random() * 7;
            const fast = (0.4 + Math.random()) * speed;
            this.bits.push({
                ...at,
                z,
                dx: Math.cos(angle) * fast,
                dy: Math.sin(angle) * fast,
                dz: 40 + Math.random() * 60,
                size: 1.5 + Math.random() * 2.2,
                colour: colours[i % colours.length],
                at: now,
                until: now + 0.35 + Math.random() * 0.35,
            });
        }
    }

    ring(at, radius, colour, now, lasts = 0.45) {
        this.rings.push({ ...at, radius, colour, at: now, until: now + lasts });
    }

    say(at, z, text, colour, now) {
        if (this.words.length < 40)
            this.words.push({ ...at, z, text, colour, at: now, until: now + 0.9 });
    }

    land(shot, now) {
        const at = shot.where();
        if (!at) return;
        if (shot.kind === 'cannon') {
            this.ring(at, 0.9 + shot.level * 0.15, '255 190 90', now);
            this.burst(at, 8, ['#ffd27a', '#ff9440', '#6b5a4a'], 12, now, 1.4);
        } else if (shot.kind === 'frost') {
            this.ring(at, 0.8 + shot.level * 0.12, '160 225 255', now, 0.6);
            this.burst(at, 12, ['#e8fbff', '#9fe0ff'], 6, now, 0.8);
        } else {
            this.burst(
                at,
                at.z ?? 14,
                ['#fff3d0', '#d8b070'],
                shot.kind === 'ballista' ? 7 : 3,
                now,
            );
        }
    }

    // Below those who stand: rings on the ground.
    drawBelow(c, now) {
        this.rings = this.rings.filter(({ until }) => until > now);
        for (const ring of this.rings) {
            const part = (now - ring.at) / (ring.until - ring.at);
            const at = project(ring.x, ring.y);
            const r = ring.radius * (0.35 + 0.65 * Math.sqrt(part)) * Math.SQRT2;
            c.lineWidth = 5 * (1 - part) + 0.5;
            c.strokeStyle = `rgb(${ring.colour} / ${0.9 * (1 - part)})`;
            c.fillStyle = `rgb(${ring.colour} / ${0.28 * (1 - part)})`;
            c.beginPath();
            c.ellipse(at.x, at.y, r * HALF, r * QUARTER, 0, 0, 7);
            c.fill();
            c.stroke();
        }
    }

    drawAbove(c, now, passed) {
        for (const shot of this.shots) if (shot.until <= now) this.land(shot, now);
        this.shots = this.shots.filter(({ until }) => until > now);
        for (const shot of this.shots) this.#drawShot(c, shot, now);
        this.bits = this.bits.filter(({ until }) => until > now);
        for (const bit of this.bits) {
            bit.x += bit.dx * passed;
            bit.y += bit.dy * passed;
            bit.z = Math.max(0, bit.z + bit.dz * passed);
            bit.dz -= 220 * passed;
            const at = project(bit.x, bit.y, bit.z);
            c.globalAlpha = Math.min(1, (bit.until - now) * 5);
            c.fillStyle = bit.colour;
            c.fillRect(at.x - bit.size / 2, at.y - bit.size / 2, bit.size, bit.size);
        }
        c.globalAlpha = 1;
        this.#drawWords(c, now);
    }

    #drawShot(c, shot, now) {
        const to = shot.where();
        if (!to) return;
        const part = Math.max(0, (now - shot.at) / (shot.until - shot.at));
        const from = project(shot.from.x, shot.from.y, shot.high);
        const end = project(to.x, to.y, to.z ?? 14);
        const arc = shot.kind === 'cannon' ? 34 : 5;
        const at = (t) => ({
            x: from.x + (end.x - from.x) * t,
            y: from.y + (end.y - from.y) * t - Math.sin(t * Math.PI) * arc,
        });
        const head = at(part);
        if (shot.kind === 'cannon') {
            ellipse(c, head.x, head.y, 5 + shot.level, 5 + shot.level, '#1d1e22');
            ellipse(c, head.x - 1.5, head.y - 1.5, 1.7, 1.7, '#868c96');
            return;
        }
        const tail = at(Math.max(0, part - (shot.kind === 'ballista' ? 0.35 : 0.22)));
        c.lineCap = 'round';
        const [wide, colour] = {
            arrow: [2.2, '#f5e3b5'],
            ballista: [3.6, '#fff1c9'],
            frost: [4, '#c8f2ff'],
        }[shot.kind];
        c.strokeStyle = colour;
        c.lineWidth = wide;
        c.beginPath();
        c.moveTo(tail.x, tail.y);
        c.lineTo(head.x, head.y);
        c.stroke();
        c.lineCap = 'butt';
        if (shot.kind === 'frost')
            polygon(
                c,
                [
                    [head.x, head.y - 6],
                    [head.x + 4, head.y],
                    [head.x, head.y + 6],
                    [head.x - 4, head.y],
                ],
                '#effcff',
            );
    }

    #drawWords(c, now) {
        this.words = this.words.filter(({ until }) => until > now);
        c.font = '700 13px system-ui, sans-serif';
        c.textAlign = 'center';
        for (const word of this.words) {
            const part = (now - word.at) / (word.until - word.at);
            const at = project(word.x, word.y, word.z + (this.isCalm ? 8 : part * 26));
            c.globalAlpha = Math.min(1, (1 - part) * 2);
            c.lineWidth = 3;
            c.strokeStyle = 'rgb(20 15 5 / 0.8)';
            c.strokeText(word.text, at.x, at.y);
            c.fillStyle = word.colour;
            c.fillText(word.text, at.x, at.y);
        }
        c.globalAlpha = 1;
    }
}
