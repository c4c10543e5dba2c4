// What the entries of a run add up to. The twin of workbench/state: the same table, the same
// meaning, held together by a test over recorded streams. The additions for a reader's eye are
// times, the request, and why the run waits.

import {
  annotate, asObject, copyItem, describe, indexOr0, inOrder, isTool, newItem, partOf, settle, settlePart, textOrNull,
  textsOf, toolOf,
} from "./items.mjs";

export const ENDED = new Set(["completed", "incomplete", "failed", "cancelled", "interrupted"]);

export function emptyState() {
  return {
    cursor: 0,
    status: "queued",
    phase: "queued",
    attempt: 0,
    mode: null,
    ended: false,
    unrecognised: {},
    filled: 0,
    corrected: 0,
    error: null,
    ...emptyResponse(),
    startedAt: null,
    at: null,
    request: null,
    waiting: null,
    verified: null,
  };
}

function emptyResponse() {
  return {
    responseId: null,
    responseStatus: null,
    model: null,
    createdAt: null,
    sequence: null,
    usage: null,
    final: null,
    items: [], // by index
    spoken: "",
    audioCharacters: 0,
    images: {},
  };
}

/** A copy that later folding cannot touch; it costs the number of items, not of entries. */
export function copyState(state) {
  return {
    ...state,
    unrecognised: { ...state.unrecognised },
    images: { ...state.images },
    items: state.items.map(copyItem),
  };
}

export function fold(entries, state = emptyState()) {
  for (const entry of entries) add(state, entry);
  return state;
}

export function add(state, { cursor, at, event }) {
  state.cursor = cursor;
  state.at = at;
  state.startedAt ??= at;
  const handler = HANDLERS.get(event.type);
  if (!handler) {
    const name = String(event.type);
    state.unrecognised[name] = (state.unrecognised[name] ?? 0) + 1;
  }
  if (Number.isInteger(event.sequence_number)) state.sequence = event.sequence_number;
  handler?.(state, event, at);
  if (asObject(event.workbench)?.filled && typeof event.delta === "string") state.filled += [...event.delta].length;
}

export function visibleText(state) {
  return outputsOf(state).join("") || state.spoken;
}

export function outputsOf(state) {
  const texts = state.items.map((item) => textsOf(item, "text"));
  return texts.filter((parts) => parts.length).map((parts) => parts.join(""));
}

export function summariesOf(state) {
  return state.items.flatMap((item) => textsOf(item, "summary"));
}

/** The same plain JSON as RunState.to_dict(). */
export function toDict(state) {
  return {
    cursor: state.cursor,
    status: state.status,
    phase: state.phase,
    attempt: state.attempt,
    response_id: state.responseId,
    response_status: state.responseStatus,
    model: state.model,
    created_at: state.createdAt,
    sequence: state.sequence,
    text: visibleText(state),
    outputs: outputsOf(state),
    summaries: summariesOf(state),
    reasoning_text: state.items.flatMap((item) => textsOf(item, "thought")).join(""),
    refusal: state.items.flatMap((item) => textsOf(item, "refusal")).join("") || null,
    tools: state.items.filter((item) => isTool(item.type)).map(toolOf),
    annotations: state.items.flatMap((item) => inOrder(item.annotations).flat()),
    images: state.images,
    audio_characters: state.audioCharacters,
    usage: state.usage,
    incomplete_reason: textOrNull(asObject(state.final?.incomplete_details)?.reason),
    error: state.error,
    filled: state.filled,
    corrected: state.corrected,
    unrecognised: state.unrecognised,
    ended: state.ended,
  };
}

/** {code, message} of an error, whether it stands in the event or nested under `error`. */
export function unifiedError(event) {
  const nested = event.error;
  const error = asObject(nested) ?? (typeof nested === "string" ? { message: nested } : event);
  const message = error.message ?? null;
  const kind = error.type ?? null;
  const code = error.code ?? (kind === (event.type ?? null) ? null : kind);
  if (code === null && message === null) return null;
  return { code: code === null ? null : String(code), message: String(message ?? code) };
}

/** The item an event speaks of: by position, because ids rotate behind some gateways. */
function itemOf(state, event, at, type = null) {
  const index = Number.isInteger(event.output_index) ? event.output_index : indexOf(state, event.item_id);
  let item = state.items.findLast((other) => other.index === index);
  if (!item) {
    item = newItem(index, at);
    const later = state.items.findIndex((other) => other.index > index);
    state.items.splice(later < 0 ? state.items.length : later, 0, item);
  }
  item.type ??= type;
  item.id ??= textOrNull(event.item_id);
  if (asObject(event.workbench)?.filled) item.filled = true;
  return item;
}

