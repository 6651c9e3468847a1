// SPDX-License-Identifier: Apache-2.0
//
// The land, which stands still: drawn once for each size, and then only copied.

import { groundAt } from './model.js';
import { HALF, project, QUARTER } from './iso.js';

export const PALETTES = {
    meadow: { grass: [96, 44, 42], edge: '#5a4630', deep: '#3f3122', way: '#d9bd86' },
    crossing: { grass: [82, 36, 42], edge: '#6a5138', deep: '#48372a', way: '#dcc394' },
    spiral: { grass: [150, 24, 44], edge: '#4c4a52', deep: '#34333c', way: '#cfc4b0' },
};
const THICK = 30; // Of the land, as seen from the front.

// The same for the same tile, always: 0 … 1.
export function noise(x, y, salt = 0) {
    const s = Math.sin(x * 127.1 + y * 311.7 + salt * 74.7) * 43758.5453;
    return s - Math.floor(s);
}

export function diamond(c, x, y, z = 0, size = 1) {
    const at = project(x, y, z);
    c.beginPath();
    c.moveTo(at.x, at.y - QUARTER * size);
    c.lineTo(at.x + HALF * size, at.y);
    c.lineTo(at.x, at.y + QUARTER * size);
    c.lineTo(at.x - HALF * size, at.y);
    c.closePath();
}

export function drawGround(c, book, name) {
    const palette = PALETTES[name] ?? PALETTES.meadow;
    shadowOfLand(c, book);
    cliffs(c, book, palette);
    for (let y = 0; y < book.height; y++)
        for (let x = 0; x < book.width; x++) tile(c, book, palette, x, y);
    for (const way of book.ways) road(c, way, palette);
    for (let y = 0; y < book.height; y++)
        for (let x = 0; x < book.width; x++)
            if (groundAt(book, { x, y }) === 'free') grass(c, palette, x, y);
}

function corners({ width, height }) {
    return {
        left: { x: -height * HALF, y: (height - 1) * QUARTER },
        bottom: { x: (width - height) * HALF, y: (width + height - 1) * QUARTER },
        right: { x: width * HALF, y: (width - 1) * QUARTER },
    };
}

function shadowOfLand(c, book) {
    const { left, bottom, right } = corners(book);
    const middle = { x: (left.x + right.x) / 2, y: bottom.y / 2 };
    const wide = right.x - left.x;
    const glow = c.createRadialGradient(0, 0, 0, 0, 0, wide * 0.52);
    glow.addColorStop(0, 'rgb(0 0 0 / 0.55)');
    glow.addColorStop(0.75, 'rgb(0 0 0 / 0.28)');
    glow.addColorStop(1, 'rgb(0 0 0 / 0)');
    c.save();
    c.translate(middle.x, middle.y + 50);
    c.scale(1, 0.5);
    c.fillStyle = glow;
    c.fillRect(-wide, -wide, wide * 2, wide * 2);
    c.restore();
}

function cliffs(c, book, { edge, deep }) {
    const { left, bottom, right } = corners(book);
    const side = (from, to, colours) => {
        const fill = c.createLinearGradient(0, bottom.y - 60, 0, bottom.y + THICK);
        fill.addColorStop(0, colours[0]);
        fill.addColorStop(1, colours[1]);
        c.fillStyle = fill;
        c.beginPath();
        c.moveTo(from.x, from.y);
        c.lineTo(to.x, to.y);
        c.lineTo(to.x, to.y + THICK);
        for (let i = 8; i >= 0; i--) {
            const part = i / 8;
            const ragged = THICK - 8 + noise(i, from.x) * 16;
            c.lineTo(
                from.x + (to.x - from.x) * part,
                from.y + (to.y - from.y) * part + (i % 8 ? ragged : THICK),
            );
        }
        c.fill();
    };
    side(left, bottom, [edge, deep]);
    side(bottom, right, [deep, '#241c16']);
    // A band of earth below the grass.
    c.strokeStyle = 'rgb(255 240 200 / 0.12)';
    c.lineWidth = 2;
    c.beginPath();
    c.moveTo(left.x, left.y + 7);
    c.lineTo(bottom.x, bottom.y + 7);
    c.lineTo(right.x, right.y + 7);
    c.stroke();
}

function tile(c, book, { grass: [hue, saturation, light] }, x, y) {
    const ground = groundAt(book, { x, y });
    diamond(c, x, y, 0, 1.02);
    const mottle = noise(x, y) * 5 + noise(Math.floor(x / 3), Math.floor(y / 3), 4) * 6;
    const check = (x + y) % 2 ? 1.6 : 0;
    const hills = Math.sin(x * 0.9) * Math.cos(y * 0.8) * 3;
    const l = light + mottle + check + hills - 6;
    c.fillStyle = `hsl(${hue + noise(x, y, 2) * 10 - 5} ${saturation}% ${l}%)`;
    c.fill();
    if (ground === 'water') water(c, book, x, y);
}

