// What the entries of a run add up to. The same meaning as workbench/state.py, plus the times
// a reader sees ("Thought for 12 s") and an order of items fit for a transcript.

export const ENDED = new Set(["completed", "incomplete", "failed", "cancelled", "interrupted"]);

const RUN = "workbench.run.";
const TOOL_TEXT = {
  "response.function_call_arguments": "arguments",
  "response.mcp_call_arguments": "arguments",
  "response.custom_tool_call_input": "input",
  "response.code_interpreter_call_code": "code",
};
const TOOL_STEP = /^response\.(web_search_call|file_search_call|code_interpreter_call|image_generation_call|mcp_call|mcp_list_tools)\.(\w+)$/;
const TERMINAL = /^response\.(completed|incomplete|failed|cancelled)$/;

export function emptyState() {
  return {
    cursor: 0,
    startedAt: null,
    at: null,
    status: "queued",
    phase: "queued",
    attempt: 0,
    mode: null,
    waiting: null,
    responseId: null,
    model: null,
    sequence: null,
    request: null,
    items: [],
    usage: null,
    final: null,
    error: null,
    filled: 0,
    unrecognised: {},
    verified: null,
    repaired: false,
    ended: false,
  };
}

/** A copy that later folding cannot touch; strings are shared, so it costs the number of items. */
export function copyState(state) {
  return {
    ...state,
    unrecognised: { ...state.unrecognised },
    items: state.items.map((item) => ({
      ...item,
      parts: item.parts.map((part) => ({ ...part, annotations: part.annotations.slice() })),
    })),
  };
}

export function fold(entries, state = emptyState()) {
  for (const entry of entries) add(state, entry);
  return state;
}

export function add(state, entry) {
  const { event } = entry;
  const type = typeof event.type === "string" ? event.type : "";
  state.cursor = entry.cursor;
  state.at = entry.at;
  if (state.startedAt === null) state.startedAt = entry.at;
  if (Number.isInteger(event.sequence_number)) {
    state.sequence = Math.max(state.sequence ?? -1, event.sequence_number);
  }
  if (type.startsWith("workbench.")) addFact(state, type, event, entry.at);
  else addReceived(state, type, event, entry.at);
}

export function visibleText(state) {
  return state.items
    .filter((item) => item.kind === "message")
    .map(itemText)
    .join("");
}

export function itemText(item) {
  return item.parts.filter((part) => part.kind === "text").map((part) => part.text).join("");
}

export function summaries(state) {
  return state.items
    .filter((item) => item.kind === "reasoning")
    .flatMap((item) => item.parts.filter((part) => part.kind === "summary").map((part) => part.text));
}

export function tools(state) {
  return state.items.filter((item) => item.kind === "tool");
}

function addFact(state, type, event, at) {
  switch (type) {
    case "workbench.run.created":
      state.request = event.request ?? null;
      return;
    case "workbench.attempt.started":
      startAttempt(state, event);
      return;
    case "workbench.attempt.connected":
    case "workbench.attempt.resumed":
      state.waiting = null;
      if (state.mode !== "poll") state.phase = "in_progress";
      return;
    case "workbench.attempt.interrupted":
      state.phase = "reconnecting";
      return;
    case "workbench.waiting":
      wait(state, event, at);
      return;
    case "workbench.polled":
      state.waiting = null;
      state.phase = "polling";
      return;
    case "workbench.filled":
      state.filled += event.characters ?? 0;
      return;
    case "workbench.repaired":
      state.repaired = true;
      return;
    case "workbench.verified":
      state.verified = event.equal ?? null;
      return;
    default:
      if (type.startsWith(RUN)) endRun(state, type.slice(RUN.length), event, at);
  }
}

function startAttempt(state, event) {
  state.attempt = event.attempt ?? state.attempt + 1;
  state.mode = event.mode ?? null;
  state.waiting = null;
  if (state.mode === "restart") {
    Object.assign(state, { items: [], sequence: null, responseId: null, final: null, usage: null });
  }
  if (state.mode === "poll") state.phase = "polling";
  else if (state.attempt > 1) state.phase = "reconnecting";
  if (state.status === "queued") state.status = "in_progress";
}

