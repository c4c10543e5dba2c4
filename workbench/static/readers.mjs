// The reader's timeline: one line for each transport, saying when words come and when they are
// read. Drawn with boxes so that it prints, copies and speaks.

import { h, setText } from "./dom.mjs";
import { duration } from "./format.mjs";

export class Readers {
  constructor() {
    this.sentence = h("p.claim", { "aria-live": "polite" });
    this.rows = h("div.readers-rows");
    this.element = h(
      "section.readers",
      { "aria-label": "The reader's timeline" },
      this.sentence,
      this.rows,
      h("p.legend", {}, key("waits", "waiting"), key("arrives", "words arriving"), key("reads", "reading on"), h("span", {}, "at 238 words a minute")),
    );
    this.lines = new Map();
  }

  /** `readings`: [{label, clock: {starts, complete, ends} | null, now, ended}]. */
  update(readings) {
    const longest = Math.max(1, ...readings.map(({ clock, now }) => Math.max(clock?.ends ?? 0, now)));
    for (const reading of readings) this.line(reading.label).update(reading, longest);
    setText(this.sentence, claim(readings));
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

class Line {
  constructor(label) {
    this.waits = h("i.waits");
    this.arrives = h("i.arrives");
    this.reads = h("i.reads");
    this.words = h("span.words");
    this.element = h("div.reader", {}, h("span.reader-label", {}, label), h("div.reader-bar", {}, this.waits, this.arrives, this.reads), this.words);
  }

  update({ clock, now, ended }, longest) {
    const at = (seconds) => `${(seconds / longest) * 100}%`;
    const starts = clock?.starts ?? now;
    const complete = ended ? (clock?.complete ?? now) : Math.max(now, clock?.complete ?? 0);
    place(this.waits, 0, starts, at);
    place(this.arrives, starts, clock ? complete : starts, at);
    place(this.reads, complete, clock ? Math.max(complete, clock.ends) : complete, at);
    setText(this.words, sentence({ clock, now, ended }));
  }
}

function place(element, from, to, at) {
  element.style.left = at(from);
  element.style.width = at(Math.max(0, to - from));
}

function sentence({ clock, now, ended }) {
  if (!clock) return ended ? `0 ms sent · no words · ${duration(now)} ended` : `0 ms sent · ${duration(now)} waiting`;
  const said = ["0 ms sent", `${duration(clock.starts)} first words`];
  if (ended) said.push(`${duration(clock.complete)} complete`, `${duration(clock.ends)} reader done`);
  return said.join(" · ");
}

/** What the comparison says in one sentence, once there is enough to say it. */
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
  return `${first.label} shows its first words ${duration(head)} before ${last.label}${rest}.`;
}

function least(items, value) {
  return items.reduce((best, item) => (value(item) < value(best) ? item : best));
}

function key(name, text) {
  return h("span.key", {}, h(`i.${name}`), text);
}
