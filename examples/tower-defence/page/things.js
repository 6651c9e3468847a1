// SPDX-License-Identifier: Apache-2.0
//
// What stands on the land: woods, rocks, the gate, the castle and towers. Drawn around (0, 0), the
// middle of a tile's ground, at a scale of 1.

import { noise, shade } from './ground.js';

// Okabe and Ito's colours, which colour-blind people can tell apart; and a shape for each.
export const SEATS = [
    { colour: '#56b4e9', dark: '#0072b2', mark: '●' },
    { colour: '#f0b429', dark: '#b36f00', mark: '▲' },
    { colour: '#38c496', dark: '#00795a', mark: '■' },
    { colour: '#e08bbd', dark: '#a8447f', mark: '◆' },
];

export function ellipse(c, x, y, rx, ry, fill) {
    c.fillStyle = fill;
    c.beginPath();
    c.ellipse(x, y, rx, ry, 0, 0, Math.PI * 2);
    c.fill();
}

export function polygon(c, points, fill, stroke) {
    c.beginPath();
    points.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
    c.closePath();
    if (fill) {
        c.fillStyle = fill;
        c.fill();
    }
    if (stroke) {
        c.strokeStyle = stroke;
        c.stroke();
    }
}

export function shadow(c, rx, ry = rx / 2, y = 0) {
    ellipse(c, 2, y + 1, rx, ry, 'rgb(10 15 5 / 0.3)');
}

function sideLit(c, x0, x1, colour) {
    const fill = c.createLinearGradient(x0, 0, x1, 0);
    fill.addColorStop(0, shade(colour, 0.22));
    fill.addColorStop(0.45, colour);
    fill.addColorStop(1, shade(colour, -0.38));
    return fill;
}

// A round wall from y0 up to y1, r0 wide below and r1 above.
export function drum(c, r0, r1, y0, y1, colour, top = shade(colour, 0.15)) {
    c.fillStyle = sideLit(c, -r0, r0, colour);
    c.beginPath();
    c.moveTo(-r1, y1);
    c.lineTo(-r0, y0);
    c.ellipse(0, y0, r0, r0 / 2, 0, Math.PI, 0, true);
    c.lineTo(r1, y1);
    c.closePath();
    c.fill();
    ellipse(c, 0, y1, r1, r1 / 2, top);
}

function cone(c, r, y0, y1, colour) {
    c.fillStyle = sideLit(c, -r, r, colour);
    c.beginPath();
    c.moveTo(0, y1);
    c.lineTo(-r, y0);
    c.ellipse(0, y0, r, r / 2, 0, Math.PI, 0, true);
    c.closePath();
    c.fill();
}

export function wood(c, x, y) {
    const tall = 1 + noise(x, y, 3) * 0.3;
    const trees = [
        [-13, 3, 0.75],
        [12, 5, 0.8],
        [0, -2, 1.05],
    ];
    for (const [dx, dy, size] of trees.sort((a, b) => a[1] - b[1])) {
        c.save();
        c.translate(dx, dy);
        c.scale(size * tall, size * tall);
        shadow(c, 12, 6);
        drum(c, 3, 2.5, 0, -8, '#6b4a2b');
        cone(c, 14, -7, -28, '#2f6b3a');
        cone(c, 11.5, -17, -37, '#37793f');
        cone(c, 8, -27, -45, '#438a49');
        c.restore();
    }
}

export function rock(c, x, y) {
    shadow(c, 26, 12);
    const t = noise(x, y, 5) * 8;
    polygon(
        c,
        [
            [-25, 3],
            [-15, -18 - t],
            [-2, -26 - t],
            [4, 10],
        ],
        '#8d9094',
    );
    polygon(
        c,
        [
            [4, 10],
            [-2, -26 - t],
            [13, -19],
            [25, 2],
        ],
        '#63666c',
    );
    polygon(
        c,
        [
            [-15, -18 - t],
            [-2, -26 - t],
            [13, -19],
            [0, -12],
        ],
        '#b3b6b8',
    );
}