function wait(state, event, at) {
  state.waiting = { reason: event.reason, until: at + (event.seconds ?? 0) };
  if (event.reason === "rate_limit" || event.reason === "queue") state.phase = "waiting";
  else if (event.reason === "poll") state.phase = "polling";
  else state.phase = "reconnecting";
}

function endRun(state, status, event, at) {
  if (!ENDED.has(status)) return;
  Object.assign(state, { status, phase: status, ended: true, waiting: null });
  if (event.error) state.error = event.error;
  if (event.response_id) state.responseId = event.response_id;
  for (const item of state.items) item.endedAt ??= at;
}

function addReceived(state, type, event, at) {
  const terminal = TERMINAL.exec(type);
  if (terminal) return addResponse(state, event.response, terminal[1]);
  switch (type) {
    case "response.created":
    case "response.in_progress":
    case "response.queued":
      return addResponse(state, event.response, null, type);
    case "response.output_item.added":
      return void openItem(state, event, at);
    case "response.output_item.done":
      return closeItem(state, event, at);
    case "response.content_part.added":
    case "response.content_part.done":
      return addContentPart(state, event, at);
    case "response.reasoning_summary_part.added":
    case "response.reasoning_summary_part.done":
      return addSummaryPart(state, event, at);
    case "response.reasoning_summary_text.delta":
      return grow(state, event, at, "reasoning", "summary", event.summary_index);
    case "response.reasoning_summary_text.done":
      return settle(state, event, at, "reasoning", "summary", event.summary_index, event.text);
    case "response.reasoning_text.delta":
      return grow(state, event, at, "reasoning", "thought", event.content_index);
    case "response.reasoning_text.done":
      return settle(state, event, at, "reasoning", "thought", event.content_index, event.text);
    case "response.output_text.delta":
      return grow(state, event, at, "message", "text", event.content_index);
    case "response.output_text.done":
      return settle(state, event, at, "message", "text", event.content_index, event.text);
    case "response.refusal.delta":
      return grow(state, event, at, "message", "refusal", event.content_index);
    case "response.refusal.done":
      return settle(state, event, at, "message", "refusal", event.content_index, event.refusal);
    case "response.output_text.annotation.added":
      partOf(itemOf(state, event, at, "message"), "text", event.content_index).annotations.push(event.annotation);
      return;
    case "error":
      state.error = { code: event.code ?? null, message: event.message ?? "the provider reported an error" };
      return;
  }
  addToolEvent(state, type, event, at);
}

function addResponse(state, response, terminal, type) {
  if (response && typeof response === "object") {
    state.responseId = response.id ?? state.responseId;
    state.model = response.model ?? state.model;
    state.usage = response.usage ?? state.usage;
    if (terminal) {
      state.final = response;
      if (response.error) state.error = response.error;
    }
  }
  if (terminal || state.ended) return;
  state.phase = type === "response.queued" || response?.status === "queued" ? "queued" : "in_progress";
  if (state.mode === "poll") state.phase = "polling";
  state.status = state.phase === "queued" ? "queued" : "in_progress";
}

function kindOf(type) {
  if (type === "message" || type === "reasoning") return type;
  return type?.endsWith("_call") || type?.startsWith("mcp_") ? "tool" : "other";
}

function newItem(kind, event, at) {
  return {
    id: event.item?.id ?? event.item_id ?? null,
    index: event.output_index ?? null,
    kind,
    type: event.item?.type ?? kind,
    name: event.item?.name ?? null,
    callId: event.item?.call_id ?? null,
    status: event.item?.status ?? "in_progress",
    arguments: "",
    output: null,
    parts: [],
    startedAt: at,
    endedAt: null,
    filled: false,
  };
}

function find(state, id, index) {
  for (let i = state.items.length - 1; i >= 0; i -= 1) {
    const item = state.items[i];
    if (index === undefined || index === null ? item.id === id : item.index === index) return item;
  }
  return null;
}

/** The item an event speaks of; an event that comes before its item's own opens it. */
function itemOf(state, event, at, kind) {
  let item = find(state, event.item_id, event.output_index);
  if (!item) {
    item = newItem(kind, event, at);
    const later = state.items.findIndex((other) => item.index !== null && other.index > item.index);
    if (later < 0) state.items.push(item);
    else state.items.splice(later, 0, item);
  }
  if (event.workbench?.filled) item.filled = true;
  return item;
}

