// The anywidget side: state that matters is in traits, entries come as messages.

import { View } from "./view.mjs";

const ASK_AGAIN_MS = 1000;
const TELL_MS = 100;

export const WIDGET = {
  render({ model, el }) {
    const widget = new SingleRun(model, el);
    return () => widget.destroy();
  },
};

class SingleRun {
  constructor(model, element) {
    this.model = model;
    this.synced = false;
    this.view = new View(element, this.host(), this.options());
    this.listeners = {
      "msg:custom": (message) => this.receive(message),
      "change:position": () => this.obey("position"),
      "change:speed": () => this.obey("speed"),
      "change:playing": () => this.obey("playing"),
      "change:selection": () => this.obey("selection"),
      "change:mode": () => this.obey("mode"),
      "change:options": () => this.view.setOptions(model.get("options") ?? {}),
      "change:run": () => this.restart(),
    };
    for (const [name, act] of Object.entries(this.listeners)) model.on(name, act);
    this.sync();
    this.retry = setInterval(() => this.synced || this.sync(), ASK_AGAIN_MS);
  }

  options() {
    const { model } = this;
    const position = model.get("position");
    const options = { ...(model.get("options") ?? {}), mode: model.get("mode") ?? "live" };
    for (const name of ["speed", "selection", "playing"]) options[name] = model.get(name) ?? undefined;
    if (Number.isInteger(position) && position > 0) options.position = position;
    return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  }

  host() {
    return {
      onPosition: (position, final) => this.tell("position", position, final),
      onEvent: (name, detail) => this.emit(name, detail),
    };
  }

  emit(name, detail) {
    if (["playing", "speed", "selection"].includes(name)) this.tell(name, detail[name], true);
    else this.model.send({ type: "event", name, run: this.model.get("run"), detail });
  }

  /** Traits follow the hand at ten a second, and its last place always. */
  tell(name, value, final) {
    const now = performance.now();
    if (!final && now - (this.toldAt ?? 0) < TELL_MS) return;
    this.toldAt = now;
    if (this.model.get(name) === value) return;
    this.model.set(name, value === Infinity ? 0 : value);
    this.model.save_changes();
  }

  obey(name) {
    const value = this.model.get(name);
    if (name === "position" && value === this.view.position) return;
    this.view.setOptions({ [name]: name === "speed" && value === 0 ? Infinity : value });
  }

  sync() {
    this.model.send({ type: "sync", run: this.model.get("run"), after: this.view.cursor });
  }

  receive(message) {
    if (message?.type !== "append" || message.run !== this.model.get("run")) return;
    this.synced = this.view.append(message.entries ?? []);
    if (!this.synced) this.sync();
  }

  restart() {
    this.synced = false;
    this.view.replace([]);
    this.sync();
  }

  destroy() {
    clearInterval(this.retry);
    for (const [name, act] of Object.entries(this.listeners)) this.model.off(name, act);
    this.view.destroy();
  }
}
