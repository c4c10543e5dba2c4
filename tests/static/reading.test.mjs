import assert from "node:assert/strict";
import { test } from "node:test";
import { claim, lineOf, lineOfLane } from "../../workbench/static/readers.mjs";
import { Pieces, readerClock } from "../../workbench/static/reading.mjs";

test("a reader who gets all at once reads from then on", () => {
  const clock = readerClock([[10, "one two three four"]], 60);
  assert.deepEqual([clock.words, clock.starts, clock.complete, clock.ends, clock.saved], [4, 10, 10, 14, 0]);
});

test("a reader of a stream has read most of it when it ends", () => {
  const clock = readerClock([[1, "one two "], [2, "thr"], [3, "ee "], [10, "four"]], 60);
  assert.deepEqual([clock.starts, clock.complete, clock.ends, clock.waits], [1, 10, 11, 6]);
});

test("no words, no clock", () => {
  assert.equal(readerClock([[1, "  \n"]]), null);
});

test("time begins with the first request and a restart forgets what was read", () => {
  const pieces = new Pieces();
  const delta = (text) => ({ type: "response.output_text.delta", output_index: 0, delta: text });
  const events = [
    { type: "workbench.run.created" },
    { type: "workbench.attempt.started", mode: "create" },
    delta("lost words"),
    { type: "workbench.attempt.started", mode: "restart" },
    delta("one "),
    { type: "response.output_text.done", output_index: 0, text: "one two" },
  ];
  events.forEach((event, i) => pieces.add({ cursor: i + 1, at: 100 + i, event }));
  assert.deepEqual(pieces.pieces, [[104, "one "], [105, "two"]]);
  assert.equal(pieces.clock().starts, 3);
});

test("the claim waits for all and names the gain", () => {
  const reading = (label, starts, ends, ended = true) => ({ label, clock: { starts, ends }, ended, now: ends });
  assert.equal(claim([reading("Stream", 1, 20), reading("Poll", 5, 24, false)]), "");
  assert.equal(
    claim([reading("stream", 1, 20), reading("Poll", 5, 24)]).replaceAll("\u00a0", " "),
    "Stream shows its first words 4.0 s before Poll, and its reader is done 4.0 s earlier.",
  );
});

test("a line says what each moment was, then when", () => {
  const words = (line) => line.words.replaceAll("\u00a0", " ");
  assert.equal(words(lineOf({ label: "sync", clock: null, thinks: null, now: 4.314, ended: false })), "waiting 4.3 s");
  const clock = { starts: 4.473, complete: 10.1, ends: 395 };
  assert.equal(
    words(lineOf({ label: "stream", clock, thinks: 0.5, now: 11, ended: true })),
    "first words 4.47 s · complete 10.1 s · reader done 6 min 35 s",
  );
  const marks = [{ name: "sent", at: 0 }, { name: "first words", at: 0.25 }];
  assert.equal(words(lineOfLane({ label: "a", phases: [], marks, reader: null, failed: 0, completed: 1 })), "first words 250 ms");
});