function openItem(state, event, at) {
  if (!event.item) return null;
  const known = { ...event, item_id: event.item.id };
  const item = itemOf(state, known, at, kindOf(event.item.type));
  describe(item, event.item);
  return item;
}

function describe(item, source) {
  item.kind = kindOf(source.type) === "other" ? item.kind : kindOf(source.type);
  item.type = source.type ?? item.type;
  item.id = source.id ?? item.id;
  item.name = source.name ?? item.name;
  item.callId = source.call_id ?? item.callId;
  item.status = source.status ?? item.status;
  const given = source.arguments ?? source.input ?? source.code;
  if (typeof given === "string" && given.length >= item.arguments.length) item.arguments = given;
  else if (item.kind === "tool" && !item.arguments && source.action) item.arguments = JSON.stringify(source.action);
  if (source.output !== undefined && source.output !== null) item.output = source.output;
  if (source.error && item.kind === "tool") item.output = source.error;
}

function closeItem(state, event, at) {
  const item = openItem(state, event, at);
  if (!item) return;
  item.endedAt = at;
  if (item.status === "in_progress") item.status = "completed";
  const { summary, content } = event.item;
  if (Array.isArray(summary)) summary.forEach((part, i) => settlePart(item, "summary", i, part.text));
  if (!Array.isArray(content)) return;
  content.forEach((part, i) => {
    if (part.type === "output_text") {
      settlePart(item, "text", i, part.text);
      const seen = partOf(item, "text", i);
      if (part.annotations?.length > seen.annotations.length) seen.annotations = part.annotations.slice();
    } else if (part.type === "refusal") settlePart(item, "refusal", i, part.refusal);
    else if (part.type === "reasoning_text") settlePart(item, "thought", i, part.text);
  });
}

function addContentPart(state, event, at) {
  const part = event.part ?? {};
  const kind = { output_text: "text", refusal: "refusal", reasoning_text: "thought" }[part.type];
  if (!kind) return;
  const item = itemOf(state, event, at, kind === "thought" ? "reasoning" : "message");
  partOf(item, kind, event.content_index);
  settlePart(item, kind, event.content_index, part.text ?? part.refusal);
}

function addSummaryPart(state, event, at) {
  const item = itemOf(state, event, at, "reasoning");
  partOf(item, "summary", event.summary_index);
  settlePart(item, "summary", event.summary_index, event.part?.text);
}

function partOf(item, kind, index = 0) {
  let part = item.parts.find((other) => other.kind === kind && other.index === index);
  if (!part) {
    part = { kind, index, text: "", annotations: [], done: false };
    const later = item.parts.findIndex((other) => other.kind === kind && other.index > index);
    if (later < 0) item.parts.push(part);
    else item.parts.splice(later, 0, part);
  }
  return part;
}

function grow(state, event, at, itemKind, kind, index) {
  const item = itemOf(state, event, at, itemKind);
  if (typeof event.delta === "string") partOf(item, kind, index).text += event.delta;
}

function settle(state, event, at, itemKind, kind, index, text) {
  settlePart(itemOf(state, event, at, itemKind), kind, index, text, true);
}

/** A whole text wins over the deltas before it, but an empty one says nothing. */
function settlePart(item, kind, index, text, done = false) {
  const part = partOf(item, kind, index);
  if (typeof text === "string" && text.length > 0) part.text = text;
  if (done) part.done = true;
}

function addToolEvent(state, type, event, at) {
  const dot = type.lastIndexOf(".");
  const [base, step] = [type.slice(0, dot), type.slice(dot + 1)];
  const field = TOOL_TEXT[base];
  if (field) {
    const item = itemOf(state, event, at, "tool");
    if (step === "delta" && typeof event.delta === "string") item.arguments += event.delta;
    if (step === "done" && typeof event[field] === "string") item.arguments = event[field];
    return;
  }
  const progress = TOOL_STEP.exec(type);
  if (progress) {
    const item = itemOf(state, event, at, "tool");
    item.type = item.type === "tool" ? progress[1] : item.type;
    item.status = progress[2];
    return;
  }
  if (!type.startsWith("response.") || !KNOWN_SILENT.test(type)) {
    state.unrecognised[type] = (state.unrecognised[type] ?? 0) + 1;
  }
}

const KNOWN_SILENT = /^response\.(audio|shell_call|compaction|image_generation_call|file_search_call)/;
