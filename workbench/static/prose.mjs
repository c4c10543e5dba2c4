// Growing text as elements: prose block by block, structured output as a tree. Only what
// changed is made again.

import { h, setText } from "./dom.mjs";
import { clip, count, plain } from "./format.mjs";
import { block, blocks } from "./markdown.mjs";
import { finishedParts, looksLikeJson, parsePartial } from "./partial_json.mjs";

const LONG_TEXT = 300_000;
const GROUP = 24;

/** A text of a message: prose or JSON, whichever it turns out to be. */
export class Prose {
  constructor() {
    this.blocks = h("div.blocks");
    this.more = h("button.more", { type: "button", hidden: true, onclick: () => this.showAll() });
    this.element = h("div.prose", {}, this.blocks, this.more);
    this.sources = [];
    this.text = null;
    this.whole = false;
    this.isJson = false;
  }

  update(text, { done }) {
    if (text === this.text && done === this.done) return;
    const isJson = looksLikeJson(text);
    if (isJson !== this.isJson) this.reset(isJson);
    this.done = done;
    this.text = text;
    if (isJson) this.tree.update(text, done);
    else this.render();
  }

  reset(isJson) {
    this.isJson = isJson;
    this.sources = [];
    this.tree = isJson ? new JsonTree() : null;
    this.blocks.replaceChildren(...(isJson ? [this.tree.element] : []));
  }

  render() {
    const { shown, hidden } = this.whole ? { shown: this.text, hidden: 0 } : clip(this.text, LONG_TEXT);
    const sources = blocks(shown);
    let same = 0;
    while (same < sources.length && sources[same] === this.sources[same]) same += 1;
    this.keep(same);
    for (let i = same; i < sources.length; i += 1) this.group(i).append(renderBlock(sources[i]));
    this.sources = sources;
    this.more.hidden = !hidden;
    if (hidden) setText(this.more, `Show ${count(hidden)} more characters`);
  }

  /** Blocks hang in groups, so that a browser may pass over those out of sight. */
  group(i) {
    if (i % GROUP === 0) this.blocks.append(h("div.group"));
    return this.blocks.lastElementChild;
  }

  keep(number) {
    const groups = Math.ceil(number / GROUP);
    while (this.blocks.childElementCount > groups) this.blocks.lastElementChild.remove();
    const last = this.blocks.lastElementChild;
    const inLast = number - (groups - 1) * GROUP;
    while (last && last.childElementCount > inLast) last.lastElementChild.remove();
  }

  showAll() {
    this.whole = true;
    this.render();
  }
}

function renderBlock(source) {
  const { shown, hidden } = clip(source);
  const element = renderNode(hidden ? { kind: "paragraph", children: [{ kind: "text", text: shown }] } : block(source));
  if (hidden) {
    const show = (event) => event.target.replaceWith(longText(source.slice(shown.length)));
    element.append(h("button.more", { type: "button", onclick: show }, `Show ${count(hidden)} more characters`));
  }
  return element;
}

/** A long run of characters in pieces a browser can lay out as they come into sight. */
export function longText(text) {
  const pieces = [];
  for (let at = 0; at < text.length; at += 4000) pieces.push(h("span.piece", {}, plain(text.slice(at, at + 4000))));
  return h("span", {}, ...pieces);
}

const RENDER = {
  text: (node) => document.createTextNode(plain(node.text)),
  paragraph: (node) => h("p", {}, ...inside(node)),
  heading: (node) => h(`h${Math.min(6, node.level + 2)}`, {}, ...inside(node)),
  quote: (node) => h("blockquote", {}, ...inside(node)),
  group: (node) => h("div", {}, ...inside(node)),
  rule: () => h("hr"),
  strong: (node) => h("strong", {}, ...inside(node)),
  emphasis: (node) => h("em", {}, plain(node.text)),
  link: (node) => h("a", { href: node.href, rel: "noopener noreferrer nofollow", target: "_blank" }, plain(node.text)),
  "code-span": (node) => h("code", {}, plain(node.text)),
  code: (node) => h("pre", { tabindex: 0, "aria-label": node.language ? `Code, ${node.language}` : "Code" }, h("code", {}, plain(node.text))),
  list: (node) => h("ul.marked", {}, ...node.items.map(listItem)),
};

function renderNode(node) {
  return RENDER[node.kind](node);
}

function inside(node) {
  return node.children.map(renderNode);
}

function listItem(item) {
  const mark = item.number === null ? "•" : `${item.number}.`;
  return h(`li.depth-${item.depth}`, { "data-mark": mark }, ...inside(item));
}

/** Structured output as it forms; parsed again only when it grew by a few percent. */
export class JsonTree {
  constructor() {
    this.count = h("span.count");
    this.note = h("span.note");
    this.body = h("div.tree");
    this.element = h("div.structured", {}, h("div.caption", {}, "Structured output", this.count, this.note), this.body);
    this.parsed = 0;
  }

  update(text, done) {
    const grown = Math.abs(text.length - this.parsed) > this.parsed * 0.03;
    if (!grown && !done) return;
    this.parsed = text.length;
    const { root, error } = parsePartial(text);
    const parts = finishedParts(root);
    setText(this.count, `${count(parts)} ${parts === 1 ? "part" : "parts"} finished`);
    setText(this.note, verdict(root, error, done));
    this.note.classList.toggle("bad", Boolean(error));
    this.body.replaceChildren(root ? treeNode(null, root) : h("span.open", {}, "…"));
  }
}

function verdict(root, error, done) {
  if (error) return `malformed at character ${count(error.at + 1)}: ${error.message}`;
  if (!done) return "";
  return root?.done || root?.kind === "number" ? "valid JSON" : "ended before the JSON was whole";
}

function treeNode(key, node) {
  const name = key === null ? null : h("span.key", {}, plain(key));
  if (!node.children) return h("div.leaf", {}, name, leaf(node));
  const kind = node.kind === "array" ? `${count(node.children.length)} items` : "";
  const rows = node.children.map((child, i) => treeNode(node.kind === "array" ? String(i + 1) : child.key, child.value));
  return h(`div.branch.${node.kind}`, {}, name, h("span.kind", {}, kind), h("div.rows", {}, ...rows, isTip(node) ? h("span.open") : null));
}

/** Where the text ends: the one node under which nothing else is open. */
function isTip(node) {
  return !node.done && (node.children.at(-1)?.value.done ?? true);
}

function leaf(node) {
  const { shown, hidden } = clip(String(node.value), 4000);
  const text = hidden ? `${plain(shown)}… ${count(hidden)} more characters` : plain(shown);
  return h(`span.value.${node.kind}${node.done ? "" : ".open"}`, {}, text);
}

/** Whole JSON with indentation; what is not whole stays as it came. */
export function prettyJson(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
