// The reader's timeline: one line for each transport, saying when words come and when they are
// read. Drawn with boxes so that it prints, copies and speaks.

import { h, setAttribute, setText } from "./dom.mjs";
import { duration, moment, plain } from "./format.mjs";
import { WORDS_PER_MINUTE } from "./reading.mjs";

// What each way of asking is like for whoever waits.
const HINTS = {
  stream: "words as they come",
  background: "streamed and resumable",
  sync: "one answer at the end",
  poll: "asked for now and then",
};
const KINDS = { wait: "waiting", think: "reasoning", write: "words arriving", read: "reading on" };

export class Readers {
  constructor() {
    this.sentence = h("p.claim", { "aria-live": "polite" });
    this.rows = h("div.readers-rows");
    this.pace = h("span");
    const keys = Object.entries(KINDS).map(([kind, text]) => h("span.key", {}, h(`i.${kind}`), text));
    this.legend = h("p.legend", {}, ...keys, this.pace);
    this.element = h("section.readers", { "aria-label": "The reader's timeline" }, this.sentence, this.rows, this.legend);
    this.lines = new Map();
  }

  /** `lines`: [{label, parts: [{kind, from, to}], words}] in seconds. */
  update({ lines, sentence, wordsPerMinute = WORDS_PER_MINUTE }) {
    this.element.hidden = !lines.length;
    const until = axisOf(lines);
    for (const line of lines) this.line(line.label).update(line, until);
    this.keepOnly(new Set(lines.map((line) => line.label)));
    setText(this.sentence, plain(sentence));
    setText(this.pace, `at ${wordsPerMinute} words a minute`);
  }

  keepOnly(labels) {
    for (const [label, line] of this.lines) {
      if (labels.has(label)) continue;
      line.element.remove();
      this.lines.delete(label);
    }
  }

  line(label) {
    let line = this.lines.get(label);
    if (!line) {
      line = new Line(label);
      this.lines.set(label, line);
      this.rows.append(line.element);
    }
    return line;
  }
}

/** The end of the axis. Reading may take an hour where writing took a second, so it may run
 *  over the edge: what a comparison shows is when the words come. */
function axisOf(lines) {
  const latest = (parts) => Math.max(0.001, ...parts.map((part) => part.to));
  const all = lines.flatMap((line) => line.parts);
  return Math.min(latest(all), latest(all.filter((part) => part.kind !== "read")) * 3);
}

class Line {
  constructor(label) {
    this.bars = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, h(`i.${kind}`)]));
    this.words = h("span.words");
    this.hint = h("span.hint");
    this.element = h("div.reader", {}, h("span.reader-label", {}, plain(label)), h("div.reader-bar", {}, ...Object.values(this.bars)), this.hint, this.words);
  }

  update({ parts, words, transport }, until) {
    setText(this.hint, HINTS[transport] ?? "");
    for (const [kind, bar] of Object.entries(this.bars)) {
      const part = parts.find((each) => each.kind === kind);
      bar.style.left = `${((part?.from ?? 0) / until) * 100}%`;
      bar.style.width = `${(Math.max(0, part ? part.to - part.from : 0) / until) * 100}%`;
    }
    setAttribute(this.element, "data-beyond", parts.some((part) => part.to > until * 1.001) ? "true" : null);
    setText(this.words, words);
  }
}

/** A line for a run under way or ended: {label, clock, thinks, now, ended} -> a line to draw. */
export function lineOf({ label, transport, clock, thinks, now, ended }) {
  const starts = clock?.starts ?? now;
  const complete = ended ? (clock?.complete ?? now) : Math.max(now, clock?.complete ?? 0);
  const thought = thinks === null ? starts : Math.min(thinks, starts);
  const parts = [
    { kind: "wait", from: 0, to: thought },
    { kind: "think", from: thought, to: starts },
  ];
  if (clock) parts.push({ kind: "write", from: starts, to: complete }, { kind: "read", from: complete, to: clock.ends });
  return { label, transport, parts, words: sentenceOf({ clock, now, ended }) };
}

function sentenceOf({ clock, now, ended }) {
  if (!clock) return ended ? `no words · ended ${moment(now)}` : `waiting ${duration(now)}`;
  const said = [`first words ${moment(clock.starts)}`];
  if (ended) said.push(`complete ${moment(clock.complete)}`, `reader done ${moment(clock.ends)}`);
  return said.join(" · ");
}

/** A lane of a measured comparison (medians over its repeats) as a line to draw. */
export function lineOfLane({ label, transport, phases, marks, reader, failed, completed }) {
  const end = phases.at(-1)?.to ?? 0;
  const parts = phases.map((phase) => ({ ...phase }));
  if (reader) parts.push({ kind: "read", from: end, to: Math.max(end, reader.to) });
  const said = marks.filter(({ at }) => at > 0).map(({ name, at }) => `${name} ${moment(at)}`);
  if (failed) said.push(`${failed} of ${failed + completed} runs failed`);
  return { label, transport, parts, words: said.join(" · ") || "nothing to measure" };
}

/** What the comparison says in one sentence, once there is enough to say it:
 *  readings are [{label, clock: {starts, ends} | null, ended}]. */
export function claim(readings) {
  const told = readings.filter(({ clock, ended }) => clock && ended);
  if (told.length < 2 || told.length < readings.length) return "";
  const first = least(told, (reading) => reading.clock.starts);
  const last = least(told, (reading) => -reading.clock.starts);
  const done = least(told, (reading) => reading.clock.ends);
  const late = least(told, (reading) => -reading.clock.ends);
  const head = last.clock.starts - first.clock.starts;
  if (head < 0.02) return "All show their first words at the same time.";
  const saved = late.clock.ends - done.clock.ends;
  const whose = done === first ? "its reader" : `with ${done.label} the reader`;
  const rest = saved >= 0.05 ? `, and ${whose} is done ${duration(saved)} earlier` : "";
  return `${first.label.charAt(0).toUpperCase()}${first.label.slice(1)} shows its first words ${duration(head)} before ${last.label}${rest}.`;
}

function least(items, value) {
  return items.reduce((best, item) => (value(item) < value(best) ? item : best));
}