// Where they come from.
export function gate(c, time) {
    shadow(c, 24, 12);
    const fill = c.createRadialGradient(0, -22, 2, 0, -22, 24);
    fill.addColorStop(0, '#ffd9ff');
    fill.addColorStop(0.35, '#b04ad8');
    fill.addColorStop(1, '#2b0f3d');
    c.fillStyle = fill;
    c.beginPath();
    c.ellipse(0, -22, 15, 23, 0, 0, 7);
    c.fill();
    c.strokeStyle = 'rgb(255 220 255 / 0.6)';
    c.lineWidth = 1.5;
    for (let i = 0; i < 3; i++) {
        const turn = time * 1.4 + (i * Math.PI * 2) / 3;
        c.beginPath();
        c.ellipse(0, -22, 4 + i * 3.6, 7 + i * 5, turn, 0, 2.2);
        c.stroke();
    }
    c.strokeStyle = '#4a4752';
    c.lineWidth = 5;
    c.beginPath();
    c.ellipse(0, -22, 17, 25, 0, 0, 7);
    c.stroke();
    c.strokeStyle = '#7d7889';
    c.lineWidth = 1.5;
    c.beginPath();
    c.ellipse(-1, -23, 19, 27, 0, Math.PI * 0.8, Math.PI * 1.6);
    c.stroke();
}

export function castle(c, time, share) {
    shadow(c, 34, 17);
    const stone = '#c9c2b4';
    const corner = (x, y, high) => {
        c.save();
        c.translate(x, y);
        drum(c, 9, 8, 0, -high, stone);
        drum(c, 10.5, 10.5, -high, -high - 6, shade(stone, 0.1));
        cone(c, 11, -high - 6, -high - 24, '#a8402f');
        c.restore();
    };
    corner(0, -15, 30);
    corner(-27, -2, 26);
    polygon(
        c,
        [
            [-27, 4],
            [-27, -20],
            [0, -7],
            [0, 18],
        ],
        shade(stone, 0.02),
    );
    polygon(
        c,
        [
            [0, 18],
            [0, -7],
            [27, -20],
            [27, 4],
        ],
        shade(stone, -0.3),
    );
    for (let i = 0; i < 4; i++) {
        polygon(
            c,
            [
                [-26 + i * 7, -20 + i * 3.4],
                [-22 + i * 7, -18 + i * 3.4],
                [-22 + i * 7, -23 + i * 3.4],
                [-26 + i * 7, -25 + i * 3.4],
            ],
            shade(stone, 0.1),
        );
        polygon(
            c,
            [
                [2 + i * 7, -8 - i * 3.4],
                [6 + i * 7, -10 - i * 3.4],
                [6 + i * 7, -15 - i * 3.4],
                [2 + i * 7, -13 - i * 3.4],
            ],
            shade(stone, -0.25),
        );
    }
    polygon(
        c,
        [
            [-18, 9],
            [-18, -4],
            [-13, -8],
            [-8, 0],
            [-8, 14],
        ],
        '#4b3524',
    );
    corner(27, -2, 26);
    corner(0, 12, 38);
    const wave = Math.sin(time * 4) * 2;
    c.strokeStyle = '#4a3a2a';
    c.lineWidth = 1.5;
    c.beginPath();
    c.moveTo(0, -48);
    c.lineTo(0, -66);
    c.stroke();
    const flag = share > 0.5 ? '#f2c14e' : share > 0.25 ? '#f08a3c' : '#e04a3f';
    polygon(
        c,
        [
            [0, -66],
            [16, -63 + wave],
            [13, -59 + wave],
            [16, -55 + wave],
            [0, -57],
        ],
        flag,
    );
}

// ---- Towers. `turn`: where its weapon looks, on the screen; `kick`: 1 right after a shot, then 0.

export function tower(c, { kind, level, seat, turn = 0, kick = 0, time = 0 }) {
    shadow(c, 21, 11);
    const team = SEATS[seat] ?? SEATS[0];
    drum(c, 20, 18, 4, -3, '#8b8578');
    c.strokeStyle = team.dark;
    c.lineWidth = 3.5;
    c.beginPath();
    c.ellipse(0, 0.5, 19, 9.5, 0, 0.05, Math.PI - 0.05);
    c.stroke();
    c.strokeStyle = team.colour;
    c.lineWidth = 1.8;
    c.stroke();
    c.save();
    c.translate(0, -3);
    DRAWN[kind](c, level, team, turn, kick, time);
    c.restore();
    for (let i = 0; i <= level && level > 0; i++)
        polygon(c, star((i - level / 2) * 9, 10, 4.2), '#ffe08a', '#6b4a10');
}

