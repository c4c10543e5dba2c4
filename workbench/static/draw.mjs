// The lanes on a canvas. What does not move with the cursor is drawn once and kept.

import { tickLabel, ticks } from "./format.mjs";
import { LANES } from "./timeline.mjs";

export const LANE_HEIGHT = 26;
export const AXIS_HEIGHT = 22;
const LANE_LABELS = { transport: "Transport", reasoning: "Reasoning", tools: "Tools", text: "Text", faults: "Faults" };
const BAR = 2;

export function heightOf(lanes = LANES) {
  return lanes.length * LANE_HEIGHT + AXIS_HEIGHT;
}

/** Where the lanes begin: their names stand beside them, closer where there is little room. */
export function gutterOf(width) {
  if (width >= 520) return 84;
  return width >= 280 ? 66 : 8;
}

export class Lanes {
  constructor(canvas, lanes = LANES) {
    this.canvas = canvas;
    this.lanes = lanes;
    this.still = document.createElement("canvas");
    this.signature = "";
  }

  /** `view`: {timeline, range: [from, to], now, seconds, origin, colours, loop}: times in seconds
   *  since the first entry, `origin` being where the axis says 0. */
  draw(view) {
    const width = this.canvas.clientWidth;
    const height = heightOf(this.lanes);
    if (!width || !view.colours) return;
    const ratio = globalThis.devicePixelRatio || 1;
    this.fit(this.canvas, width, height, ratio);
    const signature = [width, ratio, view.timeline.times.length, view.now, view.range, view.loop, view.colours.key].join();
    if (signature !== this.signature) {
      this.signature = signature;
      this.fit(this.still, width, height, ratio);
      this.drawStill(this.still.getContext("2d"), width, height, view, ratio);
    }
    const g = this.canvas.getContext("2d");
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.clearRect(0, 0, this.canvas.width, this.canvas.height);
    g.drawImage(this.still, 0, 0);
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.drawCursor(g, width, height, view);
  }

  fit(canvas, width, height, ratio) {
    const [w, hgt] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== w || canvas.height !== hgt) Object.assign(canvas, { width: w, height: hgt });
  }

  drawStill(g, width, height, view, ratio) {
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    const plot = plotOf(width, view.range);
    drawAxis(g, plot, height, view);
    this.lanes.forEach((name, row) => {
      const top = row * LANE_HEIGHT;
      drawLabel(g, name, top, plot, view.colours);
      g.save();
      g.beginPath();
      g.rect(plot.left, top, plot.width + 1, LANE_HEIGHT);
      g.clip();
      drawSpans(g, name, top, plot, view);
      drawColumns(g, name, top, plot, view);
      drawMarks(g, name, top, plot, view);
      g.restore();
    });
    if (view.loop) drawLoop(g, plot, height, view);
  }

  drawCursor(g, width, height, { range, seconds, colours }) {
    const plot = plotOf(width, range);
    const x = plot.x(seconds);
    const bottom = height - AXIS_HEIGHT;
    const right = plot.left + plot.width;
    if (x < right) {
      g.fillStyle = colours.veil;
      g.fillRect(Math.max(plot.left, x), 0, right - Math.max(plot.left, x) + 1, bottom);
    }
    if (x < plot.left - 1 || x > right + 1) return;
    g.fillStyle = colours.ink;
    g.fillRect(Math.round(x) - 0.75, 0, 1.5, bottom + 2);
    g.beginPath();
    g.arc(Math.round(x), bottom + 3, 3.5, 0, Math.PI * 2);
    g.fill();
  }
}

export function plotOf(width, [from, to]) {
  const left = gutterOf(width);
  const inner = Math.max(1, width - left - 8);
  const scale = inner / Math.max(1e-6, to - from);
  return {
    left,
    width: inner,
    x: (seconds) => left + (seconds - from) * scale,
    seconds: (x) => from + (x - left) / scale,
    scale,
  };
}

function drawAxis(g, plot, height, { range, origin = 0, colours }) {
  const found = ticks(range[0] - origin, range[1] - origin, plot.width / 80);
  const step = found.length > 1 ? found[1] - found[0] : 1;
  g.font = colours.small;
  g.textBaseline = "middle";
  for (const tick of found) {
    const x = Math.round(plot.x(tick + origin)) + 0.5;
    g.fillStyle = colours.line;
    g.fillRect(x, 0, 1, height - AXIS_HEIGHT);
    g.fillStyle = colours.quiet;
    g.textAlign = x > plot.left + plot.width - 20 ? "right" : x < plot.left + 12 ? "left" : "center";
    g.fillText(tickLabel(tick, step), x, height - AXIS_HEIGHT / 2 + 3);
  }
}

function drawLabel(g, name, top, plot, colours) {
  g.fillStyle = colours.line;
  g.fillRect(plot.left, top + LANE_HEIGHT - 1, plot.width, 1);
  if (plot.left < 40) return;
  g.font = colours.small;
  g.textAlign = "right";
  g.textBaseline = "middle";
  g.fillStyle = colours.quiet;
  g.fillText(LANE_LABELS[name], plot.left - (plot.left > 70 ? 12 : 8), top + LANE_HEIGHT / 2);
}

