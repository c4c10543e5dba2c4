// Several runs side by side, locked to one time axis that begins when each request was sent.

import { h } from "./dom.mjs";
import { plotOf } from "./draw.mjs";
import { handleKey } from "./keyboard.mjs";
import { LOOK } from "./look.mjs";
import { Player } from "./player.mjs";
import { claim, lineOf, lineOfLane, Readers } from "./readers.mjs";
import { Replay } from "./replay.mjs";
import { prefersLessMotion, Theme } from "./theme.mjs";
import { Track } from "./track.mjs";

const STEP_S = 0.1;
const RECENT_MS = 1000;

/** The clock of a comparison counts hundredths of a second instead of cursors. */
class Hundredths {
  constructor(tracks) {
    this.tracks = tracks;
    this.times = { length: 0 };
  }

  refresh() {
    this.end = Math.max(0, ...this.tracks.map((track) => track.now));
    this.times.length = Math.ceil(this.end * 100);
  }

  timeAt(position) {
    return position / 100;
  }

  cursorAt(seconds) {
    return Math.min(this.times.length, Math.floor(seconds * 100));
  }
}

export class Comparison {
  constructor(element, host, options) {
    this.host = host;
    this.options = options;
    this.tracks = (options.runs ?? []).map((each) => new Track(each));
    this.axis = new Hundredths(this.tracks);
    this.replay = new Replay(this.axis);
    this.following = true;
    this.mountedAt = Date.now();
    this.build(element);
    this.setOptions(options);
  }

  build(element) {
    this.readers = new Readers();
    const act = {
      toggle: () => this.toggle(),
      step: (count) => this.step(count),
      seek: (position, final) => this.seek(position, { final }),
      speed: (speed) => this.setSpeed(speed),
      follow: () => this.goLive(),
    };
    this.player = new Player(act, { brief: true });
    this.stage = h("div.tracks", {}, ...this.tracks.map((track) => track.row));
    this.columns = h("div.columns", {}, ...this.tracks.map((track) => track.column));
    for (const part of [this.stage, this.player.element, this.columns]) part.hidden = !this.tracks.length;
    this.root = h("section.wb", { tabindex: 0, "aria-label": "Comparison", "data-mode": "compare" }, h("style", {}, LOOK), this.readers.element, this.stage, this.player.element, this.columns);
    element.append(this.root);
    this.theme = new Theme(this.root, (colours) => this.recolour(colours));
    this.observer = new ResizeObserver(() => this.ask());
    this.observer.observe(this.stage);
    this.root.addEventListener("keydown", (event) => handleKey(this, event));
    for (const track of this.tracks) this.listen(track.canvas);
    this.clock = setInterval(() => this.isLive && this.ask(), prefersLessMotion() ? 1000 : 100);
  }