function water(c, book, x, y) {
    const shore = (dx, dy) => groundAt(book, { x: x + dx, y: y + dy }) !== 'water';
    diamond(c, x, y, 0, 1.03);
    const at = project(x, y);
    const fill = c.createLinearGradient(0, at.y - QUARTER, 0, at.y + QUARTER);
    fill.addColorStop(0, '#2f7fa8');
    fill.addColorStop(1, '#3b97bd');
    c.fillStyle = fill;
    c.fill();
    c.lineWidth = 3;
    c.strokeStyle = 'rgb(40 30 15 / 0.4)';
    const line = (from, to) => {
        c.beginPath();
        c.moveTo(...from);
        c.lineTo(...to);
        c.stroke();
    };
    if (shore(0, -1)) line([at.x, at.y - QUARTER + 1], [at.x + HALF, at.y + 1]);
    if (shore(-1, 0)) line([at.x, at.y - QUARTER + 1], [at.x - HALF, at.y + 1]);
    c.strokeStyle = 'rgb(235 250 255 / 0.55)';
    c.lineWidth = 1.6;
    if (shore(0, 1)) line([at.x, at.y + QUARTER - 2], [at.x - HALF, at.y - 2]);
    if (shore(1, 0)) line([at.x, at.y + QUARTER - 2], [at.x + HALF, at.y - 2]);
}

// A trodden way, a little lower than the grass: dark above, light below.
function road(c, way, { way: colour }) {
    const stroke = (width, style, dy) => {
        c.lineWidth = width;
        c.strokeStyle = style;
        c.beginPath();
        way.forEach((tile, i) => {
            const at = project(tile.x, tile.y);
            if (i === 0) {
                const next = way[1];
                const before = project(
                    tile.x - (next.x - tile.x) * 0.5,
                    tile.y - (next.y - tile.y) * 0.5,
                );
                c.moveTo(before.x, before.y + dy);
            }
            c.lineTo(at.x, at.y + dy);
        });
        c.stroke();
    };
    c.save();
    c.lineJoin = 'round';
    c.lineCap = 'butt';
    stroke(40, 'rgb(60 40 15 / 0.35)', -1.5);
    stroke(37, 'rgb(255 245 210 / 0.25)', 1.5);
    stroke(36, shade(colour, -0.14), 0);
    stroke(28, colour, 0.5);
    c.restore();
    for (const tile of way)
        for (let i = 0; i < 4; i++) {
            const at = project(
                tile.x + noise(tile.x, tile.y, i) * 0.5 - 0.25,
                tile.y + noise(tile.x, tile.y, i + 9) * 0.5 - 0.25,
            );
            c.fillStyle = i % 2 ? 'rgb(80 55 25 / 0.22)' : 'rgb(255 250 225 / 0.3)';
            c.beginPath();
            c.ellipse(at.x, at.y, 2.4 - i * 0.3, 1.3, 0, 0, 7);
            c.fill();
        }
}

export function shade(colour, amount) {
    const value = parseInt(colour.slice(1), 16);
    const part = (shift) => {
        const one = (value >> shift) & 255;
        const to = amount < 0 ? 0 : 255;
        return Math.round(one + (to - one) * Math.abs(amount));
    };
    return `rgb(${part(16)} ${part(8)} ${part(0)})`;
}

// Tufts and flowers.
function grass(c, { grass: [hue, saturation, light] }, x, y) {
    const count = Math.floor(noise(x, y, 7) * 4);
    for (let i = 0; i < count; i++) {
        const at = project(
            x + noise(x, y, 20 + i) * 0.8 - 0.4,
            y + noise(x, y, 30 + i) * 0.8 - 0.4,
        );
        if (noise(x, y, 40 + i) > 0.86) {
            c.fillStyle = ['#f6e27a', '#f3f0ff', '#f2a7b8'][Math.floor(noise(x, y, 50 + i) * 3)];
            c.beginPath();
            c.arc(at.x, at.y - 2, 1.7, 0, 7);
            c.fill();
            continue;
        }
        c.strokeStyle = `hsl(${hue - 6} ${saturation + 8}% ${light - 13}% / 0.75)`;
        c.lineWidth = 1.1;
        c.beginPath();
        for (const dx of [-2, 0, 2]) {
            c.moveTo(at.x + dx * 0.6, at.y);
            c.lineTo(at.x + dx * 1.3, at.y - 4 - (dx === 0 ? 1.5 : 0));
        }
        c.stroke();
    }
}
