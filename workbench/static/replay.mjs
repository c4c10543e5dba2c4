// The clock of a replay. Pure: it is told the time and says which cursor is due.

export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, Infinity];

export class Replay {
  /** `timeline` answers timeAt(cursor) and cursorAt(seconds). */
  constructor(timeline) {
    this.timeline = timeline;
    this.position = 0;
    this.playing = false;
    this.speed = 1;
    this.loop = null; // [from, to] in cursors
    this.seconds = 0;
    this.before = 0;
  }

  get last() {
    return this.timeline.times.length;
  }

  /** What is played: the loop, as far as its entries are here, or everything. */
  get span() {
    const [from, to] = this.loop ?? [0, this.last];
    const end = Math.min(to, this.last);
    return from < end ? [from, end] : [0, this.last];
  }

  play(now) {
    const [from, end] = this.span;
    if (this.position >= end) this.seek(from);
    this.playing = this.last > 0;
    this.before = now;
  }

  pause() {
    this.playing = false;
  }

  seek(cursor) {
    this.position = Math.max(0, Math.min(this.last, Math.round(cursor)));
    this.seconds = this.timeline.timeAt(this.position);
  }

  /** JSON has no infinity: a speed of 0 means at once. */
  setSpeed(speed) {
    const wanted = speed === 0 ? Infinity : speed;
    this.speed = SPEEDS.includes(wanted) ? wanted : 1;
  }

  /** Loop over a range of cursors; null plays through. */
  setLoop(range) {
    const [from, to] = range ?? [0, 0];
    this.loop = to > from ? [Math.max(0, from), to] : null;
  }

  /** Advance to a time in seconds; true when the position moved. */
  tick(now) {
    if (!this.playing) return false;
    const [from, end] = this.span;
    const old = this.position;
    this.seconds += this.speed === Infinity ? Infinity : Math.max(0, now - this.before) * this.speed;
    this.before = now;
    this.position = Math.max(old, Math.min(end, this.timeline.cursorAt(this.seconds)));
    if (this.position >= end) this.turn(from, end);
    return this.position !== old;
  }

  turn(from, end) {
    if (this.loop && this.speed !== Infinity) this.seek(from);
    else {
      this.seek(end);
      this.playing = false;
    }
  }
}
