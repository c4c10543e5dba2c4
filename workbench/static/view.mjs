// One run on one screen: header, lanes, player, transcript, inspector. Knows no host.

import { h, setText } from "./dom.mjs";
import { Lanes, plotOf } from "./draw.mjs";
import { phaseOf } from "./format.mjs";
import { Header } from "./header.mjs";
import { History } from "./history.mjs";
import { Inspector } from "./inspector.mjs";
import { kindOf } from "./items.mjs";
import { handleKey } from "./keyboard.mjs";
import { LOOK } from "./look.mjs";
import { Player } from "./player.mjs";
import { Pointer } from "./pointer.mjs";
import { Replay } from "./replay.mjs";
import { prefersLessMotion, Theme } from "./theme.mjs";
import { Transcript } from "./transcript.mjs";

const SETTLE_MS = 150;
const RECENT_MS = 1000;
const ANNOUNCE_MS = 3000;

/** host: {onPosition(cursor, final), onEvent(name, detail), readRaw(cursor, {most, signal}) ->
 *  Promise<{text, bytes, source}>}; all may be absent. */
export class View {
  constructor(element, host, options) {
    this.host = host;
    this.history = new History();
    this.replay = new Replay(this.history.timeline);
    this.following = true;
    this.wanted = null; // a position whose entry is not here yet
    this.mountedAt = Date.now();
    this.zoom = null;
    this.frame = 0;
    this.build(element);
    this.setOptions(options);
  }

  build(element) {
    this.header = new Header({ onStop: () => this.emit("stop") });
    this.player = new Player({
      toggle: () => this.toggle(),
      step: (count) => this.step(count),
      seek: (cursor, final) => this.seek(cursor, { final }),
      speed: (speed) => this.setSpeed(speed),
      loop: () => this.toggleLoop(),
      fit: () => this.zoomTo(null),
      inspect: () => this.toggleInspector(),
      follow: () => this.goLive(),
    });
    this.canvas = h("canvas.lanes", { role: "img", "aria-label": "Event lanes" });
    this.tip = h("div.tip", { hidden: true });
    this.transcript = new Transcript();
    this.inspector = new Inspector(this.history, {
      onSeek: (cursor) => this.seek(cursor, { final: true }),
      readRaw: this.host.readRaw,
    });
    this.voice = h("div.unseen", { "aria-live": "polite" });
    this.panes = h("div.panes", {}, this.transcript.element, this.inspector.element);
    this.root = h(
      "section.wb",
      { tabindex: 0, "aria-label": "Run" },
      h("style", {}, LOOK),
      this.header.element,
      h("div.stage", {}, this.canvas, this.tip),
      this.player.element,
      this.panes,
      this.voice,
    );
    element.append(this.root);
    this.lanes = new Lanes(this.canvas);
    this.theme = new Theme(this.root, (colours) => this.recolour(colours));
    this.pointer = new Pointer(this, this.canvas, this.tip);
    this.observer = new ResizeObserver(() => this.ask());
    this.observer.observe(this.canvas);
    this.onKey = (event) => handleKey(this, event);
    this.keyTarget = null;
    this.clock = setInterval(() => this.isLive && this.ask(), prefersLessMotion() ? 1000 : 200);
  }

  /** Take entries that follow; false when some are missing in between. */
  append(entries) {
    if (this.destroyed) return true;
    const wasEnded = this.history.ended;
    const contiguous = this.history.append(entries);
    this.received = performance.now();
    if (this.following) this.moveTo(this.history.length);
    if (this.wanted !== null && this.history.length >= this.wanted) this.seek(this.wanted);
    if (this.eager && this.wanted === null) this.setPlaying(true);
    if (this.history.ended && !wasEnded) this.tellEnd();
    this.ask();
    return contiguous;
  }

  /** News only to those who were there: a run that ended long ago has no end to tell. */
  tellEnd() {
    const { at, status, cursor } = this.history.head;
    if (at * 1000 > this.mountedAt - RECENT_MS) this.emit("ended", { status, cursor });
  }

  get cursor() {
    return this.history.length;
  }

  cursorOf() {
    return this.history.length;
  }

