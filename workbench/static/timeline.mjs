// Entries -> what the lanes draw. Pure, and cheap at any length: a lane is a sorted array of
// times with a running weight, so the height of one pixel column is two binary searches.

export const LANES = ["transport", "reasoning", "tools", "text", "faults"];

const WEIGHED = {
  "response.reasoning_summary_text.delta": "reasoning",
  "response.reasoning_text.delta": "reasoning",
  "response.output_text.delta": "text",
  "response.refusal.delta": "text",
  "response.function_call_arguments.delta": "tools",
  "response.mcp_call_arguments.delta": "tools",
  "response.custom_tool_call_input.delta": "tools",
  "response.code_interpreter_call_code.delta": "tools",
};
const WHOLE = {
  "response.output_text.done": ["text", "text"],
  "response.refusal.done": ["text", "refusal"],
  "response.reasoning_summary_text.done": ["reasoning", "text"],
  "response.function_call_arguments.done": ["tools", "arguments"],
};
const FAULTS = {
  error: "error",
  "workbench.fault": "fault",
  "workbench.gap": "gap",
  "workbench.garbled": "garbled",
  "workbench.unlogged": "unlogged",
  "workbench.repaired": "repaired",
  "workbench.attempt.interrupted": "interrupted",
};

/** A growing list of numbers without a cell per number. */
class Numbers {
  constructor() {
    this.items = new Float64Array(256);
    this.length = 0;
  }

  push(value) {
    if (this.length === this.items.length) {
      const wider = new Float64Array(this.length * 2);
      wider.set(this.items);
      this.items = wider;
    }
    this.items[this.length] = value;
    this.length += 1;
  }

  last() {
    return this.length ? this.items[this.length - 1] : 0;
  }

