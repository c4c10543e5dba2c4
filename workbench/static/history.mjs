// The entries a view holds: contiguous, with the state at any cursor a short fold away.

import { add, copyState, emptyState } from "./fold.mjs";
import { Timeline } from "./timeline.mjs";

const SNAPSHOT_EVERY = 500;

export class History {
  constructor() {
    this.entries = [];
    this.timeline = new Timeline();
    this.head = emptyState();
    this.snapshots = [emptyState()];
    this.seeking = null;
  }

  get length() {
    return this.entries.length;
  }

  /** Take what follows the last entry; true unless entries are missing in between. */
  append(entries) {
    for (const entry of entries) {
      if (entry.cursor <= this.entries.length) continue;
      if (entry.cursor !== this.entries.length + 1) return false;
      this.entries.push(entry);
      add(this.head, entry);
      this.timeline.add(entry);
      if (entry.cursor % SNAPSHOT_EVERY === 0) this.snapshots.push(copyState(this.head));
    }
    return true;
  }

  /** The state after the entry at a cursor. Good until the next call: it may be folded further. */
  stateAt(cursor) {
    const wanted = Math.max(0, Math.min(cursor, this.entries.length));
    if (wanted === this.entries.length) return this.head;
    const nearest = Math.floor(wanted / SNAPSHOT_EVERY);
    const usable = this.seeking && this.seeking.cursor <= wanted && this.seeking.cursor >= nearest * SNAPSHOT_EVERY;
    if (!usable) this.seeking = copyState(this.snapshots[nearest]);
    while (this.seeking.cursor < wanted) add(this.seeking, this.entries[this.seeking.cursor]);
    return this.seeking;
  }

  get ended() {
    return this.head.ended;
  }
}
