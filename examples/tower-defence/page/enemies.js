// SPDX-License-Identifier: Apache-2.0
//
// Who comes. Each kind has a shape of its own, not only a colour. Drawn around the ground below its
// feet; `side` is 1 where it looks to the right, -1 to the left; `walk` goes on with each step.

import { ellipse, polygon } from './things.js';

export const SIZES = {
    walker: 24,
    runner: 24,
    brute: 33,
    swarm: 13,
    flyer: 42,
    shaman: 34,
    boss: 52,
};

export function drawEnemy(c, { kind, side, walk, time, frozen, frame }) {
    const wide = { boss: 22, brute: 15, swarm: 7 }[kind] ?? 10;
    ellipse(c, 0, 0, wide, wide * 0.45, 'rgb(10 12 5 / 0.32)');
    c.save();
    c.scale(side, 1);
    DRAWN[kind](c, walk, time);
    c.restore();
    if (frozen) frost(c, wide, SIZES[kind]);
    if (frame) c.restore();
}

function frost(c, wide, high) {
    c.strokeStyle = 'rgb(190 240 255 / 0.95)';
    c.lineWidth = 1.6;
    for (const [x, y] of [
        [-wide * 0.8, -4],
        [wide * 0.8, -4],
        [0, -high * 0.6],
    ]) {
        c.beginPath();
        for (const [dx, dy] of [
            [3, 0],
            [1.5, 2.6],
            [-1.5, 2.6],
        ]) {
            c.moveTo(x - dx, y - dy);
            c.lineTo(x + dx, y + dy);
        }
        c.stroke();
    }
    ellipse(c, 0, -1, wide, wide * 0.45, 'rgb(170 230 255 / 0.45)');
}

function legs(c, walk, gap, long, colour, width = 3.5) {
    c.strokeStyle = colour;
    c.lineWidth = width;
    c.lineCap = 'round';
    for (const sign of [-1, 1]) {
        const swing = Math.sin(walk) * 4 * sign;
        c.beginPath();
        c.moveTo(sign * gap, -long);
        c.lineTo(sign * gap + swing, -Math.max(0, Math.cos(walk) * sign) * 2);
        c.stroke();
    }
    c.lineCap = 'butt';
}

function body(c, y, rx, ry, light, dark) {
    const fill = c.createRadialGradient(-rx * 0.35, y - ry * 0.4, 1, 0, y, Math.max(rx, ry) * 1.15);
    fill.addColorStop(0, light);
    fill.addColorStop(1, dark);
    ellipse(c, 0, y, rx, ry, fill);
    c.strokeStyle = 'rgb(20 10 5 / 0.55)';
    c.lineWidth = 1;
    c.stroke();
}

function eyes(c, x, y, gap = 5, size = 2.3, iris = '#20130a') {
    for (const dx of [0, gap]) {
        ellipse(c, x + dx, y, size, size * 1.15, '#fffdf0');
        ellipse(c, x + dx + size * 0.35, y + 0.2, size * 0.5, size * 0.6, iris);
    }
}