  /** How many items are smaller than a value (or not larger, when `after`). */
  rank(value, after = false) {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.items[middle] < value || (after && this.items[middle] === value)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

class Lane {
  constructor() {
    this.times = new Numbers();
    this.weights = new Numbers(); // running sums
    this.spans = []; // {start, end|null, kind, label}
    this.marks = []; // {at, kind, label, cursor}
  }

  weigh(at, weight) {
    this.times.push(at);
    this.weights.push(this.weights.last() + weight);
  }

  /** The weight that arrived in [from, to). */
  between(from, to) {
    const first = this.times.rank(from);
    const last = this.times.rank(to);
    const sum = (n) => (n ? this.weights.items[n - 1] : 0);
    return sum(last) - sum(first);
  }
}

export class Timeline {
  constructor() {
    this.lanes = Object.fromEntries(LANES.map((name) => [name, new Lane()]));
    this.times = new Numbers(); // of every entry: index = cursor - 1
    this.start = null;
    this.end = 0; // seconds since start
    this.open = new Map(); // spans without an end, by key
    this.brought = new Map(); // characters so far, by item
    this.closed = false;
  }

  add(entry) {
    if (this.start === null) this.start = entry.at;
    // A wall clock in another process may stand a little behind; lanes need order.
    const at = Math.max(entry.at - this.start, this.times.last());
    this.times.push(at);
    this.end = at;
    const { event } = entry;
    const type = String(event.type ?? "");
    if (this.waiting && type !== "workbench.waiting") {
      this.waiting.end = at;
      this.waiting = null;
    }
    const lane = WEIGHED[type];
    if (lane) this.weigh(lane, event, at, event.delta);
    else if (WHOLE[type]) this.addWhole(WHOLE[type], event, at);
    else if (type.startsWith("workbench.")) this.addFact(type, event, at, entry.cursor);
    else this.addReceived(type, event, at);
    if (FAULTS[type]) this.mark("faults", at, FAULTS[type], faultLabel(type, event), entry.cursor);
  }

  addFact(type, event, at, cursor) {
    const { transport } = this.lanes;
    switch (type) {
      case "workbench.attempt.started":
        this.closeSpan("attempt", at);
        this.openSpan("transport", "attempt", at, event.mode ?? "create", `attempt ${event.attempt ?? ""} · ${event.mode ?? "create"}`);
        return;
      case "workbench.attempt.connected":
        this.mark("transport", at, "connected", `connected, status ${event.status ?? "?"}`, cursor);
        return;
      case "workbench.attempt.resumed":
        this.mark("transport", at, "resumed", `resumed after ${event.starting_after ?? "?"}`, cursor);
        return;
      case "workbench.attempt.interrupted":
        this.closeSpan("attempt", at, "cut");
        transport.spans.push({ start: at, end: null, kind: "seam", label: `seam: ${event.cause ?? "cut"}` });
        this.seam = transport.spans.at(-1);
        return;
      case "workbench.attempt.ended":
        this.closeSpan("attempt", at);
        return;
      case "workbench.waiting":
        this.waiting = { start: at, end: null, kind: event.reason === "poll" ? "pause" : "waiting", label: `waiting: ${event.reason}` };
        transport.spans.push(this.waiting);
        return;
      case "workbench.polled":
        this.mark("transport", at, "polled", `polled: ${event.status ?? "?"}`, cursor);
        return;
      case "workbench.filled":
        this.mark("text", at, "filled", `${event.characters ?? 0} characters filled in`, cursor);
        return;
      default:
        if (type.startsWith("workbench.run.") && type !== "workbench.run.created") this.finish(at, type, cursor);
    }
  }

  addReceived(type, event, at) {
    if (type === "response.output_item.added" || type === "response.output_item.done") {
      const kind = event.item?.type ?? "";
      const lane = kind === "reasoning" ? "reasoning" : kind === "message" ? "text" : "tools";
      const key = `${lane}:${event.output_index ?? event.item?.id}`;
      if (type.endsWith("added")) this.openSpan(lane, key, at, kind, event.item?.name ?? kind.replace(/_call$/, ""));
      else this.closeSpan(key, at);
    }
  }

  weigh(lane, event, at, text) {
    const size = typeof text === "string" ? text.length : 0;
    const key = `${lane}:${event.output_index ?? event.item_id}`;
    this.brought.set(key, (this.brought.get(key) ?? 0) + size);
    this.lanes[lane].weigh(at, size);
    if (lane !== "tools") this.touch(lane, event, at);
  }

  /** Text that came in one piece weighs as much as if it had come in many. */
  addWhole([lane, field], event, at) {
    const key = `${lane}:${event.output_index ?? event.item_id}`;
    if (!this.brought.has(key) && event[field]) this.weigh(lane, event, at, event[field]);
  }

  /** A delta whose item was never announced still gets a span. */
  touch(lane, event, at) {
    const key = `${lane}:${event.output_index ?? event.item_id}`;
    if (!this.open.has(key) && !this.lanes[lane].spans.some((span) => span.key === key)) {
      this.openSpan(lane, key, at, lane, lane);
    }
  }

  openSpan(lane, key, at, kind, label) {
    if (this.open.has(key)) return;
    const span = { key, start: at, end: null, kind, label, cut: false };
    this.lanes[lane].spans.push(span);
    this.open.set(key, span);
    if (key === "attempt" && this.seam) {
      this.seam.end = at;
      this.seam = null;
    }
  }

  closeSpan(key, at, how = "") {
    const span = this.open.get(key);
    if (!span) return;
    span.end = at;
    span.cut = how === "cut";
    this.open.delete(key);
  }

  mark(lane, at, kind, label, cursor) {
    this.lanes[lane].marks.push({ at, kind, label, cursor });
  }

  finish(at, type, cursor) {
    for (const key of [...this.open.keys()]) this.closeSpan(key, at);
    if (this.seam) this.seam.end = at;
    this.closed = true;
    this.mark("transport", at, "ended", type.slice("workbench.run.".length), cursor);
  }

  /** Seconds since the start at a cursor; 0 before the first. */
  timeAt(cursor) {
    if (cursor <= 0 || !this.times.length) return 0;
    return this.times.items[Math.min(cursor, this.times.length) - 1];
  }

  /** The last cursor not later than some seconds since the start. */
  cursorAt(seconds) {
    return this.times.rank(seconds, true);
  }

  /** Entries a second over the window before a time. */
  rate(seconds, window = 2) {
    const from = Math.max(0, seconds - window);
    const count = this.times.rank(seconds, true) - this.times.rank(from);
    return count / Math.min(window, Math.max(seconds, 0.25));
  }

  /** Heights 0..1 of `columns` equal slices of [from, to] in one lane. */
  columns(name, from, to, columns) {
    const lane = this.lanes[name];
    const heights = new Float32Array(columns);
    const width = (to - from) / columns;
    if (!lane.times.length || width <= 0) return heights;
    let highest = 0;
    for (let i = 0; i < columns; i += 1) {
      heights[i] = lane.between(from + i * width, from + (i + 1) * width + (i === columns - 1 ? 1e-9 : 0));
      highest = Math.max(highest, heights[i]);
    }
    // The root keeps a slow trickle visible beside a burst.
    if (highest > 0) for (let i = 0; i < columns; i += 1) heights[i] = Math.sqrt(heights[i] / highest);
    return heights;
  }

  /** What lies nearest to a time in a lane, for the pointer. */
  describe(name, seconds, reach) {
    const lane = this.lanes[name];
    const mark = lane.marks.find((other) => Math.abs(other.at - seconds) <= reach);
    if (mark) return mark.label;
    return lane.spans.findLast((span) => span.start <= seconds && (span.end ?? this.end) >= seconds)?.label ?? null;
  }
}

function faultLabel(type, event) {
  if (type === "workbench.fault") return `fault: ${event.fault ?? "?"}`;
  if (type === "workbench.attempt.interrupted") return `interrupted: ${event.cause ?? event.message ?? "?"}`;
  if (type === "workbench.gap") return `gap: expected ${event.expected}, got ${event.got}`;
  if (type === "error") return `error: ${event.message ?? event.code ?? "?"}`;
  return FAULTS[type];
}
