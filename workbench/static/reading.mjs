// When somebody who reads at a steady speed has read it all: the twin of
// workbench/metrics/reader.py, which says why. Pure.

export const WORDS_PER_MINUTE = 238;

const IDEOGRAPHS = "\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff";
const WORD = new RegExp(`[${IDEOGRAPHS}]|[^\\s${IDEOGRAPHS}]+`, "g");

/** What a reader makes of text arriving as [seconds, piece]; null without a word. */
export function readerClock(pieces, wordsPerMinute = WORDS_PER_MINUTE) {
  const text = pieces.map(([, piece]) => piece).join("");
  const ends = Array.from(text.matchAll(WORD), (word) => word.index + word[0].length);
  if (!ends.length) return null;
  let arrived = 0;
  let next = 0;
  const times = ends.map((end) => {
    while (arrived < end) arrived += pieces[next++][1].length;
    return pieces[next - 1][0];
  });
  const perWord = 60 / wordsPerMinute;
  const finish = times.reduce((latest, at, i) => Math.max(latest, at + (ends.length - i) * perWord), 0);
  const reading = ends.length * perWord;
  const complete = times.at(-1);
  return {
    words: ends.length,
    starts: times[0],
    complete,
    ends: finish,
    waits: finish - times[0] - reading,
    saved: complete + reading - finish,
  };
}

const DELTAS = new Set(["response.output_text.delta", "response.refusal.delta"]);
const WHOLES = { "response.output_text.done": "text", "response.refusal.done": "refusal" };

/** Gathers the pieces of visible text of one run as its entries come. */
export class Pieces {
  constructor() {
    this.pieces = [];
    this.sentAt = null; // the first request
    this.seen = 0;
    this.brought = new Map();
  }

  add(entry) {
    this.seen = entry.cursor;
    const { event } = entry;
    if (event.type === "workbench.attempt.started") {
      this.sentAt ??= entry.at;
      if (event.mode === "restart") this.forget();
    } else if (DELTAS.has(event.type)) this.take(event, entry.at, event.delta);
    else if (WHOLES[event.type]) this.takeRest(event, entry.at, event[WHOLES[event.type]]);
  }

  forget() {
    this.pieces = [];
    this.brought.clear();
  }

  take(event, at, piece) {
    if (typeof piece !== "string" || !piece) return;
    const key = `${event.output_index}|${event.content_index}`;
    this.brought.set(key, (this.brought.get(key) ?? 0) + piece.length);
    this.pieces.push([at, piece]);
  }

  takeRest(event, at, whole) {
    const had = this.brought.get(`${event.output_index}|${event.content_index}`) ?? 0;
    if (typeof whole === "string") this.take(event, at, whole.slice(had));
  }

  clock(wordsPerMinute = WORDS_PER_MINUTE) {
    if (this.sentAt === null) return null;
    return readerClock(this.pieces.map(([at, piece]) => [at - this.sentAt, piece]), wordsPerMinute);
  }
}
