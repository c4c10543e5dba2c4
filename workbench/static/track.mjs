// One run among several: its own history, lanes and transcript under a clock they share.

import { h, setAttribute, setText } from "./dom.mjs";
import { Lanes } from "./draw.mjs";
import { count, duration, phaseOf, plain } from "./format.mjs";
import { History } from "./history.mjs";
import { Pieces } from "./reading.mjs";
import { Transcript } from "./transcript.mjs";

export const TRACK_LANES = ["transport", "reasoning", "text"];

export class Track {
  constructor({ run, label }) {
    this.run = run;
    this.label = plain(label ?? run);
    this.history = new History();
    this.pieces = new Pieces();
    this.build();
  }

  build() {
    this.badge = h("span.badge");
    this.figures = h("span.track-figures");
    this.canvas = h("canvas.lanes.track-lanes", { role: "img", "aria-label": this.label });
    this.lanes = new Lanes(this.canvas, TRACK_LANES);
    this.row = h("div.track", {}, h("div.track-head", {}, h("strong", {}, this.label), this.badge, this.figures), this.canvas);
    this.transcript = new Transcript(`Transcript of ${this.label}`);
    this.column = h("div.column", {}, h("h3.column-title", {}, this.label), this.transcript.element);
  }

  append(entries) {
    const before = this.history.length;
    const contiguous = this.history.append(entries);
    for (const entry of this.history.entries.slice(before)) this.pieces.add(entry);
    this.received = performance.now();
    return contiguous;
  }

  connection({ state, message }) {
    this.row.dataset.connection = state;
    this.trouble = state === "refused" ? message : null;
  }

  get sent() {
    return this.pieces.sentAt ?? this.history.timeline.start ?? 0;
  }

  /** From the start of the log to the first request: what stands before zero on the shared axis. */
  get lead() {
    return this.sent - (this.history.timeline.start ?? this.sent);
  }

  /** Seconds since the request, and onward while the run goes on. */
  get now() {
    const { end } = this.history.timeline;
    const since = this.history.ended || !this.received || !this.history.length ? 0 : (performance.now() - this.received) / 1000;
    return Math.max(0, end - this.lead + since);
  }

  clock(wordsPerMinute) {
    if (this.clockAt !== this.history.length) this.reader = this.pieces.clock(wordsPerMinute);
    this.clockAt = this.history.length;
    return this.reader;
  }

  /** What a reader's timeline needs of this run. */
  reading(wordsPerMinute) {
    const { times } = this.history.timeline.lanes.reasoning;
    const thinks = times.length ? times.items[0] - this.lead : null;
    const { transport } = this.history.head.request ?? {};
    return { label: this.label, transport, clock: this.clock(wordsPerMinute), thinks, now: this.now, ended: this.history.ended };
  }

  cursorAt(seconds) {
    return this.history.timeline.cursorAt(seconds + this.lead);
  }

  render(seconds, end, colours, follow) {
    const { timeline } = this.history;
    const cursor = follow ? this.history.length : this.cursorAt(seconds);
    const state = this.history.stateAt(cursor);
    const phase = phaseOf(state.phase);
    setText(this.badge, phase.label);
    setAttribute(this.badge, "data-tone", phase.tone);
    const at = state.ended ? timeline.end - this.lead : Math.min(seconds, this.now);
    setText(this.figures, this.trouble ?? `${count(cursor)} entries · ${duration(at)}`);
    setAttribute(this.canvas, "aria-label", `${this.label}: ${count(this.history.length)} entries, ${phase.label}`);
    const shown = [this.lead, end + this.lead];
    this.lanes.draw({ timeline, range: shown, origin: this.lead, now: this.now + this.lead, seconds: seconds + this.lead, colours, loop: null });
    this.transcript.update(state, this.sent + seconds);
  }
}
