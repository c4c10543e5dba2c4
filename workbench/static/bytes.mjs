// The stored text of an entry, made fit to be looked at; and reading it without haste. Pure.

import { count } from "./format.mjs";

export const HEAD_BYTES = 32_768;
const PACE_MS = 120;

// Controls, separators, joiners, direction overrides: all that a screen would swallow or obey.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0\u034f\u115f\u1160\u3164\ufe00-\ufe0f\ufffe\uffff]/u;
const RUNS = new RegExp(`(${UNSEEN.source}+)`, "u");
const ENCODER = new TextEncoder();

/** [{text}, {bytes, name}, …]: what is to be read as it stands, and what only its bytes can show. */
export function pieces(text) {
  const found = [];
  for (const part of text.split(RUNS)) {
    if (!part) continue;
    if (!UNSEEN.test(part)) found.push({ text: part });
    else for (const character of part) found.push({ bytes: hex(character), name: codePoint(character) });
  }
  return found;
}

function hex(character) {
  return [...ENCODER.encode(character)].map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");
}

function codePoint(character) {
  return `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

const SOURCES = {
  received: "the event's data as it was received; the other lines of its frame (event, id, comments) are not kept",
  mended: "stored as the nearest JSON that everybody reads; the text as it was received stands under workbench.raw",
  translated: "made from a chat completion chunk, which is not kept itself",
  filled: "made from the provider's final object; it was not received as an event",
  imported: "as it was imported from a file",
  written: "written by the workbench; the provider sent nothing here",
  anew: "written anew from the decoded event; the stored text cannot be read here",
};

/** One line about the text: how long it is, and how near to what the provider sent. */
export function account({ bytes, source }) {
  const length = `${count(bytes)} ${bytes === 1 ? "byte" : "bytes"}`;
  return SOURCES[source] ? `${length} · ${SOURCES[source]}` : length;
}

/** What is not shown; empty when everything is. */
export function remainder({ text, bytes }) {
  const left = bytes - ENCODER.encode(text).length;
  return left > 0 ? `${count(left)} more ${left === 1 ? "byte" : "bytes"}` : "";
}

/** The same form for a text that was never fetched. */
export function anew(event) {
  const text = JSON.stringify(event);
  return { text, bytes: ENCODER.encode(text).length, source: "anew" };
}

/** The beginning of a text, cut between characters. */
export function headOf(text, most = HEAD_BYTES) {
  const head = ENCODER.encode(text.slice(0, most)).subarray(0, most);
  return decodeHead(head);
}

/** Bytes as text, without half a character at their end. */
export function decodeHead(bytes) {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes, { stream: true });
}

/** Asks for the newest place alone: at once for a hand that rests, a few times a second for one
 *  that moves. `read(place, signal) -> Promise`; what has been overtaken is aborted and not told. */
export class Newest {
  constructor({ read, onValue, onError, world = globalThis }) {
    Object.assign(this, { read, onValue, onError, world });
    this.began = -Infinity;
    this.timer = 0;
    this.aborting = null;
  }

  ask(place) {
    this.stop();
    const pause = Math.max(0, this.began + PACE_MS - this.world.performance.now());
    if (pause === 0) this.begin(place);
    else this.timer = this.world.setTimeout(() => this.begin(place), pause);
  }

  stop() {
    this.world.clearTimeout(this.timer);
    this.aborting?.abort();
    this.aborting = null;
  }

  async begin(place) {
    this.began = this.world.performance.now();
    const aborting = (this.aborting = new AbortController());
    try {
      const value = await this.read(place, aborting.signal);
      if (this.aborting === aborting) this.onValue(value, place);
    } catch (error) {
      if (this.aborting === aborting) this.onError(error, place);
    }
  }
}
