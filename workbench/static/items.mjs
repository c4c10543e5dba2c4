// One output item as its events build it up. The twin of workbench/state/items.py, which says
// why; here each item also knows when it began and ended, and what of it was filled in.

// A call carries what it was asked under one of these names, by its type.
const ARGUMENT_FIELDS = ["arguments", "input", "code", "action", "operation", "queries"];
// And what came of it under one of these.
const OUTPUT_FIELDS = ["output", "outputs", "results", "result", "tools", "error"];

export function newItem(index, at) {
  return {
    index,
    id: null,
    type: null,
    status: null,
    done: false,
    raw: {},
    parts: [], // {kind: text | refusal | summary | thought | command, index, text, done}
    arguments: "",
    annotations: {},
    commandOutputs: {},
    startedAt: at,
    endedAt: null,
    filled: false,
  };
}

/** A copy that later folding cannot touch; strings are shared. */
export function copyItem(item) {
  return {
    ...item,
    parts: item.parts.map((part) => ({ ...part })),
    annotations: copyLists(item.annotations),
    commandOutputs: copyLists(item.commandOutputs),
  };
}

function copyLists(lists) {
  return Object.fromEntries(Object.entries(lists).map(([at, list]) => [at, list.slice()]));
}

export function isTool(type) {
  return type !== null && (type.endsWith("_call") || type === "mcp_list_tools" || type === "mcp_approval_request");
}

/** How a transcript shows it: reasoning, tool, message or other. */
export function kindOf(item) {
  if (item.type === "reasoning") return "reasoning";
  if (isTool(item.type)) return "tool";
  const speaks = item.parts.some((part) => part.kind === "text" || part.kind === "refusal");
  return speaks || item.type === "message" ? "message" : "other";
}

export function indexOr0(value) {
  return Number.isInteger(value) ? value : 0;
}

export function partOf(item, kind, index) {
  const at = indexOr0(index);
  let part = item.parts.find((other) => other.kind === kind && other.index === at);
  if (!part) {
    part = { kind, index: at, text: "", done: false };
    const later = item.parts.findIndex((other) => other.kind === kind && other.index > at);
    item.parts.splice(later < 0 ? item.parts.length : later, 0, part);
  }
  return part;
}

/** Take a whole text for true; 1 when it contradicts the deltas. An empty one says nothing. */
export function settle(holder, name, whole) {
  if (typeof whole !== "string" || !whole || holder[name] === whole) return 0;
  const before = holder[name];
  holder[name] = whole;
  return before ? 1 : 0;
}

/** An item as announced or as the provider holds it; how many parts contradicted their deltas. */
export function describe(item, raw) {
  item.raw = { ...item.raw, ...raw };
  item.id = item.id || textOrNull(raw.id);
  item.type = textOrNull(raw.type) || item.type;
  item.status = textOrNull(raw.status) || item.status;
  let wrong = 0;
  objects(raw.content).forEach((content, i) => (wrong += settlePart(item, i, content)));
  objects(raw.summary).forEach((part, i) => (wrong += settle(partOf(item, "summary", i), "text", part.text)));
  for (const name of ["arguments", "input", "code"]) wrong += settle(item, "arguments", raw[name]);
  const commands = raw.action?.commands;
  if (Array.isArray(commands)) commands.forEach((each, i) => (wrong += settle(partOf(item, "command", i), "text", each)));
  return wrong;
}

export function settlePart(item, index, content) {
  if (content.type === "reasoning_text") return settle(partOf(item, "thought", index), "text", content.text);
  if (content.type === "refusal") return settle(partOf(item, "refusal", index), "text", content.refusal);
  const notes = content.annotations;
  if (Array.isArray(notes) && notes.length) item.annotations[indexOr0(index)] = notes.slice();
  const text = content.text === undefined ? content.transcript : content.text;
  return settle(partOf(item, "text", index), "text", text);
}

export function annotate(item, contentIndex, annotationIndex, note) {
  const notes = (item.annotations[indexOr0(contentIndex)] ??= []);
  if (Number.isInteger(annotationIndex) && annotationIndex >= 0 && annotationIndex < notes.length) {
    notes[annotationIndex] = note;
  } else notes.push(note);
}

export function textsOf(item, kind) {
  return item.parts.filter((part) => part.kind === kind).map((part) => part.text);
}

/** Lists kept under an index, in order. */
export function inOrder(lists) {
  return Object.keys(lists)
    .map(Number)
    .sort((a, b) => a - b)
    .map((at) => lists[at]);
}

export function toolOf(item) {
  return {
    item_id: item.id,
    call_id: textOrNull(item.raw.call_id),
    name: textOrNull(item.raw.name),
    kind: item.type ?? "",
    arguments: argumentsOf(item),
    status: item.status,
    output_index: item.index,
    output: outputOf(item),
  };
}

function argumentsOf(item) {
  if (item.arguments) return item.arguments;
  const commands = textsOf(item, "command");
  if (commands.length) return commands.join("\n");
  const given = ARGUMENT_FIELDS.map((name) => item.raw[name]).find(isSaid);
  if (given === undefined) return "";
  return typeof given === "string" ? given : JSON.stringify(given);
}

function outputOf(item) {
  const outputs = inOrder(item.commandOutputs);
  if (outputs.length) return outputs;
  return OUTPUT_FIELDS.map((name) => item.raw[name]).find(isSaid) ?? null;
}

/** What Python calls true: an empty list or object says nothing. */
function isSaid(value) {
  if (value && typeof value === "object") return Object.keys(value).length > 0;
  return Boolean(value);
}

function objects(value) {
  return Array.isArray(value) ? value.map((one) => asObject(one) ?? {}) : [];
}

export function asObject(value) {
  return value && typeof value === "object" && !Array.isArray(value) ? value : null;
}

export function textOrNull(value) {
  return typeof value === "string" ? value : null;
}
