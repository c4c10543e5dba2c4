import assert from "node:assert/strict";
import { test } from "node:test";
import { Replay } from "../../workbench/static/replay.mjs";
import { Timeline } from "../../workbench/static/timeline.mjs";

/** Ten entries, one a second. */
function replay() {
  const timeline = new Timeline();
  for (let i = 0; i < 10; i += 1) timeline.add({ cursor: i + 1, at: 100 + i, event: { type: "x" } });
  return new Replay(timeline);
}

test("it plays at the pace of the entries", () => {
  const clock = replay();
  clock.play(50);
  clock.tick(50.5);
  assert.equal(clock.position, 1);
  clock.tick(53.1);
  assert.equal(clock.position, 4);
});

test("speed multiplies the pace", () => {
  const clock = replay();
  clock.setSpeed(4);
  clock.play(0);
  clock.tick(1);
  assert.equal(clock.position, 5);
});

test("at once is at once", () => {
  const clock = replay();
  clock.setSpeed(Infinity);
  clock.play(0);
  assert.equal(clock.tick(0), true);
  assert.deepEqual([clock.position, clock.playing], [10, false]);
});

test("it stops at the end and starts over from there", () => {
  const clock = replay();
  clock.play(0);
  clock.tick(99);
  assert.deepEqual([clock.position, clock.playing], [10, false]);
  clock.play(100);
  assert.deepEqual([clock.position, clock.playing], [0, true]);
});

test("a loop turns back to its beginning", () => {
  const clock = replay();
  clock.setLoop([3, 6]);
  clock.seek(4);
  clock.play(0);
  clock.tick(2.5);
  assert.deepEqual([clock.position, clock.playing], [3, true]);
  clock.setLoop([6, 6]);
  assert.equal(clock.loop, null);
});

test("a loop may be set before its entries are here", () => {
  const timeline = { times: { length: 0 }, timeAt: () => 0, cursorAt: () => 0 };
  const clock = new Replay(timeline);
  clock.setLoop([3, 6]);
  assert.deepEqual([clock.loop, clock.span], [[3, 6], [0, 0]]);
  timeline.times.length = 5;
  assert.deepEqual(clock.span, [3, 5]);
});

test("a place outside the run is its nearest end", () => {
  const clock = replay();
  clock.seek(-1);
  assert.equal(clock.position, 0);
  clock.seek(99);
  assert.equal(clock.position, 10);
});

test("an unknown speed is the plain one", () => {
  const clock = replay();
  clock.setSpeed(3);
  assert.equal(clock.speed, 1);
});
