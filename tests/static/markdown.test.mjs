import assert from "node:assert/strict";
import { test } from "node:test";
import { block, blocks, inline, safeAddress } from "../../workbench/static/markdown.mjs";

test("blocks are split at blank lines but not inside a fence", () => {
  assert.deepEqual(blocks("# A\ntext\n\n```\none\n\ntwo\n```\nend"), ["# A", "text", "```\none\n\ntwo\n```", "end"]);
});

test("the blocks of growing text change only at the end", () => {
  const text = "# A\n\npara one\n\n- a\n- b\n\n```js\nlet x;\n\nlet y;\n```\n\nlast";
  for (let n = 1; n < text.length; n += 1) {
    const [before, after] = [blocks(text.slice(0, n)), blocks(text.slice(0, n + 1))];
    assert.deepEqual(after.slice(0, before.length - 1), before.slice(0, -1));
  }
});

test("an open fence is code already", () => {
  assert.deepEqual(block("```py\ndays = 7"), { kind: "code", language: "py", text: "days = 7" });
});

test("a list keeps its numbers and its depth", () => {
  const { items } = block("3. three\n  - nested\n4. four");
  assert.deepEqual(items.map(({ number, depth }) => [number, depth]), [[3, 0], [null, 1], [4, 0]]);
});

test("emphasis, code and links are found and the rest is text", () => {
  const kinds = inline("a **b `c`** *d* `e` [f](https://x.org) * g").map((node) => node.kind);
  assert.deepEqual(kinds, ["text", "strong", "text", "emphasis", "text", "code-span", "text", "link", "text"]);
});

test("only addresses of pages become links", () => {
  const refused = ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "file:///etc/passwd", "//x.org", "/local", "vbscript:x"];
  for (const address of refused) assert.equal(safeAddress(address), null);
  assert.deepEqual(inline("[x](javascript:alert%281%29)"), [{ kind: "text", text: "[x](javascript:alert%281%29)" }]);
  assert.equal(safeAddress("https://example.org/a"), "https://example.org/a");
});

test("markup is text", () => {
  assert.deepEqual(inline("<script>x</script>"), [{ kind: "text", text: "<script>x</script>" }]);
});

test("a megabyte without an end takes no time", () => {
  const before = performance.now();
  for (const text of ["*".repeat(1e6), "[".repeat(1e6), "`".repeat(1e6), "a".repeat(1e6)]) block(blocks(text)[0]);
  for (const text of ["*".repeat(4e4), "[".repeat(4e4), "`a".repeat(2e4), "**a".repeat(1e4)]) inline(text);
  assert.ok(performance.now() - before < 5000);
});
