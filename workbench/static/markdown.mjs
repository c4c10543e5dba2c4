// A small, safe subset of Markdown as a tree: headings, lists, quotes, fences, emphasis, code,
// links. What it does not know stays text. Pure: the tree becomes elements in transcript.mjs.

const FENCE = /^ {0,3}(```+|~~~+)\s*([\w+-]*)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;

/** Split text into the sources of its blocks; while text grows, only the last one changes. */
export function blocks(text) {
  const found = [];
  let lines = [];
  let fence = null;
  const flush = () => {
    if (lines.length) found.push(lines.join("\n"));
    lines = [];
  };
  for (const line of text.split("\n")) {
    const mark = FENCE.exec(line)?.[1];
    if (fence) {
      lines.push(line);
      if (mark && mark[0] === fence[0] && mark.length >= fence.length) {
        fence = null;
        flush();
      }
    } else if (mark) {
      flush();
      fence = mark;
      lines.push(line);
    } else if (!line.trim()) flush();
    else if (HEADING.test(line)) {
      flush();
      found.push(line);
    } else lines.push(line);
  }
  flush();
  return found;
}

/** One block's source as a node. */
export function block(source) {
  const fence = FENCE.exec(source);
  if (fence) return code(source, fence);
  const heading = HEADING.exec(source);
  if (heading) return { kind: "heading", level: heading[1].length, children: inline(heading[2]) };
  if (RULE.test(source)) return { kind: "rule" };
  const lines = source.split("\n");
  if (lines.every((line) => /^ {0,3}>/.test(line))) {
    return { kind: "quote", children: inline(lines.map((line) => line.replace(/^ {0,3}> ?/, "")).join("\n")) };
  }
  const first = lines.findIndex((line) => ITEM.test(line));
  if (first === 0) return list(lines);
  if (first > 0) {
    return { kind: "group", children: [block(lines.slice(0, first).join("\n")), list(lines.slice(first))] };
  }
  return { kind: "paragraph", children: inline(source) };
}

function code(source, fence) {
  const lines = source.split("\n");
  const closed = lines.length > 1 && FENCE.exec(lines.at(-1))?.[1]?.startsWith(fence[1]);
  return { kind: "code", language: fence[2], text: lines.slice(1, closed ? -1 : undefined).join("\n") };
}

function list(lines) {
  const items = [];
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item) items.push({ depth: Math.min(3, Math.floor(item[1].length / 2)), number: numberOf(item[2]), text: item[3] });
    else items.at(-1).text += `\n${line.trim()}`;
  }
  return {
    kind: "list",
    items: items.map(({ depth, number, text }) => ({ depth, number, children: inline(text) })),
  };
}

function numberOf(marker) {
  return /\d/.test(marker) ? Number.parseInt(marker, 10) : null;
}

const INLINE = /(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)|\*\*(?=\S)([\s\S]*?\S)\*\*|\*(?=[^\s*])([^*\n]*[^\s*])\*|\[([^\][\n]{1,500})\]\(([^()\s]{1,2000})\)/g;
const LONGEST_INLINE = 50_000;

export function inline(text) {
  // Emphasis in a line of a megabyte is nobody's intention, and looking for it is slow.
  if (text.length > LONGEST_INLINE) return [{ kind: "text", text }];
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    if (found.index > end) nodes.push({ kind: "text", text: text.slice(end, found.index) });
    nodes.push(span(found));
    end = found.index + found[0].length;
  }
  if (end < text.length) nodes.push({ kind: "text", text: text.slice(end) });
  return nodes;
}

function span([whole, ticks, codeText, strong, emphasis, label, address]) {
  if (ticks) return { kind: "code-span", text: codeText };
  if (strong !== undefined) return { kind: "strong", children: inline(strong) };
  if (emphasis !== undefined) return { kind: "emphasis", text: emphasis };
  const href = safeAddress(address);
  return href ? { kind: "link", text: label, href } : { kind: "text", text: whole };
}

/** Only what leads to a page: never a script, a file or data. */
export function safeAddress(address) {
  try {
    const url = new URL(address);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}
