// SPDX-License-Identifier: Apache-2.0
//
// Mouse, touch and keys on the field. They tell `on`: point(tile), press(tile, point), ping(tile),
// key(name); the camera they move themselves.

const SLIP = 9; // Pixels that a press may move.
const LONG_PRESS = 550; // Milliseconds: "look here!"

export function control(canvas, camera, on) {
    const fingers = new Map();
    let moved = false;
    let held = 0;
    const at = (event) => {
        const box = canvas.getBoundingClientRect();
        return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const middle = () => {
        const all = [...fingers.values()];
        const x = all.reduce((sum, one) => sum + one.x, 0) / all.length;
        const y = all.reduce((sum, one) => sum + one.y, 0) / all.length;
        return { x, y, wide: all.length > 1 ? Math.hypot(all[0].x - x, all[0].y - y) : 0 };
    };

    canvas.addEventListener('pointerdown', (event) => {
        if (event.isTrusted) canvas.setPointerCapture(event.pointerId);
        fingers.set(event.pointerId, at(event));
        moved = fingers.size > 1;
        clearTimeout(held);
        if (event.button === 2) return;
        const tile = camera.tileAt(at(event));
        held = setTimeout(() => {
            if (moved || fingers.size !== 1) return;
            moved = true; // So it is no press any more.
            on.ping(tile);
        }, LONG_PRESS);
    });

    canvas.addEventListener('pointermove', (event) => {
        if (!fingers.has(event.pointerId)) {
            if (event.pointerType === 'mouse') on.point(camera.tileAt(at(event)));
            return;
        }
        const before = middle();
        const was = fingers.get(event.pointerId);
        const now = at(event);
        if (!moved && Math.hypot(now.x - was.x, now.y - was.y) < SLIP) return;
        moved = true;
        clearTimeout(held);
        fingers.set(event.pointerId, now);
        const after = middle();
        camera.pan(after.x - before.x, after.y - before.y);
        if (before.wide > 0) camera.zoom(after.wide / before.wide, after);
    });

    const up = (event) => {
        clearTimeout(held);
        const isPress = fingers.delete(event.pointerId) && !moved && event.type === 'pointerup';
        if (!isPress) return;
        const tile = camera.tileAt(at(event));
        if (event.button === 2) on.ping(tile);
        else on.press(tile, at(event));
    };
    canvas.addEventListener('pointerup', up);
    canvas.addEventListener('pointercancel', up);
    canvas.addEventListener('pointerleave', () => on.point(null));
    canvas.addEventListener('contextmenu', (event) => event.preventDefault());
    canvas.addEventListener(
        'wheel',
        (event) => {
            event.preventDefault();
            camera.zoom(Math.exp(-event.deltaY * 0.0015), at(event));
        },
        { passive: false },
    );
    addEventListener('keydown', (event) => {
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        if (event.target.closest?.('input, dialog')) return;
        const isOnButton = event.target.closest?.('button');
        if (isOnButton && ['Enter', ' '].includes(event.key)) return;
        if (on.key(event.key)) event.preventDefault();
    });
}
