import assert from "node:assert/strict";
import { test } from "node:test";
import { finishedParts, looksLikeJson, parsePartial } from "../../workbench/static/partial_json.mjs";

const WHOLE = String.raw`{"title":"A \"week\" é \\","n":-1.5e3,"list":[true,null,{"deep":[]}],"empty":{},"end":"x"}`;

function plainOf(node) {
  if (node.kind === "object") return Object.fromEntries(node.children.map(({ key, value }) => [key, plainOf(value)]));
  if (node.kind === "array") return node.children.map(({ value }) => plainOf(value));
  return node.kind === "string" ? node.value : JSON.parse(node.value);
}

test("whole JSON is read as a strict parser reads it", () => {
  const { root, error } = parsePartial(WHOLE);
  assert.equal(error, null);
  assert.equal(root.done, true);
  assert.deepEqual(plainOf(root), JSON.parse(WHOLE));
});

test("every beginning of JSON is a tree without an error", () => {
  let before = 0;
  for (let n = 0; n <= WHOLE.length; n += 1) {
    const { root, error } = parsePartial(WHOLE.slice(0, n));
    assert.equal(error, null, WHOLE.slice(0, n));
    const finished = finishedParts(root);
    assert.ok(finished >= before, "a finished part stays finished");
    before = finished;
  }
  assert.equal(before, 5);
});

test("an open string shows without the escape it may end in", () => {
  const shown = (text) => parsePartial(text).root.value;
  assert.deepEqual(['"ab', '"ab\\', '"ab\\u00e', '"ab\\\\', '"a\\n'].map(shown), ["ab", "ab", "ab", "ab\\", "a\n"]);
});

test("what is malformed says where and keeps what came before", () => {
  for (const [text, at] of [['{"a":1,}', 7], ["[1,]", 3], ['{"a" 1}', 5], ["[1 2]", 3], ["[01]", 2], ["[1] x", 4], ['["\\x"]', 1], ["nul!", 0]]) {
    const { error } = parsePartial(text);
    assert.equal(error?.at, at, text);
  }
  assert.equal(parsePartial('{"a":1,"b" 2}').root.children.length, 1);
});

test("deep nesting is refused, not a crash", () => {
  assert.match(parsePartial("[".repeat(100_000)).error.message, /deep/);
});

test("prose is not taken for JSON", () => {
  for (const text of ["{", '{"a', "[1", '[{"a"', "  {}"]) assert.equal(looksLikeJson(text), true, text);
  for (const text of ["Hello {", "{x}", "[link](https://x.org)", "[Note] that"]) assert.equal(looksLikeJson(text), false, text);
});
