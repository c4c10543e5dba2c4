import assert from "node:assert/strict";
import { test } from "node:test";
import { account, anew, decodeHead, headOf, Newest, pieces, remainder } from "../../workbench/static/bytes.mjs";
import { fetchRaw } from "../../workbench/static/fetch_raw.mjs";

const bytesOf = (text) => new TextEncoder().encode(text);

test("what can be read stands as it is", () => {
  assert.deepEqual(pieces('{"delta":"Belém 😀 \\u001b"}'), [{ text: '{"delta":"Belém 😀 \\u001b"}' }]);
  assert.deepEqual(pieces(""), []);
});

test("what nobody would see is shown by its bytes", () => {
  assert.deepEqual(pieces("a\t\u202eb\u2028\u0085"), [
    { text: "a" },
    { bytes: "09", name: "U+0009" },
    { bytes: "E2 80 AE", name: "U+202E" },
    { text: "b" },
    { bytes: "E2 80 A8", name: "U+2028" },
    { bytes: "C2 85", name: "U+0085" },
  ]);
  const tag = pieces("\u{e0041}\ufeff\u200d\u00a0\u007f");
  assert.deepEqual(
    tag.map(({ bytes }) => bytes),
    ["F3 A0 81 81", "EF BB BF", "E2 80 8D", "C2 A0", "7F"],
  );
});

test("the account says the length, and how near it is to what was sent", () => {
  assert.match(account({ bytes: 1234, source: "received" }), /^1,234 bytes · the event's data as it was received/);
  assert.match(account({ bytes: 1, source: "written" }), /^1 byte · written by the workbench/);
  assert.equal(account({ bytes: 2, source: null }), "2 bytes");
});

test("what is not shown is counted in bytes", () => {
  assert.equal(remainder({ text: "é", bytes: 2 }), "");
  assert.equal(remainder({ text: "é", bytes: 3 }), "1 more byte");
  assert.equal(remainder({ text: "é", bytes: 1_000_002 }), "1,000,000 more bytes");
});

test("a head ends between characters", () => {
  assert.equal(decodeHead(bytesOf("aé😀").subarray(0, 2)), "a");
  assert.equal(decodeHead(bytesOf("aé😀").subarray(0, 5)), "aé");
  assert.equal(decodeHead(bytesOf("\ufeffa")), "\ufeffa");
  assert.equal(headOf("aé😀", 5), "aé");
  assert.deepEqual(anew({ delta: "é" }), { text: '{"delta":"é"}', bytes: 14, source: "anew" });
});

/** A world whose time stands still, and readings that end when a test says so. */
function standing() {
  const readings = [];
  const told = [];
  const timers = new Map();
  const world = {
    now: 1000,
    performance: { now: () => world.now },
    setTimeout: (act, ms) => timers.set(timers.size + 1, { act, ms }) && timers.size,
    clearTimeout: (id) => timers.delete(id),
  };
  const read = (place, signal) => new Promise((resolve, reject) => readings.push({ place, signal, resolve, reject }));
  const newest = new Newest({ read, world, onValue: (value, place) => told.push([place, value]), onError: (error, place) => told.push([place, error.message]) });
  const ring = () => {
    const [[id, { act, ms }]] = timers;
    timers.delete(id);
    world.now += ms;
    act();
  };
  return { newest, readings, told, timers, ring, world };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a hand that rests is answered at once", async () => {
  const { newest, readings, told } = standing();
  newest.ask(7);
  readings[0].resolve("seven");
  await settled();
  assert.deepEqual(told, [[7, "seven"]]);
});

test("a hand that moves reads a few places, and is told of the last alone", async () => {
  const { newest, readings, told, timers, ring, world } = standing();
  for (let place = 1; place <= 30; place += 1) {
    newest.ask(place);
    world.now += 1;
  }
  assert.deepEqual([readings.length, timers.size], [1, 1]);
  assert.equal(readings[0].signal.aborted, true);
  ring();
  readings[0].resolve("one");
  readings[1].resolve("thirty");
  await settled();
  assert.deepEqual(told, [[30, "thirty"]]);
});

test("a failure is told once, and of what was left nothing", async () => {
  const { newest, readings, told, world } = standing();
  newest.ask(1);
  readings[0].reject(new Error("It is gone."));
  await settled();
  world.now += 500;
  newest.ask(2);
  newest.stop();
  readings[1].reject(new Error("aborted"));
  await settled();
  assert.deepEqual(told, [[1, "It is gone."]]);
});

const SOCKET = "http://host/base/api/runs/r1/ws?after=3";

test("a head is asked for beside the socket of the run", async () => {
  const asked = [];
  const fetch = async (address, { headers }) => {
    asked.push([address, headers.Range]);
    return new Response(bytesOf("aé").subarray(0, 2), { status: 206, headers: { "Content-Range": "bytes 0-1/900", "Workbench-Source": "received" } });
  };
  assert.deepEqual(await fetchRaw(SOCKET, 12, { most: 2 }, { fetch }), { text: "a", bytes: 900, source: "received" });
  assert.deepEqual(asked, [["http://host/base/api/runs/r1/entries/12/raw", "bytes=0-1"]]);
});

test("what goes wrong is a sentence", async () => {
  const answering = (body, status) => ({ fetch: async () => new Response(body, { status }) });
  const gone = answering('{"error":{"code":"gone","message":"Run r1 was deleted."}}', 410);
  await assert.rejects(fetchRaw(SOCKET, 1, {}, gone), { message: "Run r1 was deleted." });
  await assert.rejects(fetchRaw(SOCKET, 1, {}, answering("<html>", 502)), { message: "The workbench answered 502." });
  const nobody = { fetch: () => Promise.reject(new TypeError("Failed to fetch")) };
  await assert.rejects(fetchRaw(SOCKET, 1, {}, nobody), { message: "The workbench could not be reached." });
});