function drawSpans(g, name, top, plot, { timeline, colours, now }) {
  for (const span of timeline.lanes[name].spans) {
    const end = span.end ?? now;
    const left = plot.x(span.start);
    const width = Math.max(1.5, plot.x(end) - left);
    if (left > plot.left + plot.width || left + width < plot.left) continue;
    if (span.kind === "seam") drawSeam(g, left, top, width, colours);
    else if (span.kind === "waiting") fillRound(g, left, top + 10, width, 6, colours.wait, 0.5);
    else if (span.kind === "pause") fillRound(g, left, top + 12, width, 2, colours.transport, 0.5);
    else if (name === "transport") drawAttempt(g, span, left, top, width, colours);
    else fillRound(g, left, top + 3, width, LANE_HEIGHT - 6, colours[name], 0.13);
  }
}

function drawAttempt(g, span, left, top, width, colours) {
  fillRound(g, left, top + 6, width, LANE_HEIGHT - 12, colours.transport, 0.34);
  if (span.cut) {
    g.fillStyle = colours.bad;
    g.fillRect(left + width - 2, top + 4, 2, LANE_HEIGHT - 8);
  }
  fitLabel(g, span.label, left, top, width, colours);
}

/** A seam is a hatched joint: something is missing here, and both sides meet again. */
function drawSeam(g, left, top, width, colours) {
  g.save();
  g.beginPath();
  g.rect(left, top + 6, Math.max(3, width), LANE_HEIGHT - 12);
  g.clip();
  g.strokeStyle = colours.bad;
  g.globalAlpha = 0.8;
  g.lineWidth = 1;
  g.beginPath();
  for (let x = left - LANE_HEIGHT; x < left + width + LANE_HEIGHT; x += 5) {
    g.moveTo(x, top + LANE_HEIGHT - 4);
    g.lineTo(x + LANE_HEIGHT - 8, top + 4);
  }
  g.stroke();
  g.restore();
}

function fitLabel(g, label, left, top, width, colours) {
  if (!label || width < 40) return;
  g.font = colours.small;
  if (g.measureText(label).width > width - 12) return;
  g.textAlign = "left";
  g.textBaseline = "middle";
  g.fillStyle = colours.ink;
  g.globalAlpha = 0.75;
  g.fillText(label, left + 6, top + LANE_HEIGHT / 2 + 0.5);
  g.globalAlpha = 1;
}

function fillRound(g, left, top, width, height, colour, alpha) {
  g.globalAlpha = alpha;
  g.fillStyle = colour;
  g.beginPath();
  g.roundRect(left, top, width, height, Math.min(3, width / 2, height / 2));
  g.fill();
  g.globalAlpha = 1;
}

function drawColumns(g, name, top, plot, { timeline, range, colours }) {
  const columns = Math.max(1, Math.floor(plot.width / (BAR + 1)));
  const heights = timeline.columns(name, range[0], range[1], columns);
  const most = LANE_HEIGHT - 8;
  const pitch = plot.width / columns;
  g.fillStyle = colours[name];
  for (let i = 0; i < columns; i += 1) {
    if (!heights[i]) continue;
    const tall = Math.max(2, heights[i] * most);
    g.fillRect(plot.left + i * pitch, top + LANE_HEIGHT - 4 - tall, BAR, tall);
  }
}

const MARK_COLOURS = { connected: "good", resumed: "good", polled: "transport", ended: "ink", filled: "wait" };

function drawMarks(g, name, top, plot, { timeline, colours }) {
  const middle = top + LANE_HEIGHT / 2;
  let last = -Infinity;
  for (const mark of timeline.lanes[name].marks) {
    const x = plot.x(mark.at);
    if (x < plot.left - 6 || x > plot.left + plot.width + 6 || x - last < 1) continue;
    last = x;
    g.fillStyle = colours[MARK_COLOURS[mark.kind] ?? (mark.kind === "fault" ? "wait" : "bad")];
    g.beginPath();
    if (name === "faults") {
      g.moveTo(x, middle - 6);
      g.lineTo(x + 5, middle);
      g.lineTo(x, middle + 6);
      g.lineTo(x - 5, middle);
    } else g.rect(x - 1, top + 2, 2, name === "transport" ? 5 : LANE_HEIGHT - 4);
    g.fill();
  }
}

function drawLoop(g, plot, height, { loop, colours }) {
  const [left, right] = loop.map(plot.x);
  g.fillStyle = colours.accent;
  g.globalAlpha = 0.1;
  g.fillRect(left, 0, right - left, height - AXIS_HEIGHT);
  g.globalAlpha = 0.8;
  g.fillRect(left, height - AXIS_HEIGHT, right - left, 2);
  g.globalAlpha = 1;
}
