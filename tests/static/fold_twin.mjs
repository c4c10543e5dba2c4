// Each line of standard input is the entries of a run; each line of output is what they add up
// to: the live view's side of a comparison with Python's fold.

import { createInterface } from "node:readline";
import { fold, toDict } from "../../workbench/static/fold.mjs";
import { History } from "../../workbench/static/history.mjs";

for await (const line of createInterface({ input: process.stdin })) {
  const entries = JSON.parse(line);
  const history = new History();
  history.append(entries);
  // Seeking back and forth must not change what any cursor means.
  for (const part of [0.5, 0.2, 0.9]) {
    const cursor = Math.floor(entries.length * part);
    const sought = JSON.stringify(toDict(history.stateAt(cursor)));
    const folded = JSON.stringify(toDict(fold(entries.slice(0, cursor))));
    if (sought !== folded) throw new Error(`the state at ${cursor} differs from a fold`);
  }
  process.stdout.write(`${JSON.stringify(toDict(history.head))}\n`);
}
