// JSON that is still arriving, as a tree whose nodes know whether they are whole.
// For looking only: nothing acts on a tree before strict parsing has accepted the text.

const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][-+]?\d*)?/y;
const WHOLE_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;
const WORDS = ["true", "false", "null"];
const DEEPEST = 200;

/** {root, error}: root is null before the first value; error is {at, message} or null. */
export function parsePartial(text) {
  const reader = { text, at: 0, depth: 0, error: null };
  const root = value(reader);
  space(reader);
  if (root?.done && reader.at < text.length) fail(reader, "text after the end of the value");
  return { root, error: reader.error };
}

/** How many direct parts of the root are whole. */
export function finishedParts(root) {
  return root?.children ? root.children.filter((child) => child.value.done).length : Number(root?.done ?? 0);
}

/** Whether a text looks like structured output rather than prose. */
export function looksLikeJson(text) {
  return /^\s*(\{\s*("|\}|$)|\[\s*([[{"\d\]-]|t|f|n|$))/.test(text);
}

/** Malformed text is read as if it ended where it went wrong, so all before it stays visible. */
function fail(reader, message, at = reader.at) {
  reader.error ??= { at, message };
  reader.at = reader.text.length;
  return null;
}

function space(reader) {
  SPACE.lastIndex = reader.at;
  SPACE.test(reader.text);
  reader.at = SPACE.lastIndex;
}

function value(reader) {
  space(reader);
  const first = reader.text[reader.at];
  if (first === undefined) return null;
  if (first === '"') return string(reader);
  if (first === "{" || first === "[") return container(reader, first);
  if (first === "-" || (first >= "0" && first <= "9")) return number(reader);
  return word(reader);
}

function string(reader) {
  const start = reader.at;
  let at = start + 1;
  for (; ; at += 1) {
    const next = reader.text.indexOf('"', at);
    if (next < 0) break;
    at = next;
    let slashes = 0;
    while (reader.text[at - 1 - slashes] === "\\") slashes += 1;
    if (slashes % 2 === 0) {
      reader.at = at + 1;
      return unquote(reader, start);
    }
  }
  reader.at = reader.text.length;
  return { kind: "string", value: unfinished(reader.text.slice(start)), done: false };
}

function unquote(reader, start) {
  try {
    return { kind: "string", value: JSON.parse(reader.text.slice(start, reader.at)), done: true };
  } catch {
    return fail(reader, "an unknown escape or a bare control character in a string", start);
  }
}

/** An open string without the escape it may end in. */
function unfinished(source) {
  const whole = source.replace(/\\(u[0-9a-fA-F]{0,3})?$/, (tail, _, at) => (isEscaped(source, at) ? tail : ""));
  try {
    return JSON.parse(`${whole}"`);
  } catch {
    return whole.slice(1);
  }
}

function isEscaped(source, at) {
  let slashes = 0;
  while (source[at - 1 - slashes] === "\\") slashes += 1;
  return slashes % 2 === 1;
}

function number(reader) {
  NUMBER.lastIndex = reader.at;
  const [source] = NUMBER.exec(reader.text);
  reader.at += source.length;
  const done = reader.at < reader.text.length;
  if (done && !WHOLE_NUMBER.test(source)) return fail(reader, `${source} is not a number`);
  return { kind: "number", value: source, done };
}

function word(reader) {
  const rest = reader.text.slice(reader.at, reader.at + 5);
  const whole = WORDS.find((name) => rest.startsWith(name));
  if (whole) {
    reader.at += whole.length;
    return { kind: "word", value: whole, done: true };
  }
  const open = WORDS.find((name) => name.startsWith(rest));
  if (!open) return fail(reader, "no value begins like this");
  reader.at += rest.length;
  return { kind: "word", value: rest, done: false };
}

function container(reader, bracket) {
  const isObject = bracket === "{";
  const node = { kind: isObject ? "object" : "array", children: [], done: false };
  reader.at += 1;
  reader.depth += 1;
  if (reader.depth > DEEPEST) fail(reader, "nested too deeply to show");
  fill(reader, node, isObject);
  reader.depth -= 1;
  return node;
}

function fill(reader, node, isObject) {
  for (;;) {
    space(reader);
    const next = reader.text[reader.at];
    if (next === undefined) return;
    if (next === (isObject ? "}" : "]") && node.children.length === 0) return close(reader, node);
    const child = isObject ? member(reader) : { key: null, value: value(reader) };
    if (!child?.value) return;
    node.children.push(child);
    space(reader);
    const after = reader.text[reader.at];
    if (after === undefined) return;
    if (after === (isObject ? "}" : "]")) return close(reader, node);
    if (after !== ",") return fail(reader, `a comma or ${isObject ? "}" : "]"} belongs here`);
    reader.at += 1;
  }
}

function close(reader, node) {
  reader.at += 1;
  node.done = true;
}

function member(reader) {
  if (reader.text[reader.at] !== '"') return fail(reader, "a name in quotes belongs here");
  const key = string(reader);
  space(reader);
  if (!key.done || reader.at >= reader.text.length) return null;
  if (reader.text[reader.at] !== ":") return fail(reader, "a colon belongs here");
  reader.at += 1;
  return { key: key.value, value: value(reader) };
}
