import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Connection } from "../../workbench/static/connection.mjs";

/** A world whose time and sockets stand still until a test moves them. */
class World {
  constructor() {
    this.sockets = [];
    this.timers = new Map();
    this.navigator = { onLine: true };
    this.listeners = {};
    this.Math = { random: () => 1 };
    const world = this;
    this.WebSocket = class {
      constructor(url) {
        this.url = new URL(url);
        world.sockets.push(this);
      }

      close() {
        this.isClosed = true;
      }
    };
  }

  addEventListener(name, act) {
    this.listeners[name] = act;
  }

  removeEventListener(name) {
    delete this.listeners[name];
  }

  setTimeout(act, ms) {
    const id = Symbol("timer");
    this.timers.set(id, { act, ms });
    return id;
  }

  clearTimeout(id) {
    this.timers.delete(id);
  }

  /** Let the timer of so many milliseconds ring. */
  ring(ms) {
    const [id, { act }] = [...this.timers].find(([, timer]) => timer.ms === ms);
    this.timers.delete(id);
    act();
  }

  get socket() {
    return this.sockets.at(-1);
  }

  get pauses() {
    return [...this.timers.values()].map(({ ms }) => ms);
  }
}

let world, held, said, ended, connection;

beforeEach(() => {
  [world, held, said, ended] = [new World(), 0, [], 0];
  connection = new Connection({
    url: "http://host/api/runs/r/ws",
    cursor: () => held,
    onEntries: (entries) => entries.every(({ cursor }) => take(cursor)),
    onChange: (change) => said.push(change),
    onEnd: () => (ended += 1),
    world,
  }).start();
});

function take(cursor) {
  if (cursor === held + 1) held = cursor;
  return cursor <= held;
}

const send = (value) => world.socket.onmessage({ data: JSON.stringify(value) });
const entries = (...cursors) => cursors.map((cursor) => ({ cursor }));

test("it asks for what follows the last entry held", () => {
  assert.equal(world.socket.url.href, "ws://host/api/runs/r/ws?after=0");
  send(entries(1, 2, 3));
  world.socket.onclose({ code: 1006 });
  world.ring(250);
  assert.equal(world.socket.url.searchParams.get("after"), "3");
});

test("a gap is asked for again on a new socket", () => {
  const first = world.socket;
  send(entries(1, 2));
  send(entries(5));
  assert.equal(first.isClosed, true);
  world.ring(250);
  assert.equal(world.socket.url.searchParams.get("after"), "2");
  first.onmessage({ data: JSON.stringify(entries(6)) });
  assert.equal(held, 2);
});

test("pauses grow to a limit and shrink when entries come", () => {
  const seen = [];
  for (let i = 0; i < 7; i += 1) {
    world.socket.onclose({ code: 1006 });
    seen.push(...world.pauses);
    world.ring(world.pauses[0]);
  }
  assert.deepEqual(seen, [250, 500, 1000, 2000, 4000, 8000, 8000]);
  send(entries(1));
  world.socket.onclose({ code: 1006 });
  assert.deepEqual(world.pauses, [250]);
});

test("the end is the end", () => {
  send({ end: true });
  assert.equal(ended, 1);
  world.socket.onclose?.({ code: 1000 });
  assert.deepEqual([world.sockets.length, world.timers.size], [1, 0]);
});

test("a refusal is said and not asked for again", () => {
  world.socket.onclose({ code: 4404, reason: "" });
  assert.equal(said.at(-1).state, "refused");
  assert.match(said.at(-1).message, /does not exist/);
  assert.equal(world.timers.size, 0);
});

test("offline it waits for the network, not for a clock", () => {
  world.navigator.onLine = false;
  world.listeners.offline();
  assert.deepEqual([said.at(-1).state, world.timers.size], ["offline", 0]);
  world.navigator.onLine = true;
  world.listeners.online();
  assert.equal(world.sockets.length, 2);
});

test("a silent server is left after a while, and pings break the silence", () => {
  world.socket.onopen();
  send({ ping: 1 });
  assert.deepEqual(world.pauses, [30_000]);
  world.ring(30_000);
  assert.equal(said.at(-1).state, "reconnecting");
});

test("a server that never answers the first word is left as well", () => {
  const first = world.socket;
  world.ring(30_000);
  assert.deepEqual([first.isClosed, said.at(-1).state], [true, "reconnecting"]);
  world.ring(250);
  assert.equal(world.sockets.length, 2);
});

test("what cannot be read leads to a new socket", () => {
  world.socket.onmessage({ data: "{" });
  assert.equal(said.at(-1).state, "reconnecting");
});

test("after a stop nothing happens any more", () => {
  connection.stop();
  assert.equal(world.socket.isClosed, true);
  world.sockets[0].onclose({ code: 1006 });
  assert.deepEqual([world.sockets.length, world.timers.size, Object.keys(world.listeners)], [1, 0, []]);
});
