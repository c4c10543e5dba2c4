import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../workbench/static/history.mjs";
import { toDict, fold } from "../../workbench/static/fold.mjs";
import { Timeline } from "../../workbench/static/timeline.mjs";

function entries(...events) {
  return events.map(([at, event], i) => ({ cursor: i + 1, at: 1000 + at, event }));
}

function lined(...events) {
  const timeline = new Timeline();
  for (const entry of entries(...events)) timeline.add(entry);
  return timeline;
}

const delta = (at, text, index = 0) => [at, { type: "response.output_text.delta", output_index: index, delta: text }];
const fact = (at, type, fields = {}) => [at, { type: `workbench.${type}`, ...fields }];

test("an interruption cuts an attempt and a seam joins it to the next", () => {
  const { spans, marks } = lined(
    fact(0, "attempt.started", { attempt: 1, mode: "create" }),
    fact(1, "attempt.interrupted", { cause: "cut" }),
    fact(1, "waiting", { reason: "backoff", seconds: 2 }),
    fact(3, "attempt.started", { attempt: 2, mode: "resume" }),
    fact(4, "attempt.resumed", { starting_after: 7 }),
    fact(5, "run.completed"),
  ).lanes.transport;
  assert.deepEqual(spans.map(({ kind, start, end }) => [kind, start, end]), [
    ["create", 0, 1], ["seam", 1, 3], ["waiting", 1, 3], ["resume", 3, 5],
  ]);
  assert.equal(spans[0].cut, true);
  assert.deepEqual(marks.map(({ kind }) => kind), ["resumed", "ended"]);
});

test("columns hold all the weight of the deltas they cover", () => {
  const timeline = lined(delta(0, "a"), delta(1, "bbbb"), delta(2, "c"));
  assert.deepEqual([...timeline.columns("text", 0, 2, 2)].map((n) => Math.round(n * 100)), [45, 100]);
  assert.equal(timeline.lanes.text.between(0, 2.1), 6);
});

test("text that came in one piece weighs as much as its characters", () => {
  const timeline = lined([0, { type: "response.output_text.done", output_index: 0, text: "whole" }]);
  assert.equal(timeline.lanes.text.between(0, 1), 5);
});

test("cursor and time lead to each other", () => {
  const timeline = lined(delta(0, "a"), delta(1, "b"), delta(1, "c"), delta(3, "d"));
  assert.deepEqual([-1, 0, 0.5, 1, 9].map((at) => timeline.cursorAt(at)), [0, 1, 1, 3, 4]);
  assert.deepEqual([0, 1, 3, 4, 99].map((cursor) => timeline.timeAt(cursor)), [0, 0, 1, 3, 3]);
});

test("a clock that stands behind does not turn the lanes around", () => {
  assert.equal(lined(delta(5, "a"), delta(4, "b"), delta(6, "c")).timeAt(2), 0);
});

test("faults of both sides stand in one lane", () => {
  const { marks } = lined(fact(0, "fault", { fault: "cut@3" }), fact(1, "attempt.interrupted", { cause: "reset" }), [2, { type: "error", message: "busy" }]).lanes.faults;
  assert.deepEqual(marks.map(({ label }) => label), ["fault: cut@3", "interrupted: reset", "error: busy"]);
});

test("a history takes only what follows, and says when something is missing", () => {
  const history = new History();
  const all = entries(delta(0, "a"), delta(1, "b"), delta(2, "c"), delta(3, "d"));
  assert.equal(history.append(all.slice(0, 2)), true);
  assert.equal(history.append(all.slice(0, 3)), true);
  assert.equal(history.append(all.slice(0, 1).concat(entries(delta(9, "x")).map((e) => ({ ...e, cursor: 9 })))), false);
  assert.equal(history.length, 3);
});

test("any cursor of a long history is a short fold away and means the same", () => {
  const all = entries(...Array.from({ length: 2300 }, (_, i) => delta(i / 100, `w${i} `, i % 3)));
  const history = new History();
  history.append(all);
  for (const cursor of [0, 1, 499, 500, 501, 2299, 1200, 1201, 2300]) {
    assert.deepEqual(toDict(history.stateAt(cursor)), toDict(fold(all.slice(0, cursor))));
  }
});