  get position() {
    return this.replay.position;
  }

  get isLive() {
    return !this.history.ended && this.options.mode !== "replay";
  }

  setOptions(options) {
    this.options = { ...this.options, ...options };
    const { mode = "live", speed, position, label, keys, theme, selection } = this.options;
    this.root.dataset.mode = mode;
    this.root.setAttribute("aria-label", label ? `Run: ${label}` : "Run");
    if (options.speed !== undefined) this.setSpeed(speed, false);
    if (options.selection !== undefined) this.setLoop(selection, false);
    if (options.theme !== undefined) this.theme.force(theme);
    if (options.height) this.root.style.setProperty("--wb-height", options.height);
    if (options.inspect !== undefined || (mode === "replay" && this.inspecting === undefined)) {
      this.inspecting = options.inspect ?? true;
    }
    if (Number.isInteger(options.position) && options.position !== this.position) this.seekWhenThere(position);
    if (options.playing !== undefined) this.setPlaying(Boolean(options.playing));
    this.listen(keys === "page" ? document : this.root);
    this.ask();
  }

  /** A position may be asked for before its entries are here. */
  seekWhenThere(position) {
    if (position <= this.history.length) this.seek(position);
    else this.wanted = position;
  }

  listen(target) {
    if (target === this.keyTarget) return;
    this.keyTarget?.removeEventListener("keydown", this.onKey);
    this.keyTarget = target;
    target.addEventListener("keydown", this.onKey);
  }

  seek(cursor, { final = false } = {}) {
    this.wanted = null;
    this.replay.pause();
    this.moveTo(cursor);
    this.following = this.isLive && this.position === this.history.length;
    this.tellPosition(final);
  }

  moveTo(cursor) {
    this.replay.seek(cursor);
    this.ask();
  }

  step(count) {
    this.seek(this.position + count, { final: true });
  }

  toggle() {
    if (this.replay.playing) this.replay.pause();
    else {
      this.following = false;
      this.wanted = null;
      this.replay.play(performance.now() / 1000);
    }
    this.wasPlaying = this.replay.playing;
    this.emit("playing", { playing: this.replay.playing });
    this.tellPosition(true);
    this.ask();
  }

  /** A run may be asked to play before its entries are here. */
  setPlaying(playing) {
    this.eager = playing && !this.cursor;
    if (!this.eager && playing !== this.replay.playing) this.toggle();
  }

  setSpeed(speed, tell = true) {
    this.replay.setSpeed(speed);
    if (tell) this.emit("speed", { speed: this.replay.speed });
    this.ask();
  }

  setLoop(range, tell = true) {
    this.replay.setLoop(range);
    if (tell) this.emit("selection", { selection: this.replay.loop });
    this.ask();
  }

  toggleLoop() {
    const { position } = this;
    this.setLoop(this.replay.loop ? null : [position, Math.max(position + 1, Math.min(this.cursor, position + Math.ceil(this.cursor / 5)))]);
  }

  toggleInspector() {
    this.inspecting = !this.inspecting;
    this.ask();
  }

  goLive() {
    this.wanted = null;
    this.replay.pause();
    this.following = this.isLive;
    this.moveTo(this.history.length);
    this.transcript.goToEnd();
    this.tellPosition(true);
  }

  zoomTo(range) {
    this.zoom = range;
    this.ask();
  }

  connection(change) {
    this.header.connection(change);
    this.refused = change.state === "refused";
    this.ask();
    this.root.dataset.connection = change.state;
  }

  emit(name, detail = {}) {
    this.host.onEvent?.(name, detail);
  }

  /** At once when final; else when the reader's hand rests. */
  tellPosition(final) {
    clearTimeout(this.settling);
    const tell = () => this.host.onPosition?.(this.position, true);
    if (final) tell();
    else {
      this.host.onPosition?.(this.position, false);
      this.settling = setTimeout(tell, SETTLE_MS);
    }
  }

  recolour(colours) {
    this.colours = colours;
    this.ask();
  }

  ask() {
    if (!this.frame && !this.destroyed) this.frame = requestAnimationFrame((now) => this.render(now / 1000));
  }

