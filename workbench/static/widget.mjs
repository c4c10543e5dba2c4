// The anywidget side: state that matters is in traits, entries come as messages.

import { makeScreen, runsOf } from "./screen.mjs";

const ASK_AGAIN_MS = 1000;
const TELL_MS = 100;
const ANSWER_MS = 10_000;
const TRAITS = ["position", "speed", "playing", "selection"];

export const WIDGET = {
  render({ model, el }) {
    const host = new Host(model, el);
    return () => host.destroy();
  },
};

class Host {
  constructor(model, element) {
    this.model = model;
    this.element = element;
    this.listeners = {
      "msg:custom": (message) => this.receive(message),
      "change:options": () => this.reshape(),
      "change:mode": () => this.reshape(),
      "change:run": () => this.reshape(),
    };
    for (const name of TRAITS) this.listeners[`change:${name}`] = () => this.obey(name);
    for (const [name, act] of Object.entries(this.listeners)) model.on(name, act);
    this.asked = new Map(); // questions about stored texts, by number
    this.retry = setInterval(() => this.askMissing(), ASK_AGAIN_MS);
    this.build();
  }

  data() {
    const { model } = this;
    return { ...(model.get("options") ?? {}), mode: model.get("mode") || "live", run: model.get("run") };
  }

  build() {
    const data = this.data();
    const options = { ...data };
    for (const name of TRAITS) options[name] = this.model.get(name) ?? undefined;
    for (const name of Object.keys(options)) if (options[name] === undefined) delete options[name];
    this.identity = identityOf(data);
    this.runs = new Set(runsOf(data).map(({ run }) => run).filter(Boolean));
    this.waiting = new Set(this.runs); // for a first answer, or for what was missing
    this.screen = makeScreen(this.element, this.face(), options);
    this.askMissing();
  }

  /** Other runs or another mode need another screen; anything else is an option. */
  reshape() {
    const data = this.data();
    if (identityOf(data) === this.identity) {
      this.screen.setOptions(data);
      return;
    }
    this.screen.destroy();
    this.build();
  }

  face() {
    return {
      // Who follows the newest entry is at no place that would still be right after a reload.
      onPosition: (position, final) => this.tell("position", this.screen.following ? null : position, final),
      onEvent: (name, detail) => this.emit(name, detail),
      readRaw: (cursor, wanted) => this.readRaw(cursor, wanted),
    };
  }

  /** The stored text of an entry, or its beginning; the kernel answers by the question's number. */
  readRaw(cursor, { most, signal } = {}) {
    const ask = (this.questions = (this.questions ?? 0) + 1);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.answer({ ask, error: "The kernel does not answer; it may be busy, or gone." }), ANSWER_MS);
      this.asked.set(ask, { resolve, reject, timer });
      signal?.addEventListener("abort", () => this.answer({ ask, error: "Overtaken." }));
      this.model.send({ type: "raw", run: this.model.get("run"), cursor, most, ask });
    });
  }

  answer({ ask, error, text, bytes, source }) {
    const question = this.asked.get(ask);
    if (!question) return;
    this.asked.delete(ask);
    clearTimeout(question.timer);
    if (error) question.reject(new Error(error));
    else question.resolve({ text, bytes, source });
  }

  emit(name, detail) {
    if (TRAITS.includes(name)) this.tell(name, detail[name], true);
    else this.model.send({ type: "event", name, run: this.model.get("run"), detail });
  }

  /** Traits follow the hand at ten a second, and its last place always. */
  tell(name, value, final) {
    const now = performance.now();
    if (!final && now - (this.toldAt ?? 0) < TELL_MS) return;
    this.toldAt = now;
    const plain = value === Infinity ? 0 : value;
    if (JSON.stringify(this.model.get(name)) === JSON.stringify(plain)) return;
    this.model.set(name, plain);
    this.model.save_changes();
  }

  obey(name) {
    const value = this.model.get(name);
    if (name === "position") this.go(value);
    else this.screen.setOptions({ [name]: value });
  }

  go(position) {
    if (position === null || position === undefined) {
      if (!this.screen.following) this.screen.goLive?.();
    } else if (position !== this.screen.position && !this.isBeside(position)) this.screen.setOptions({ position });
  }

  /** Two views of one widget play alike; the place of the other is no order to go there. */
  isBeside(position) {
    const { replay } = this.screen;
    if (!replay?.playing) return false;
    return Math.abs(replay.timeline.timeAt(position) - replay.seconds) < 2 * replay.speed;
  }

  /** Ask the kernel for what follows, until it has answered once for every run. */
  askMissing() {
    for (const run of this.waiting) this.ask(run);
  }

  ask(run) {
    this.model.send({ type: "sync", run, after: this.screen.cursorOf(run) });
  }

  receive(message) {
    const run = message?.run ?? this.model.get("run");
    if (!this.runs.has(run)) return;
    if (message.type === "trouble") {
      this.waiting.delete(run);
      this.screen.connection({ state: "refused", message: message.message }, run);
    } else if (message.type === "append") this.take(message, run);
    else if (message.type === "raw") this.answer(message);
  }

  take(message, run) {
    const contiguous = this.screen.append(message.entries ?? [], run);
    if (contiguous) this.waiting.delete(run);
    else {
      this.waiting.add(run);
      this.ask(run);
    }
  }

  destroy() {
    clearInterval(this.retry);
    for (const { timer } of this.asked.values()) clearTimeout(timer);
    for (const [name, act] of Object.entries(this.listeners)) this.model.off(name, act);
    this.screen.destroy();
  }
}

function identityOf(data) {
  return JSON.stringify([data.mode, runsOf(data).map(({ run }) => run)]);
}
