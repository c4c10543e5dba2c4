// The entry under the cursor: decoded, as it is stored, and how long after the one before it. A
// list that makes only the rows in sight.

import { h, setAttribute, setText } from "./dom.mjs";
import { clip, count, duration, plain } from "./format.mjs";
import { Raw } from "./raw.mjs";

const ROW = 24;
const SPARE = 6;

export class Inspector {
  constructor(history, { onSeek, readRaw }) {
    this.history = history;
    this.onSeek = onSeek;
    this.raw = new Raw(readRaw);
    this.matches = null; // cursors, when a filter is set
    this.pool = [];
    this.filtered = 0;
    this.build();
  }

  build() {
    this.search = h("input.search", { type: "search", placeholder: "Filter by type or text", "aria-label": "Filter entries by type or text", oninput: () => this.filter() });
    this.found = h("span.found", { "aria-live": "polite" });
    this.rows = h("div.rows");
    this.list = h("div.list", { role: "listbox", "aria-label": "Entries", tabindex: 0, onscroll: () => this.renderRows() }, this.rows);
    this.list.addEventListener("click", (event) => {
      const row = event.target.closest("[data-cursor]");
      if (row) this.onSeek(Number(row.dataset.cursor));
    });
    this.title = h("h3.entry-title");
    this.times = h("p.entry-times");
    this.tabs = ["Decoded", "Raw"].map((name) => h("button.tab", { type: "button", "aria-pressed": name === "Decoded", onclick: () => this.choose(name) }, name));
    this.code = h("pre.entry", { role: "group", tabindex: 0, "aria-label": "Entry" });
    this.shown = "Decoded";
    this.element = h(
      "aside.inspector",
      { "aria-label": "Inspector" },
      h("div.filter", {}, this.search, this.found),
      this.list,
      h("div.entry-head", {}, this.title, ...this.tabs),
      this.times,
      this.code,
      this.raw.element,
    );
  }

  choose(name) {
    this.shown = name;
    for (const tab of this.tabs) tab.setAttribute("aria-pressed", String(tab.textContent === name));
    this.entry = null;
    this.update(this.position);
  }

  filter() {
    this.query = this.search.value.trim().toLowerCase();
    this.matches = this.query ? [] : null;
    this.filtered = 0;
    this.catchUp();
    this.list.scrollTop = 0;
    this.update(this.position);
  }

  /** Match what has arrived since the last look. */
  catchUp() {
    if (!this.matches) return;
    for (const entry of this.history.entries.slice(this.filtered)) {
      if (matches(entry, this.query)) this.matches.push(entry.cursor);
    }
    this.filtered = this.history.length;
  }

  update(position) {
    this.catchUp();
    const moved = position !== this.position;
    this.position = position;
    setText(this.found, this.matches ? `${count(this.matches.length)} of ${count(this.history.length)}` : `${count(this.history.length)} entries`);
    // As high as it will be, before it is scrolled: a list without rows has nowhere to go.
    this.rows.style.height = `${this.length * ROW}px`;
    if (moved) this.reveal();
    this.renderRows();
    this.renderEntry();
  }

  /** Out of sight: nothing is read, and where the list stood is found anew. */
  rest() {
    if (this.position === null) return;
    this.position = null;
    this.entry = undefined;
    this.raw.read(null);
  }

  get length() {
    return this.matches ? this.matches.length : this.history.length;
  }

  cursorOf(row) {
    return this.matches ? this.matches[row] : row + 1;
  }

  rowOf(cursor) {
    if (!this.matches) return cursor - 1;
    const row = this.matches.findLastIndex((other) => other <= cursor);
    return row;
  }

  reveal() {
    const top = this.rowOf(this.position) * ROW;
    const { scrollTop, clientHeight } = this.list;
    if (top < scrollTop || top + ROW > scrollTop + clientHeight) this.list.scrollTop = Math.max(0, top - clientHeight / 2);
  }

  renderRows() {
    const height = this.list.clientHeight || 240;
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW) - SPARE);
    const last = Math.min(this.length, first + Math.ceil(height / ROW) + 2 * SPARE);
    const key = [first, last, this.length, this.position, this.query].join();
    if (key === this.rowsKey) return;
    this.rowsKey = key;
    while (this.pool.length < last - first) this.pool.push(this.addRow());
    while (this.pool.length > last - first) this.pool.pop().element.remove();
    this.pool.forEach((row, i) => this.fillRow(row, first + i));
  }

  /** Rows are used again: making them anew at every step costs more than all else here. */
  addRow() {
    const parts = { number: h("span.number"), type: h("span.type"), preview: h("span.preview") };
    const element = h("div.row", { role: "option" }, ...Object.values(parts));
    this.rows.append(element);
    return { element, ...parts };
  }

  fillRow({ element, number, type, preview }, index) {
    const entry = this.history.entries[this.cursorOf(index) - 1];
    setAttribute(element, "aria-selected", String(entry.cursor === this.position));
    setAttribute(element, "data-cursor", entry.cursor);
    // Only the rows in sight exist; who hears the list must know how long it is.
    setAttribute(element, "aria-posinset", index + 1);
    setAttribute(element, "aria-setsize", this.length);
    element.style.top = `${index * ROW}px`;
    setText(number, count(entry.cursor));
    setText(type, plain(String(entry.event.type)));
    setText(preview, previewOf(entry.event));
  }

  renderEntry() {
    const entry = this.history.entries[this.position - 1] ?? null;
    if (entry === this.entry) return;
    this.entry = entry;
    const isRaw = this.shown === "Raw" && entry !== null;
    this.code.hidden = isRaw;
    this.raw.read(isRaw ? entry : null);
    if (!entry) {
      setText(this.title, "Before the first entry");
      setText(this.times, "");
      setText(this.code, "");
      return;
    }
    const before = this.history.entries[this.position - 2];
    setText(this.title, plain(`${count(entry.cursor)} · ${entry.event.type}`));
    const since = before ? `${duration(entry.at - before.at)} after the previous` : "the first entry";
    setText(this.times, `${since} · ${duration(entry.at - this.history.entries[0].at)} from the start · ${new Date(entry.at * 1000).toISOString()}`);
    if (isRaw) return;
    const { shown, hidden } = clip(JSON.stringify(entry.event, null, 2), 40_000);
    setText(this.code, plain(shown) + (hidden ? `\n… ${count(hidden)} more characters` : ""));
  }
}

function matches(entry, query) {
  if (String(entry.event.type).toLowerCase().includes(query)) return true;
  return JSON.stringify(entry.event).toLowerCase().includes(query);
}

function previewOf(event) {
  const text = event.delta ?? event.text ?? event.message ?? event.reason ?? event.fault ?? event.cause ?? event.status ?? event.mode ?? "";
  return plain(String(typeof text === "object" ? "" : text).slice(0, 80).replaceAll("\n", " "));
}