const DRAWN = {
    walker(c, walk) {
        legs(c, walk, 4, 7, '#40602a');
        const y = -14 - Math.abs(Math.sin(walk)) * 1.5;
        body(c, y, 9, 9.5, '#a8d169', '#4c7a2e');
        polygon(
            c,
            [
                [-8, y - 4],
                [-15, y - 8],
                [-7, y + 1],
            ],
            '#6a9a3d',
        );
        polygon(
            c,
            [
                [8, y - 4],
                [14, y - 7],
                [7, y + 1],
            ],
            '#6a9a3d',
        );
        eyes(c, 0, y - 2);
        c.strokeStyle = '#23380f';
        c.lineWidth = 1.2;
        c.beginPath();
        c.moveTo(1, y + 4);
        c.lineTo(6, y + 3);
        c.stroke();
    },
    runner(c, walk) {
        c.save();
        c.rotate(0.14);
        legs(c, walk * 1.4, 3, 9, '#6b3a20', 2.6);
        const y = -15 - Math.abs(Math.sin(walk * 1.4)) * 2.5;
        body(c, y, 11, 6.5, '#f2a55f', '#a85424');
        polygon(
            c,
            [
                [-10, y],
                [-20, y - 5],
                [-9, y - 4],
            ],
            '#a85424',
        );
        polygon(
            c,
            [
                [4, y - 4],
                [1, y - 15],
                [8, y - 6],
            ],
            '#d07a3a',
        );
        polygon(
            c,
            [
                [7, y - 4],
                [7, y - 14],
                [11, y - 4],
            ],
            '#d07a3a',
        );
        eyes(c, 6, y - 2, 3.5, 1.7);
        c.restore();
    },
    brute(c, walk) {
        legs(c, walk, 7, 9, '#4b4450', 5.5);
        const y = -18 - Math.abs(Math.sin(walk)) * 1.2;
        body(c, y, 14, 13, '#b3a4b8', '#5b4d66');
        polygon(
            c,
            [
                [-13, y - 3],
                [0, y - 7],
                [13, y - 3],
                [11, y + 9],
                [-11, y + 9],
            ],
            '#8e97a3',
            '#4a515c',
        );
        c.strokeStyle = '#c7d0da';
        c.lineWidth = 1.6;
        c.beginPath();
        c.moveTo(-11, y - 1);
        c.lineTo(0, y - 5);
        c.lineTo(11, y - 1);
        c.stroke();
        for (const [dx, dy] of [
            [-8, 5],
            [8, 5],
            [0, 0],
        ])
            ellipse(c, dx, y + dy, 1.5, 1.5, '#dfe6ee');
        polygon(
            c,
            [
                [-9, y - 8],
                [-9, y - 15],
                [9, y - 15],
                [10, y - 8],
            ],
            '#78818d',
            '#4a515c',
        );
        c.fillStyle = '#1d1a22';
        c.fillRect(-3, y - 12.5, 12, 3);
        ellipse(c, 2, y - 11, 1.2, 1.2, '#ff7a5c');
        ellipse(c, 6, y - 11, 1.2, 1.2, '#ff7a5c');
    },
    swarm(c, walk) {
        c.strokeStyle = '#2a1630';
        c.lineWidth = 1.2;
        for (const dx of [-4, 0, 4])
            for (const sign of [-1, 1]) {
                c.beginPath();
                c.moveTo(dx, -5);
                c.lineTo(dx + Math.sin(walk * 2 + dx) * 2, -5 + sign * 5);
                c.stroke();
            }
        body(c, -6, 7, 5, '#d06bc4', '#6b2470');
        c.strokeStyle = '#491650';
        c.beginPath();
        c.moveTo(-1, -11);
        c.lineTo(-1, -1);
        c.stroke();
        eyes(c, 4, -8, 2.6, 1.3);
    },
    flyer(c, walk, time) {
        const y = -36 + Math.sin(time * 5 + walk * 0.2) * 2.5;
        const flap = Math.sin(time * 16 + walk);
        for (const sign of [-1, 1])
            polygon(
                c,
                [
                    [sign * 4, y],
                    [sign * 12, y - 8 - flap * 9],
                    [sign * 24, y - 3 - flap * 12],
                    [sign * 18, y + 2 - flap * 6],
                    [sign * 12, y + 2 - flap * 3],
                    [sign * 6, y + 5],
                ],
                sign > 0 ? '#5a6fc0' : '#43559c',
                '#2a3566',
            );
        body(c, y, 7.5, 7, '#8fa2ea', '#3e4f96');
        polygon(
            c,
            [
                [-5, y - 5],
                [-6, y - 12],
                [-1, y - 7],
            ],
            '#3e4f96',
        );
        polygon(
            c,
            [
                [5, y - 5],
                [6, y - 12],
                [1, y - 7],
            ],
            '#3e4f96',
        );
        eyes(c, 0, y - 1, 4.2, 2, '#a01d1d');
        polygon(
            c,
            [
                [2, y + 3],
                [3, y + 6.5],
                [4, y + 3],
            ],
            '#ffffff',
        );
    },
    shaman(c, walk, time) {
        const y = -12 - Math.abs(Math.sin(walk)) * 1;
        polygon(
            c,
            [
                [-10, 0],
                [-6, y - 8],
                [6, y - 8],
                [10, 0],
            ],
            '#2e7d6b',
            '#16453a',
        );
        polygon(
            c,
            [
                [-10, 0],
                [-8, -5],
                [8, -5],
                [10, 0],
            ],
            '#e8c35a',
        );
        body(c, y - 10, 6.5, 6.5, '#b9e2c2', '#4f8a64');
        polygon(
            c,
            [
                [-8, y - 12],
                [0, y - 26],
                [8, y - 12],
                [0, y - 15],
            ],
            '#276a5b',
            '#16453a',
        );
        eyes(c, 0, y - 10, 3.6, 1.7);
        c.strokeStyle = '#6b4526';
        c.lineWidth = 2;
        c.beginPath();
        c.moveTo(11, 0);
        c.lineTo(11, y - 14);
        c.stroke();
        const size = 7 + Math.sin(time * 4) * 1.5;
        const glow = c.createRadialGradient(11, y - 16, 1, 11, y - 16, size * 1.6);
        glow.addColorStop(0, 'rgb(200 255 190 / 0.95)');
        glow.addColorStop(1, 'rgb(90 230 120 / 0)');
        ellipse(c, 11, y - 16, size * 1.6, size * 1.6, glow);
        c.fillStyle = '#eaffdf';
        c.fillRect(10, y - 20, 2, 8);
        c.fillRect(7, y - 17, 8, 2);
    },
    boss(c, walk, time) {
        legs(c, walk * 0.8, 10, 12, '#3c1414', 9);
        const y = -26 - Math.abs(Math.sin(walk * 0.8)) * 2;
        for (const sign of [-1, 1]) {
            c.strokeStyle = '#6e2222';
            c.lineWidth = 8;
            c.lineCap = 'round';
            c.beginPath();
            c.moveTo(sign * 16, y - 2);
            c.lineTo(sign * 22, y + 12 + Math.sin(walk + sign) * 3);
            c.stroke();
            c.lineCap = 'butt';
        }
        body(c, y, 20, 18, '#d8584a', '#5e1616');
        polygon(
            c,
            [
                [-14, y + 4],
                [14, y + 4],
                [10, y + 14],
                [-10, y + 14],
            ],
            '#3a2a22',
            '#1c120c',
        );
        ellipse(c, 0, y + 9, 4, 4, '#e8c35a');
        body(c, y - 15, 12, 10, '#e8685a', '#7e2020');
        for (const sign of [-1, 1])
            polygon(
                c,
                [
                    [sign * 8, y - 21],
                    [sign * 19, y - 27],
                    [sign * 20, y - 38],
                    [sign * 14, y - 29],
                    [sign * 4, y - 24],
                ],
                '#efe3c4',
                '#6b5a35',
            );
        const glow = 0.6 + Math.sin(time * 6) * 0.4;
        for (const dx of [-3, 6]) {
            ellipse(c, dx, y - 16, 3, 2.2, '#2a0808');
            ellipse(c, dx, y - 16, 2, 1.5, `rgb(255 ${200 * glow} 60)`);
        }
        polygon(
            c,
            [
                [-2, y - 9],
                [0, y - 5],
                [2, y - 9],
            ],
            '#fff',
        );
        polygon(
            c,
            [
                [5, y - 9],
                [7, y - 5],
                [9, y - 9],
            ],
            '#fff',
        );
    },
};
