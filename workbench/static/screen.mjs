// What a host shows: one run, several, or the lab; told apart by mode and spoken to alike.

import { Comparison } from "./compare.mjs";
import { Grid } from "./grid.mjs";
import { View } from "./view.mjs";

const SCREENS = { compare: Comparison, lab: Grid };

/** A screen: append(entries, run) -> bool, cursorOf(run), setOptions, connection(change, run), destroy. */
export function makeScreen(element, host, options) {
  const Screen = SCREENS[options.mode] ?? View;
  return new Screen(element, host, options);
}

/** The runs a screen wants entries of: [{run, url?, entries?, label?}]. */
export function runsOf({ mode, run, runs, url, entries }) {
  if (mode === "lab") return [];
  if (mode === "compare") return runs ?? [];
  return [{ run, url, entries }];
}