function indexOf(state, id) {
  const known = id === null || id === undefined ? null : state.items.find((item) => item.id === id);
  return known ? known.index : Math.max(0, state.items.at(-1)?.index ?? 0);
}

function lifecycle(state, event) {
  const response = asObject(event.response);
  if (!response) return;
  state.responseId ??= textOrNull(response.id);
  state.model = textOrNull(response.model) ?? state.model;
  if (typeof response.created_at === "number") state.createdAt = response.created_at;
  state.responseStatus = textOrNull(response.status) ?? state.responseStatus;
  state.usage = asObject(response.usage) ?? state.usage;
}

function progress(state, event) {
  lifecycle(state, event);
  const kind = event.type.slice("response.".length);
  if (kind !== "created") state.responseStatus = kind;
  showResponse(state);
}

function terminal(state, event) {
  lifecycle(state, event);
  state.final = asObject(event.response) ?? {};
  const { status } = state.final;
  // A cancelled response may end as response.failed that says `cancelled`.
  state.responseStatus = ENDED.has(status) ? status : event.type.slice("response.".length);
  if (state.final.error) state.error = unifiedError(state.final) ?? state.error;
  if (state.responseStatus === "completed") state.error = null;
  showResponse(state);
}

function showResponse(state) {
  state.waiting = null;
  if (state.ended || state.mode === "poll") return;
  state.status = state.responseStatus === "queued" ? "queued" : "in_progress";
  state.phase = state.status;
}

function describeItem(state, event, at) {
  const item = itemOf(state, event, at);
  const wrong = describe(item, asObject(event.item) ?? {});
  if (event.type !== "response.output_item.done") return;
  state.corrected += wrong;
  item.done = true;
  item.endedAt = at;
}

function contentPart(state, event, at) {
  const part = asObject(event.part);
  if (part) state.corrected += settlePart(itemOf(state, event, at), event.content_index, part);
}

function summaryPart(state, event, at) {
  const part = partOf(itemOf(state, event, at, "reasoning"), "summary", event.summary_index);
  state.corrected += settle(part, "text", asObject(event.part)?.text);
}

/** A delta of one indexed part. */
function grows(type, kind, index = "content_index") {
  return (state, event, at) => {
    if (typeof event.delta === "string") partOf(itemOf(state, event, at, type), kind, event[index]).text += event.delta;
  };
}

/** The whole of one indexed part. */
function settles(type, kind, field, index = "content_index") {
  return (state, event, at) => {
    const part = partOf(itemOf(state, event, at, type), kind, event[index]);
    state.corrected += settle(part, "text", event[field]);
    part.done = true;
  };
}

function argumentsGrow(type) {
  return (state, event, at) => {
    if (typeof event.delta === "string") itemOf(state, event, at, type).arguments += event.delta;
  };
}

function argumentsSettle(type, field) {
  return (state, event, at) => {
    state.corrected += settle(itemOf(state, event, at, type), "arguments", event[field]);
  };
}

function shellOutput(state, event, at) {
  const item = itemOf(state, event, at, "shell_call_output");
  const held = (item.commandOutputs[indexOr0(event.command_index)] ??= []);
  if (event.type.endsWith(".done")) held.splice(0, held.length, event.output ?? null);
  else held.push(event.delta ?? null);
}

function attemptStarted(state, event) {
  state.attempt = Number.isInteger(event.attempt) ? event.attempt : state.attempt + 1;
  state.mode = textOrNull(event.mode);
  if (state.mode === "restart") Object.assign(state, emptyResponse(), { error: null });
  const opening = state.attempt > 1 ? "reconnecting" : "queued";
  state.phase = { resume: "reconnecting", poll: "polling" }[state.mode] ?? opening;
  state.waiting = null;
}

function waits(state, event, at) {
  state.phase = { backoff: "reconnecting", poll: "polling" }[event.reason] ?? "waiting";
  state.waiting = { reason: event.reason, until: at + (event.seconds ?? 0) };
}

function polled(state, event) {
  state.phase = "polling";
  state.waiting = null;
  if (event.status === "queued" || event.status === "in_progress") state.status = event.status;
}

function repaired(state, event) {
  if (event.removed && Number.isInteger(event.output_index)) {
    state.items = state.items.filter((item) => item.index !== event.output_index);
  }
}

function runEnded(state, event, at) {
  state.status = state.phase = event.type.slice("workbench.run.".length);
  state.ended = true;
  state.waiting = null;
  state.responseId = textOrNull(event.response_id) ?? state.responseId;
  if (state.status === "completed") state.error = null;
  else if (asObject(event.error)) state.error = unifiedError(event);
  for (const item of state.items) item.endedAt ??= at;
}

