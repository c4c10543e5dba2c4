// Words and numbers as a reader sees them. Pure.

export const PHASES = {
  queued: { label: "Queued", tone: "quiet" },
  in_progress: { label: "In progress", tone: "busy" },
  reconnecting: { label: "Reconnecting", tone: "wait" },
  polling: { label: "Polling", tone: "busy" },
  waiting: { label: "Waiting for the limit", tone: "wait" },
  completed: { label: "Completed", tone: "good" },
  incomplete: { label: "Incomplete", tone: "wait" },
  failed: { label: "Failed", tone: "bad" },
  cancelled: { label: "Cancelled", tone: "quiet" },
  interrupted: { label: "Interrupted", tone: "bad" },
};

export function phaseOf(name) {
  return PHASES[name] ?? { label: String(name ?? "Unknown"), tone: "quiet" };
}

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export function count(number) {
  return WHOLE.format(number);
}

// A number and its unit stay on one line.
const UNIT = "\u00a0";

/** 420 ms, 12.3 s, 3 min 05 s, 2 h 04 min: always about as wide, never more exact than true. */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)}${UNIT}ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)}${UNIT}s`;
  const whole = Math.floor(seconds + 0.05);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}${UNIT}min ${String(whole % 60).padStart(2, "0")}${UNIT}s`;
  return `${Math.floor(minutes / 60)}${UNIT}h ${String(minutes % 60).padStart(2, "0")}${UNIT}min`;
}

/** A moment on a drawing: hundredths below ten seconds, so that lanes can be compared. */
export function moment(seconds) {
  return seconds >= 0.9995 && seconds < 9.995 ? `${seconds.toFixed(2)}${UNIT}s` : duration(seconds);
}

/** Whole seconds, for sentences: "Thought for 12 s". */
export function roundDuration(seconds) {
  return seconds >= 60 ? duration(seconds) : `${Math.max(1, Math.round(seconds))}${UNIT}s`;
}

export function rate(perSecond) {
  return perSecond >= 10 || perSecond === 0 ? count(perSecond) : perSecond.toFixed(1);
}

export function share(part, whole) {
  return whole > 0 ? Math.max(0, Math.min(1, part / whole)) : null;
}

/** Round steps for an axis of a given length. */
export function ticks(from, to, most) {
  const rough = (to - from) / Math.max(1, most);
  if (!(rough > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-6; i += 1) found.push(i * step || 0);
  return found;
}

export function tickLabel(seconds, step) {
  if (seconds === 0) return "0";
  if (step < 0.05) return `${(seconds * 1000).toFixed(step < 0.001 ? 1 : 0)} ms`;
  if (seconds < 120) return `${seconds.toFixed(step < 0.1 ? 2 : step < 1 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${String(Math.round(seconds % 60)).padStart(2, "0")}`;
}

// Control characters and direction overrides could repaint a terminal or reorder a line.
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g;

/** Text with everything invisible made visible: ESC becomes the picture of an escape. */
export function plain(text) {
  return text.replace(UNSEEN, (character) => {
    const code = character.charCodeAt(0);
    if (code === 0x7f) return "\u2421";
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : `\u27e8U+${code.toString(16).toUpperCase()}\u27e9`;
  });
}

const LONG_LINE = 20_000;

/** What of a text is worth laying out; a browser needs seconds for a line of a megabyte. */
export function clip(text, most = LONG_LINE) {
  if (text.length <= most) return { shown: text, hidden: 0 };
  return { shown: text.slice(0, most), hidden: text.length - most };
}

/** The last line of growing prose, without its Markdown marks. */
export function lastLine(text, most = 140) {
  const lines = text.slice(-2000).split("\n").filter((line) => line.trim());
  const line = (lines.at(-1) ?? "").replace(/\*\*|__|^#+\s*|`/g, "").trim();
  return line.length > most ? `…${line.slice(-most)}` : line;
}

export function ending(state) {
  const why = state.final?.incomplete_details?.reason;
  const message = state.error?.message ?? state.error?.code;
  switch (state.status) {
    case "failed":
      return message ?? "The provider could not finish this response.";
    case "interrupted":
      return `${message ?? "The run was interrupted."} Everything that arrived is kept.`;
    case "cancelled":
      return "Stopped. Everything that arrived is kept.";
    case "incomplete":
      return why ? `The response ended early: ${why.replaceAll("_", " ")}.` : "The response ended early.";
    default:
      return null;
  }
}