  /** Seconds since the start: the last entry's, and onward while the run goes on and is heard of. */
  get nowSeconds() {
    const { end } = this.history.timeline;
    if (!this.isLive || this.refused || !this.received || !this.cursor) return end;
    return end + (performance.now() - this.received) / 1000;
  }

  get range() {
    return this.zoom ?? [0, Math.max(this.isLive ? 2 : 0.05, this.nowSeconds)];
  }

  get plot() {
    return plotOf(this.canvas.clientWidth, this.range);
  }

  render(now) {
    this.frame = 0;
    if (this.replay.tick(now)) this.tellPosition(false);
    if (!this.replay.playing && this.wasPlaying) {
      this.tellPosition(true);
      this.emit("playing", { playing: false });
    }
    this.wasPlaying = this.replay.playing;
    const { timeline } = this.history;
    const state = this.history.stateAt(this.position);
    const seconds = this.following && this.isLive ? this.nowSeconds : this.replay.playing ? this.replay.seconds : timeline.timeAt(this.position);
    this.panes.classList.toggle("inspecting", Boolean(this.inspecting));
    // First, because it looks at its scroll position: later that would lay everything out twice.
    if (this.inspecting) this.inspector.update(this.position);
    else this.inspector.rest();
    this.renderHeader(state, seconds);
    this.renderLanes(seconds);
    this.player.update({
      position: this.position,
      length: this.cursor,
      seconds: Math.min(seconds, this.nowSeconds),
      end: this.nowSeconds,
      playing: this.replay.playing,
      speed: this.replay.speed,
      loop: this.replay.loop,
      live: this.isLive,
      following: this.following,
      inspecting: this.inspecting,
    });
    this.transcript.update(state, (timeline.start ?? 0) + seconds);
    this.announce(state);
    this.root.dataset.position = String(this.position);
    this.root.dataset.length = String(this.cursor);
    if (this.replay.playing) this.ask();
  }

  renderHeader(state, seconds) {
    this.header.update({
      state,
      pause: this.following && this.isLive && state.waiting ? state.waiting.until - (this.history.timeline.start + this.nowSeconds) : 0,
      title: this.options.label ?? state.model ?? "",
      attempt: state.phase === "reconnecting" && state.attempt > 1 ? state.attempt : 0,
      position: this.position,
      length: this.cursor,
      expected: this.options.expected ?? 0,
      ended: this.history.ended && this.position === this.cursor,
      elapsed: Math.min(seconds, this.nowSeconds),
      perSecond: this.history.timeline.rate(seconds),
      live: this.isLive,
      canStop: this.isLive && !this.refused && this.options.stoppable !== false,
    });
  }

  renderLanes(seconds) {
    const { timeline } = this.history;
    const loop = this.replay.loop?.map((cursor) => timeline.timeAt(cursor)) ?? null;
    this.lanes.draw({ timeline, range: this.range, now: this.nowSeconds, seconds, colours: this.colours, loop });
    const faults = timeline.lanes.faults.marks.length;
    this.canvas.setAttribute("aria-label", `Event lanes: ${this.cursor} entries, ${faults} ${faults === 1 ? "fault" : "faults"}`);
  }

  /** Tell a screen reader the turns of the run, not every word. */
  announce(state) {
    const words = phaseOf(state.phase).label + (state.ended ? "" : state.items.length ? `, ${lastDoing(state)}` : "");
    const now = performance.now();
    if (words === this.announced || (!state.ended && now - (this.announcedAt ?? -Infinity) < ANNOUNCE_MS)) return;
    this.announced = words;
    this.announcedAt = now;
    setText(this.voice, words);
  }

  destroy() {
    this.destroyed = true;
    this.inspector.rest();
    cancelAnimationFrame(this.frame);
    clearInterval(this.clock);
    clearTimeout(this.settling);
    this.keyTarget.removeEventListener("keydown", this.onKey);
    this.observer.disconnect();
    this.transcript.destroy();
    this.theme.destroy();
    this.root.remove();
  }
}

function lastDoing(state) {
  return { reasoning: "thinking", tool: "using a tool", message: "answering" }[kindOf(state.items.at(-1))] ?? "working";
}