const nothing = () => {};

const STAGES = {
  code_interpreter_call: ["in_progress", "interpreting", "completed"],
  file_search_call: ["in_progress", "searching", "completed"],
  image_generation_call: ["in_progress", "generating", "completed"],
  mcp_call: ["in_progress", "completed", "failed"],
  mcp_list_tools: ["in_progress", "completed", "failed"],
  web_search_call: ["in_progress", "searching", "completed"],
  compaction: ["compacting"],
};
const ARGUMENTS = {
  "response.function_call_arguments": ["function_call", "arguments"],
  "response.mcp_call_arguments": ["mcp_call", "arguments"],
  "response.custom_tool_call_input": ["custom_tool_call", "input"],
  "response.code_interpreter_call_code": ["code_interpreter_call", "code"],
};
const SILENT = [
  "workbench.adapted", "workbench.attempt.ended", "workbench.attempt.resumed", "workbench.cancel.requested",
  "workbench.chunk", "workbench.fault", "workbench.filled", "workbench.gap", "workbench.garbled", "workbench.unlogged",
  "response.audio.done", "response.audio.transcript.done",
];

const HANDLERS = new Map(
  Object.entries({
    error: (state, event) => (state.error = unifiedError(event) ?? state.error),
    "response.created": progress,
    "response.queued": progress,
    "response.in_progress": progress,
    "response.completed": terminal,
    "response.incomplete": terminal,
    "response.failed": terminal,
    "response.cancelled": terminal,
    "response.output_item.added": describeItem,
    "response.output_item.done": describeItem,
    "response.content_part.added": contentPart,
    "response.content_part.done": contentPart,
    "response.output_text.delta": grows("message", "text"),
    "response.output_text.done": settles("message", "text", "text"),
    "response.output_text.annotation.added": (state, event, at) =>
      annotate(itemOf(state, event, at, "message"), event.content_index, event.annotation_index, event.annotation ?? null),
    "response.refusal.delta": grows("message", "refusal"),
    "response.refusal.done": settles("message", "refusal", "refusal"),
    "response.reasoning_text.delta": grows("reasoning", "thought"),
    "response.reasoning_text.done": settles("reasoning", "thought", "text"),
    "response.reasoning_summary_part.added": summaryPart,
    "response.reasoning_summary_part.done": summaryPart,
    "response.reasoning_summary_text.delta": grows("reasoning", "summary", "summary_index"),
    "response.reasoning_summary_text.done": settles("reasoning", "summary", "text", "summary_index"),
    "response.shell_call_command.added": settles("shell_call", "command", "command", "command_index"),
    "response.shell_call_command.delta": grows("shell_call", "command", "command_index"),
    "response.shell_call_command.done": settles("shell_call", "command", "command", "command_index"),
    "response.shell_call_output_content.delta": shellOutput,
    "response.shell_call_output_content.done": shellOutput,
    "response.image_generation_call.partial_image": (state, event, at) => {
      const { index } = itemOf(state, event, at, "image_generation_call");
      state.images[index] = (state.images[index] ?? 0) + 1;
    },
    "response.audio.delta": (state, event) => (state.audioCharacters += textOrNull(event.delta)?.length ?? 0),
    "response.audio.transcript.delta": (state, event) => (state.spoken += textOrNull(event.delta) ?? ""),
    "workbench.run.created": (state, event) => {
      state.status = state.phase = "queued";
      state.request = asObject(event.request);
    },
    "workbench.attempt.started": attemptStarted,
    "workbench.attempt.connected": (state) => (state.phase = state.mode === "poll" ? "polling" : state.status),
    "workbench.attempt.interrupted": (state) => (state.phase = "reconnecting"),
    "workbench.waiting": waits,
    "workbench.polled": polled,
    "workbench.repaired": repaired,
    "workbench.verified": (state, event) => (state.verified = event.equal ?? null),
  }),
);
for (const type of SILENT) HANDLERS.set(type, nothing);
for (const status of ENDED) HANDLERS.set(`workbench.run.${status}`, runEnded);
for (const [name, [type, field]] of Object.entries(ARGUMENTS)) {
  HANDLERS.set(`${name}.delta`, argumentsGrow(type));
  HANDLERS.set(`${name}.done`, argumentsSettle(type, field));
}
for (const [type, stages] of Object.entries(STAGES)) {
  for (const stage of stages) {
    HANDLERS.set(`response.${type}.${stage}`, (state, event, at) => (itemOf(state, event, at, type).status = stage));
  }
}
