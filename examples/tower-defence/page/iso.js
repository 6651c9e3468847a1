// SPDX-License-Identifier: Apache-2.0
//
// From tiles to the screen and back: two pixels wide for each one high, as in the old days; seen
// from higher up where the screen is higher than wide.

export const TILE = 64; // How wide a tile is, at a scale of 1.
export const HALF = TILE / 2;
export let QUARTER = TILE / 4;

export function tilt(isHigh) {
    QUARTER = isHigh ? 22 : TILE / 4;
}

export function project(x, y, z = 0) {
    return { x: (x - y) * HALF, y: (x + y) * QUARTER - z };
}

// What is to be seen of the map: a scale, and what is in the middle of the screen.
export class Camera {
    scale = 1;
    x = 0;
    y = 0;
    width = 1;
    height = 1;

    // Room that other things cover, in pixels of the page.
    fit(book, width, height, covered) {
        Object.assign(this, { width, height });
        const [left, right] = [-book.height * HALF, book.width * HALF];
        const wide = right - left + 24;
        const high = (book.width + book.height) * QUARTER + 110;
        const free = { w: width - covered.left - covered.right };
        free.h = height - covered.top - covered.bottom;
        this.least = Math.min(free.w / wide, free.h / high);
        this.home = {
            scale: this.least,
            x: (left + right) / 2 - (covered.left - covered.right) / 2 / this.least,
            y:
                ((book.width + book.height) * QUARTER) / 2 -
                QUARTER -
                22 -
                (covered.top - covered.bottom) / 2 / this.least,
        };
        this.reach = { left, right, top: -90, bottom: high };
        if (!this.isMoved) Object.assign(this, this.home);
        this.#keepInside();
    }

    zoom(factor, at = { x: this.width / 2, y: this.height / 2 }) {
        const before = this.toMap(at);
        this.scale = Math.min(Math.max(this.scale * factor, this.least), this.least * 4);
        const after = this.toMap(at);
        this.x += before.x - after.x;
        this.y += before.y - after.y;
        this.isMoved = this.scale > this.least * 1.01;
        if (!this.isMoved) Object.assign(this, this.home);
        this.#keepInside();
    }

    pan(dx, dy) {
        if (!this.isMoved) return;
        this.x -= dx / this.scale;
        this.y -= dy / this.scale;
        this.#keepInside();
    }

    #keepInside() {
        const { left, right, top, bottom } = this.reach;
        this.x = Math.min(Math.max(this.x, left), right);
        this.y = Math.min(Math.max(this.y, top), bottom);
    }

    toMap({ x, y }) {
        return {
            x: (x - this.width / 2) / this.scale + this.x,
            y: (y - this.height / 2) / this.scale + this.y,
        };
    }

    toScreen({ x, y }) {
        return {
            x: (x - this.x) * this.scale + this.width / 2,
            y: (y - this.y) * this.scale + this.height / 2,
        };
    }

    tileAt(point) {
        const { x, y } = this.toMap(point);
        const [across, down] = [x / HALF, y / QUARTER];
        return { x: round((down + across) / 2), y: round((down - across) / 2) };
    }
}

// Never −0, which is no place of its own.
function round(value) {
    return Math.round(value) + 0;
}
