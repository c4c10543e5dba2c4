import assert from "node:assert/strict";
import { test } from "node:test";
import { clip, duration, ending, lastLine, plain, roundDuration, tickLabel, ticks } from "../../workbench/static/format.mjs";

const spaced = (text) => text.replaceAll("\u00a0", " ");

test("a duration is as exact as its size deserves", () => {
  const said = [0, 0.42, 3.04, 59.94, 59.96, 185, 7440].map((seconds) => spaced(duration(seconds)));
  assert.deepEqual(said, ["0 ms", "420 ms", "3.0 s", "59.9 s", "1 min 00 s", "3 min 05 s", "2 h 04 min"]);
  assert.equal(duration(NaN), "–");
});

test("thinking is told in whole seconds and never in none", () => {
  assert.equal(spaced(roundDuration(0.6)), "1 s");
  assert.equal(spaced(roundDuration(12.4)), "12 s");
});

test("an axis has round steps and labels of one unit", () => {
  assert.deepEqual(ticks(0, 2, 5), [0, 0.5, 1, 1.5, 2]);
  assert.deepEqual(ticks(0, 0, 5), []);
  assert.deepEqual([0, 0.5, 2].map((tick) => tickLabel(tick, 0.5)), ["0", "0.5 s", "2.0 s"]);
});

test("what is invisible is made visible", () => {
  assert.equal(plain("\u001b[31mred\u0007\u007f \u202egnp.exe\n\ttab"), "␛[31mred␇␡ ⟨U+202E⟩gnp.exe\n\ttab");
});

test("a long text is cut and says how much is left", () => {
  assert.deepEqual(clip("abcdef", 4), { shown: "abcd", hidden: 2 });
  assert.deepEqual(clip("abc", 4), { shown: "abc", hidden: 0 });
});

test("the live line is the last line without its marks", () => {
  assert.equal(lastLine("**Reading**\n\n# The `wish`\n"), "The wish");
});

test("an end that is not a success is a calm sentence", () => {
  const base = { final: null, error: null };
  assert.match(ending({ ...base, status: "interrupted", error: { message: "The wire was cut." } }), /^The wire was cut\. Everything/);
  const incomplete = { ...base, status: "incomplete", final: { incomplete_details: { reason: "max_output_tokens" } } };
  assert.equal(ending(incomplete), "The response ended early: max output tokens.");
  assert.equal(ending({ ...base, status: "completed" }), null);
});