  listen(canvas) {
    const place = (event, final) => {
      const x = event.clientX - canvas.getBoundingClientRect().left;
      this.seek(plotOf(canvas.clientWidth, [0, this.end]).seconds(x) * 100, { final });
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      place(event, false);
    });
    canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && place(event, false));
    canvas.addEventListener("pointerup", (event) => place(event, true));
  }

  append(entries, run) {
    const tracks = this.tracksOf(run);
    if (!tracks.length || this.destroyed) return true;
    const contiguous = tracks.map((track) => track.append(entries)).every(Boolean);
    this.axis.refresh();
    if (this.eager) this.setPlaying(true);
    this.tellEnd();
    this.ask();
    return contiguous;
  }

  /** News only to those who were there. */
  tellEnd() {
    if (this.isLive || this.told) return;
    this.told = true;
    const last = Math.max(...this.tracks.map((track) => track.history.head.at));
    if (last * 1000 > this.mountedAt - RECENT_MS) this.emit("ended");
  }

  /** A run may be shown beside itself. */
  tracksOf(run) {
    return this.tracks.filter((track) => track.run === run);
  }

  cursorOf(run) {
    return this.tracksOf(run)[0]?.history.length ?? 0;
  }

  get isLive() {
    return this.tracks.some((track) => !track.history.ended);
  }

  get end() {
    return Math.max(0.5, this.axis.end ?? 0);
  }

  get position() {
    return this.replay.position;
  }

  get cursor() {
    return this.axis.times.length;
  }

  setOptions(options) {
    this.options = { ...this.options, ...options };
    if (options.theme !== undefined) this.theme.force(options.theme);
    if (options.height) this.root.style.setProperty("--wb-height", options.height);
    if (options.speed !== undefined) this.setSpeed(options.speed, false);
    if (options.selection !== undefined) this.setLoop(options.selection, false);
    if (Number.isInteger(options.position) && options.position !== this.position) this.seekWhenThere(options.position);
    if (options.playing !== undefined) this.setPlaying(Boolean(options.playing));
    this.ask();
  }

  /** A position may be asked for before its entries are here. */
  seekWhenThere(position) {
    this.axis.refresh();
    this.wanted = position > this.cursor ? position : null;
    if (this.wanted === null) this.seek(position);
  }

  /** Runs may be asked to play before their entries are here. */
  setPlaying(playing) {
    this.eager = playing && !this.cursor;
    if (!this.eager && playing !== this.replay.playing) this.toggle();
  }

  setSpeed(speed, tell = true) {
    this.replay.setSpeed(speed);
    if (tell) this.emit("speed", { speed: this.replay.speed });
    this.ask();
  }

  seek(position, { final = false } = {}) {
    this.replay.pause();
    this.replay.seek(position);
    this.following = this.isLive && this.position >= this.cursor;
    if (final) this.host.onPosition?.(this.position, true);
    this.ask();
  }

  step(count) {
    this.seek(this.position + count * STEP_S * 100, { final: true });
  }

  toggle() {
    this.following = false;
    if (this.replay.playing) this.replay.pause();
    else this.replay.play(performance.now() / 1000);
    this.wasPlaying = this.replay.playing;
    this.emit("playing", { playing: this.replay.playing });
    this.host.onPosition?.(this.position, true);
    this.ask();
  }

  goLive() {
    this.replay.pause();
    this.following = true;
    this.host.onPosition?.(this.position, true);
    this.ask();
  }

  setLoop(range, tell = true) {
    this.replay.setLoop(range);
    if (tell) this.emit("selection", { selection: this.replay.loop });
    this.ask();
  }

  zoomTo() {}

  toggleInspector() {}

  connection(change, run) {
    for (const track of this.tracksOf(run)) track.connection(change);
    this.ask();
  }

  emit(name, detail = {}) {
    this.host.onEvent?.(name, detail);
  }

  recolour(colours) {
    this.colours = colours;
    this.ask();
  }

  ask() {
    if (!this.frame && !this.destroyed) this.frame = requestAnimationFrame((now) => this.render(now / 1000));
  }

  render(now) {
    this.frame = 0;
    this.axis.refresh();
    if (this.replay.tick(now)) this.host.onPosition?.(this.position, false);
    if (!this.replay.playing && this.wasPlaying) {
      this.host.onPosition?.(this.position, true);
      this.emit("playing", { playing: false });
    }
    this.wasPlaying = this.replay.playing;
    if (this.wanted != null) this.seekWhenThere(this.wanted);
    if (this.following) this.replay.seek(this.cursor);
    const seconds = this.following ? this.end : this.replay.playing ? Math.min(this.replay.seconds, this.end) : this.position / 100;
    for (const track of this.tracks) track.render(seconds, this.end, this.colours, this.following);
    this.renderReaders();
    this.player.update({
      position: this.position,
      length: this.cursor,
      seconds,
      end: this.end,
      playing: this.replay.playing,
      speed: this.replay.speed,
      loop: null,
      live: this.isLive,
      following: this.following,
    });
    if (this.replay.playing) this.ask();
  }

  /** Medians when they are known; until then what the runs themselves say. */
  renderReaders() {
    const { drawing, reading_wpm: wordsPerMinute } = this.options;
    if (drawing) {
      const readings = drawing.lanes.map(({ label, reader }) => ({ label, ended: true, clock: reader && { starts: reader.from, ends: reader.to } }));
      this.readers.update({ lines: drawing.lanes.map(lineOfLane), sentence: claim(readings), wordsPerMinute: drawing.words_per_minute });
      return;
    }
    const readings = this.tracks.map((track) => track.reading(wordsPerMinute));
    this.readers.update({ lines: readings.map(lineOf), sentence: claim(readings), wordsPerMinute });
  }

  destroy() {
    this.destroyed = true;
    cancelAnimationFrame(this.frame);
    clearInterval(this.clock);
    this.observer.disconnect();
    for (const track of this.tracks) track.transcript.destroy();
    this.theme.destroy();
    this.root.remove();
  }
}
