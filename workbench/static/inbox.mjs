// What the kernel said to one widget, kept for all its views: the one that is there and those that
// are made later, when the kernel may be busy or gone.

import { runsOf } from "./screen.mjs";

const FIRST_MS = 200; // what the kernel sends unasked is given this long
const ASK_AGAIN_MS = 1000;
const ANSWER_MS = 10_000;

export class Inbox {
  constructor(model, messages = []) {
    this.model = model;
    this.views = new Set(); // {take(run), refuse(run, sentence)}
    this.entries = new Map();
    this.refused = new Map();
    this.waiting = new Set(); // runs of which a first answer is due, or what is missing
    this.questions = new Map();
    this.asked = Math.floor(Math.random() * 1e9); // another page must not take our answers
    this.listeners = { "msg:custom": (message) => this.receive(message) };
    for (const name of ["run", "mode", "options"]) this.listeners[`change:${name}`] = () => this.change();
    for (const [name, act] of Object.entries(this.listeners)) model.on(name, act);
    this.expect();
    for (const message of messages) this.receive(message);
    this.first = setTimeout(() => this.askMissing(), FIRST_MS);
    this.retry = setInterval(() => this.askMissing(), ASK_AGAIN_MS);
  }

  /** The traits say which runs are shown; the others are forgotten. */
  expect() {
    const runs = new Set(runsOf(dataOf(this.model)).map(({ run }) => run).filter(Boolean));
    for (const run of this.entries.keys()) {
      if (runs.has(run)) continue;
      for (const each of [this.entries, this.refused, this.waiting]) each.delete(run);
    }
    for (const run of runs) {
      if (this.entries.has(run)) continue;
      this.entries.set(run, []);
      this.waiting.add(run);
    }
  }

  change() {
    this.expect();
    this.askMissing();
  }

  askMissing() {
    for (const run of this.waiting) this.ask(run);
  }

  ask(run) {
    this.model.send({ type: "sync", run, after: this.entries.get(run).length });
  }

  receive(message) {
    const { type, run } = message;
    if (type === "raw") this.answer(message);
    else if (!this.entries.has(run)) return;
    else if (type === "trouble") this.refuse(run, message.message);
    else if (type === "append") this.append(run, message.entries);
  }

  /** What is there already is passed over; a gap is asked for at once. */
  append(run, entries) {
    const held = this.entries.get(run);
    for (const entry of entries) if (entry.cursor === held.length + 1) held.push(entry);
    if (!entries.length || entries.at(-1).cursor <= held.length) this.waiting.delete(run);
    else {
      this.waiting.add(run);
      this.ask(run);
    }
    for (const view of this.views) view.take(run);
  }

  refuse(run, sentence) {
    this.waiting.delete(run);
    this.refused.set(run, sentence);
    for (const view of this.views) view.refuse(run, sentence);
  }

  /** The stored text of an entry, or its beginning; the kernel answers by the question's number. */
  readRaw(cursor, { most, signal } = {}) {
    const ask = (this.asked += 1);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.answer({ ask, error: "The kernel does not answer; it may be busy, or gone." }), ANSWER_MS);
      this.questions.set(ask, { resolve, reject, timer });
      signal?.addEventListener("abort", () => this.answer({ ask, error: "Overtaken." }));
      this.model.send({ type: "raw", run: this.model.get("run"), cursor, most, ask });
    });
  }

  answer({ ask, error, text, bytes, source }) {
    const question = this.questions.get(ask);
    if (!question) return;
    this.questions.delete(ask);
    clearTimeout(question.timer);
    if (error) question.reject(new Error(error));
    else question.resolve({ text, bytes, source });
  }

  close() {
    clearTimeout(this.first);
    clearInterval(this.retry);
    for (const { timer } of this.questions.values()) clearTimeout(timer);
    for (const [name, act] of Object.entries(this.listeners)) this.model.off(name, act);
  }
}

/** What a screen is made of, out of a widget's traits. */
export function dataOf(model) {
  return { ...(model.get("options") ?? {}), mode: model.get("mode") || "live", run: model.get("run") };
}