function star(x, y, r) {
    return Array.from({ length: 10 }, (_, i) => {
        const angle = (i * Math.PI) / 5 - Math.PI / 2;
        const far = i % 2 ? r * 0.45 : r;
        return [x + Math.cos(angle) * far, y + Math.sin(angle) * far];
    });
}

const DRAWN = {
    arrow(c, level, team, turn, kick) {
        const high = 24 + level * 6;
        drum(c, 12, 10, 0, -high, '#9a6b3f');
        c.strokeStyle = 'rgb(50 28 10 / 0.5)';
        c.lineWidth = 1;
        for (const x of [-7, -2, 4, 8]) {
            c.beginPath();
            c.moveTo(x * 1.1, 4);
            c.lineTo(x * 0.95, -high + 4);
            c.stroke();
        }
        drum(c, 14, 14, -high, -high - 7, '#7d5330', '#4a3018');
        bow(c, 0, -high - 10, turn, kick, 9, '#e9d9b0');
        for (const x of [-11, 11]) {
            c.fillStyle = '#5f3f22';
            c.fillRect(x - 1.2, -high - 20, 2.4, 16);
        }
        cone(c, 16, -high - 18, -high - 36 - level * 3, team.dark);
        polygon(
            c,
            [
                [0, -high - 36 - level * 3],
                [0, -high - 46 - level * 3],
                [9, -high - 42 - level * 3],
            ],
            team.colour,
        );
    },
    cannon(c, level, team, turn, kick) {
        const high = 13 + level * 4;
        drum(c, 17, 15, 0, -high, '#7c7f86');
        c.strokeStyle = 'rgb(20 20 30 / 0.35)';
        c.lineWidth = 1;
        c.beginPath();
        c.ellipse(0, -high / 2, 16, 8, 0, 0, Math.PI);
        c.stroke();
        drum(c, 16, 16, -high, -high - 5, '#90939a', '#5b5e66');
        const [dx, dy] = [Math.cos(turn), Math.sin(turn) * 0.55];
        const back = kick * 6;
        const long = 21 + level * 3;
        const y = -high - 11;
        ellipse(c, 0, y + 3, 10, 6, team.dark);
        c.lineCap = 'round';
        const tube = (width, style, from, to) => {
            c.strokeStyle = style;
            c.lineWidth = width;
            c.beginPath();
            c.moveTo(dx * (from - back), y + dy * (from - back));
            c.lineTo(dx * (to - back), y + dy * (to - back));
            c.stroke();
        };
        tube(13 + level * 1.5, '#26282e', -5, long);
        tube(9 + level, '#454952', -5, long - 1);
        tube(14 + level * 1.5, '#1c1d22', long - 2, long);
        if (kick > 0.6) ellipse(c, dx * (long + 5), y + dy * (long + 5), 9, 8, '#ffdf8a');
        c.lineCap = 'butt';
    },
    frost(c, level, team, turn, kick, time) {
        drum(c, 13, 9, 0, -12, '#7fa6b8', '#d5eef7');
        drum(c, 11, 11, -12, -15, team.dark, team.colour);
        const float = Math.sin(time * 2.2) * 2;
        const glow = c.createRadialGradient(0, -34, 2, 0, -34, 26 + kick * 14);
        glow.addColorStop(0, `rgb(190 240 255 / ${0.6 + kick * 0.4})`);
        glow.addColorStop(1, 'rgb(120 210 255 / 0)');
        ellipse(c, 0, -34, 26 + kick * 14, 26 + kick * 14, glow);
        const crystal = (x, y, s) => {
            polygon(
                c,
                [
                    [x, y - 19 * s],
                    [x - 8 * s, y - 4 * s],
                    [x, y + 11 * s],
                ],
                '#e6fbff',
            );
            polygon(
                c,
                [
                    [x, y - 19 * s],
                    [x + 8 * s, y - 4 * s],
                    [x, y + 11 * s],
                ],
                '#5fc4ea',
            );
            polygon(
                c,
                [
                    [x, y - 4 * s],
                    [x - 8 * s, y - 4 * s],
                    [x, y + 11 * s],
                ],
                '#a9e6fb',
            );
        };
        if (level > 0) crystal(-11, -25 - float, 0.6);
        if (level > 1) crystal(11, -27 + float * 0.5, 0.65);
        crystal(0, -33 + float, 1 + level * 0.1);
    },
    ballista(c, level, team, turn, kick) {
        const high = 30 + level * 7;
        drum(c, 14, 11, 0, -high, '#a9a294');
        c.fillStyle = 'rgb(30 25 20 / 0.55)';
        for (const y of [-high * 0.35, -high * 0.68]) c.fillRect(-4, y - 4, 3, 8);
        drum(c, 12.5, 12.5, -high * 0.52, -high * 0.52 - 4, team.dark, team.dark);
        drum(c, 11, 15, -high, -high - 8, '#bdb6a6', '#8d8678');
        for (let i = 0; i < 5; i++) drumStone(c, Math.PI * (0.1 + i * 0.2), 14, -high - 8);
        bow(c, 0, -high - 14, turn, kick, 18 + level * 2, '#f0e2bb', 3.2);
    },
    beacon(c, level, team, turn, kick, time) {
        polygon(
            c,
            [
                [-11, 2],
                [-7, -30],
                [0, -26],
                [0, 7],
            ],
            '#d8cdb8',
        );
        polygon(
            c,
            [
                [0, 7],
                [0, -26],
                [7, -30],
                [11, 2],
            ],
            '#988c78',
        );
        polygon(
            c,
            [
                [-7, -30],
                [0, -34],
                [7, -30],
                [0, -26],
            ],
            '#efe7d6',
        );
        polygon(
            c,
            [
                [-9.6, -8],
                [-8.5, -16],
                [0, -11],
                [0, -3],
            ],
            team.colour,
        );
        polygon(
            c,
            [
                [0, -3],
                [0, -11],
                [8.5, -16],
                [9.6, -8],
            ],
            team.dark,
        );
        const size = 1 + level * 0.28 + Math.sin(time * 9) * 0.06;
        const glow = c.createRadialGradient(0, -42, 2, 0, -42, 32 * size);
        glow.addColorStop(0, 'rgb(255 210 110 / 0.75)');
        glow.addColorStop(1, 'rgb(255 170 60 / 0)');
        ellipse(c, 0, -42, 32 * size, 32 * size, glow);
        const flame = (w, h, fill, sway) => {
            c.fillStyle = fill;
            c.beginPath();
            c.moveTo(-w * size, -34);
            c.quadraticCurveTo(-w * size, -34 - h * 0.5 * size, sway, -34 - h * size);
            c.quadraticCurveTo(w * size, -34 - h * 0.5 * size, w * size, -34);
            c.quadraticCurveTo(0, -28, -w * size, -34);
            c.fill();
        };
        const sway = Math.sin(time * 6) * 2.5;
        flame(8, 24, '#f0782d', sway);
        flame(5.2, 17, '#ffc34d', sway * 0.7);
        flame(2.6, 10, '#fff3c4', sway * 0.4);
    },
};

function drumStone(c, angle, r, y) {
    const [x, dy] = [Math.cos(angle) * r, Math.sin(angle) * r * 0.5];
    c.fillStyle = shade('#bdb6a6', -0.1 - (x / r) * 0.2);
    c.fillRect(x - 2.5, y + dy - 6, 5, 7);
}

function bow(c, x, y, turn, kick, size, colour, thick = 2) {
    c.save();
    c.translate(x, y);
    c.scale(1, 0.7);
    c.rotate(turn);
    c.strokeStyle = colour;
    c.lineWidth = thick;
    c.beginPath();
    c.arc(-size * 0.55, 0, size, -1.05, 1.05);
    c.stroke();
    c.lineWidth = 0.9;
    const drawn = kick > 0 ? size * 0.1 : -size * 0.5;
    c.beginPath();
    c.moveTo(-size * 0.05, -size * 0.87);
    c.lineTo(drawn, 0);
    c.lineTo(-size * 0.05, size * 0.87);
    c.stroke();
    if (kick < 0.4) {
        c.lineWidth = thick * 0.8;
        c.beginPath();
        c.moveTo(drawn, 0);
        c.lineTo(size * 0.75, 0);
        c.stroke();
    }
    c.restore();
}
