// The Streamlit side: data comes down with every script run, entries come over our own sockets.

import { Connection } from "./connection.mjs";
import { fetchRaw } from "./fetch_raw.mjs";
import { makeScreen, runsOf } from "./screen.mjs";

const NOT_OPTIONS = new Set(["run", "url", "entries"]);
const hosts = new WeakMap();

/** Called again whenever data or theme change, so all here may be done twice. */
export function renderStreamlit(component) {
  const { data, parentElement } = component;
  let host = hosts.get(parentElement);
  if (host && host.identity !== identityOf(data)) {
    host.destroy();
    host = null;
  }
  if (host) host.update(component);
  else hosts.set(parentElement, (host = new Host(component)));
  return () => {
    host.destroy();
    if (hosts.get(parentElement) === host) hosts.delete(parentElement);
  };
}

function identityOf(data) {
  return JSON.stringify([data.mode ?? "live", runsOf(data).map(({ run, url }) => [run, url])]);
}

class Host {
  constructor(component) {
    const { data, parentElement } = component;
    this.component = component;
    this.identity = identityOf(data);
    this.asked = optionsOf(data);
    this.screen = makeScreen(parentElement, this.face(), this.asked);
    if (data.run) this.screen.root.dataset.run = data.run;
    this.take(data);
    this.connections = runsOf(data)
      .filter(({ url }) => url)
      .map(({ run, url }) => this.connect(run, url).start());
  }

  face() {
    const { url } = this.component.data;
    return {
      readRaw: url ? (cursor, wanted) => fetchRaw(new URL(url, document.baseURI), cursor, wanted) : undefined,
      onPosition: (position, final) => final && this.tellPosition(position),
      onEvent: (name, detail) => this.component.setTriggerValue("event", { name, run: this.component.data.run ?? null, ...detail }),
    };
  }

  connect(run, url) {
    return new Connection({
      url: new URL(url, document.baseURI).href,
      cursor: () => this.screen.cursorOf(run),
      onEntries: (entries) => this.screen.append(entries, run),
      onChange: (change) => this.screen.connection(change, run),
    });
  }

  take(data) {
    for (const { run, entries } of runsOf(data)) if (entries) this.screen.append(entries, run);
  }

  update(component) {
    this.component = component;
    const before = this.asked;
    this.asked = optionsOf(component.data);
    // What a script asked for before is no order now: the reader may have chosen otherwise.
    const news = Object.entries(this.asked).filter(([name, value]) => !isSame(value, before[name]));
    const orders = Object.fromEntries(news);
    if (orders.position === this.told) delete orders.position;
    this.screen.setOptions(orders);
    this.screen.theme.refresh();
    this.take(component.data);
  }

  tellPosition(position) {
    if (position === this.told) return;
    this.told = position;
    this.component.setStateValue("position", position);
  }

  destroy() {
    for (const connection of this.connections) connection.stop();
    this.screen.destroy();
  }
}

function isSame(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

function optionsOf(data) {
  return Object.fromEntries(
    Object.entries(data).filter(([name, value]) => !NOT_OPTIONS.has(name) && value !== undefined && value !== null),
  );
}
