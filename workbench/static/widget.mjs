// The anywidget side: state that matters is in traits, entries come as messages.

import { dataOf, Inbox } from "./inbox.mjs";
import { makeScreen, runsOf } from "./screen.mjs";

const TELL_MS = 100;
const TRAITS = ["position", "speed", "playing", "selection"];

/** One for each widget, which may have any number of views; `messages` came before it was made. */
export function widget() {
  let inbox;
  return {
    initialize({ model, messages }) {
      inbox = new Inbox(model, messages);
      return () => inbox.close();
    },
    render({ model, el }) {
      const host = new Host(model, el, inbox);
      return () => host.destroy();
    },
  };
}

class Host {
  constructor(model, element, inbox) {
    this.model = model;
    this.element = element;
    this.inbox = inbox;
    this.listeners = {
      "change:options": () => this.reshape(),
      "change:mode": () => this.reshape(),
      "change:run": () => this.reshape(),
    };
    for (const name of TRAITS) this.listeners[`change:${name}`] = () => this.obey(name);
    for (const [name, act] of Object.entries(this.listeners)) model.on(name, act);
    inbox.views.add(this);
    this.build();
  }

  build() {
    const data = dataOf(this.model);
    const options = { ...data };
    for (const name of TRAITS) options[name] = this.model.get(name) ?? undefined;
    for (const name of Object.keys(options)) if (options[name] === undefined) delete options[name];
    this.identity = identityOf(data);
    this.screen = makeScreen(this.element, this.face(), options);
    if (!this.inbox.entries.size) this.hidePicture();
    for (const run of this.inbox.entries.keys()) this.take(run);
    for (const [run, sentence] of this.inbox.refused) this.refuse(run, sentence);
  }

  /** Other runs or another mode need another screen; anything else is an option. */
  reshape() {
    const data = dataOf(this.model);
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
      readRaw: (cursor, wanted) => this.inbox.readRaw(cursor, wanted),
    };
  }

  take(run) {
    const held = this.inbox.entries.get(run);
    const after = this.screen.cursorOf(run);
    if (held.length > after) this.screen.append(held.slice(after), run);
    if (held.length) this.hidePicture();
  }

  refuse(run, sentence) {
    this.screen.connection({ state: "refused", message: sentence }, run);
  }

  /** The still picture beside the widget is for pages where nothing moves. */
  hidePicture() {
    if (this.style) return;
    this.style = document.createElement("style");
    this.style.textContent = this.model.get("hiding") ?? "";
    this.element.append(this.style);
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

  destroy() {
    this.inbox.views.delete(this);
    for (const [name, act] of Object.entries(this.listeners)) this.model.off(name, act);
    this.style?.remove();
    this.screen.destroy();
  }
}

function identityOf(data) {
  return JSON.stringify([data.mode, runsOf(data).map(({ run }) => run)]);
}
