// The Streamlit side: data comes down with every script run, entries come over our own socket.

import { Connection } from "./connection.mjs";
import { View } from "./view.mjs";

const shown = new WeakMap();

/** Called again whenever data or theme change, so all here may be done twice. */
export function renderStreamlit(component) {
  const { data, parentElement } = component;
  let screen = shown.get(parentElement);
  if (screen && screen.identity !== identityOf(data)) {
    screen.destroy();
    screen = null;
  }
  if (!screen) {
    screen = new SingleRun(parentElement, data);
    shown.set(parentElement, screen);
  }
  screen.update(component);
  return () => {
    screen.destroy();
    if (shown.get(parentElement) === screen) shown.delete(parentElement);
  };
}

function identityOf({ mode, run, runs, url }) {
  return JSON.stringify([mode ?? "live", run ?? null, url ?? null, runs?.map((each) => each.run) ?? null]);
}

class SingleRun {
  constructor(parent, data) {
    this.identity = identityOf(data);
    this.view = new View(parent, this.host(), optionsOf(data));
    if (data.entries) this.view.append(data.entries);
    if (data.url) this.connection = this.connect(data.url).start();
  }

  host() {
    return {
      onPosition: (position, final) => final && this.tellPosition(position),
      onEvent: (name, detail) => this.component?.setTriggerValue("event", { name, run: this.component.data.run, ...detail }),
    };
  }

  connect(url) {
    return new Connection({
      url: new URL(url, document.baseURI).href,
      cursor: () => this.view.cursor,
      onEntries: (entries) => this.view.append(entries),
      onChange: (change) => this.view.connection(change),
    });
  }

  update(component) {
    const { data } = component;
    const known = this.component !== undefined;
    this.component = component;
    if (data.entries) this.view.append(data.entries);
    if (!known) return;
    const { position, ...options } = optionsOf(data);
    this.view.setOptions(options);
    this.view.theme.refresh();
    // A position that came back from us is no order to go there.
    if (Number.isInteger(position) && position !== this.ordered && position !== this.told) this.view.seekWhenThere(position);
    this.ordered = position;
  }

  tellPosition(position) {
    if (position === this.told) return;
    this.told = position;
    this.component?.setStateValue("position", position);
  }

  destroy() {
    this.connection?.stop();
    this.view.destroy();
  }
}

function optionsOf(data) {
  const { mode, run, label, position, expected, theme, keys, height, speed, selection, inspect, stoppable } = data;
  const given = { mode, run, label, position, expected, theme, keys, height, speed, selection, inspect, stoppable };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null));
}
