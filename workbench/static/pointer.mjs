// The hand on the lanes: press and drag to scrub, shift and drag to choose a range,
// wheel with ctrl to zoom, double click to see all.

import { gutterOf, LANE_HEIGHT } from "./draw.mjs";
import { setText } from "./dom.mjs";
import { duration, plain } from "./format.mjs";
import { LANES } from "./timeline.mjs";

const NARROWEST_S = 0.01;

export class Pointer {
  constructor(view, canvas, tip) {
    Object.assign(this, { view, canvas, tip, drag: null });
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", () => (this.drag = null));
    canvas.addEventListener("pointerleave", () => (this.tip.hidden = true));
    canvas.addEventListener("dblclick", () => view.zoomTo(null));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  secondsAt(event) {
    return this.view.plot.seconds(event.clientX - this.canvas.getBoundingClientRect().left);
  }

  cursorAt(event) {
    return this.view.history.timeline.cursorAt(this.secondsAt(event));
  }

  down(event) {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.drag = { from: this.cursorAt(event), selects: event.shiftKey };
    if (!event.shiftKey) this.view.seek(this.drag.from);
  }

  move(event) {
    this.hover(event);
    if (!this.drag) return;
    const cursor = this.cursorAt(event);
    if (this.drag.selects) this.view.setLoop([this.drag.from, cursor].sort((a, b) => a - b), false);
    else this.view.seek(cursor);
  }

  up(event) {
    if (!this.drag) return;
    const { selects } = this.drag;
    this.drag = null;
    if (selects) this.view.setLoop(this.view.replay.loop);
    else this.view.seek(this.cursorAt(event), { final: true });
  }

  hover(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = event.clientX - box.left;
    const lane = LANES[Math.floor((event.clientY - box.top) / LANE_HEIGHT)];
    const seconds = this.secondsAt(event);
    this.tip.hidden = !lane || x < gutterOf(box.width) || seconds < 0;
    if (this.tip.hidden) return;
    const what = this.view.history.timeline.describe(lane, seconds, 6 / this.view.plot.scale);
    setText(this.tip, plain([duration(seconds), what].filter(Boolean).join(" · ")));
    this.tip.style.left = `${Math.min(box.width - 12, Math.max(12, x))}px`;
    this.tip.dataset.side = x > box.width / 2 ? "left" : "right";
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const [from, to] = this.view.range;
    const all = [0, Math.max(this.view.nowSeconds, NARROWEST_S)];
    const factor = Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 100);
    const at = this.secondsAt(event);
    const left = Math.max(all[0], at - (at - from) * factor);
    const right = Math.min(all[1], at + (to - at) * factor);
    if (right - left < NARROWEST_S) return;
    this.view.zoomTo(right - left >= all[1] * 0.98 ? null : [left, right]);
  }
}
