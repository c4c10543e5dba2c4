// The controls of time: a scrubber, play, steps, speed, loop.

import { button, h, setAttribute, setIcon, setText } from "./dom.mjs";
import { count, duration } from "./format.mjs";
import { SPEEDS } from "./replay.mjs";

export class Player {
  /** `act`: {toggle, step(n), seek(cursor, final), speed(s), follow, loop, fit, inspect}; a brief
   *  player goes without the last three. */
  constructor(act, { brief = false } = {}) {
    this.play = button("play", "Play (space)", act.toggle);
    this.play.classList.add("primary");
    this.range = h("input.scrub", { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": "Position in the run" });
    this.range.addEventListener("input", () => act.seek(Number(this.range.value), false));
    this.range.addEventListener("change", () => act.seek(Number(this.range.value), true));
    this.now = h("span");
    this.total = h("span.total");
    this.label = h("span.time", {}, this.now, this.total);
    this.speed = h("select.speed", { "aria-label": "Speed", title: "Speed" }, ...SPEEDS.map(speedOption));
    this.speed.addEventListener("change", () => act.speed(Number(this.speed.value)));
    this.follow = h("button.follow", { type: "button", hidden: true, onclick: act.follow }, "Back to live");
    this.loop = button("loop", "Loop a range: shift and drag over the lanes (L ends it)", act.loop, { "aria-pressed": "false" });
    this.inspect = button("inspect", "Inspect entries (I)", act.inspect, { "aria-pressed": "false" });
    this.element = h(
      "div.player",
      { role: "group", "aria-label": "Replay" },
      button("back", "One entry back (left arrow)", () => act.step(-1)),
      this.play,
      button("forward", "One entry on (right arrow)", () => act.step(1)),
      this.range,
      this.label,
      this.follow,
      this.speed,
      ...(brief ? [] : [this.loop, button("fit", "Show the whole run (F)", act.fit), this.inspect]),
    );
  }

  update({ position, length, seconds, end, playing, speed, loop, live, following, inspecting }) {
    if (Number(this.range.max) !== length) this.range.max = String(length);
    if (Number(this.range.value) !== position) this.range.value = String(position);
    this.range.style.setProperty("--share", length ? position / length : 0);
    setAttribute(this.range, "aria-valuetext", `entry ${count(position)} of ${count(length)}, ${duration(seconds)}`);
    setText(this.now, duration(seconds));
    setText(this.total, ` / ${duration(end)}`);
    setIcon(this.play, playing ? "pause" : "play", playing ? "Pause (space)" : "Play (space)");
    if (this.speed.value !== String(speed)) this.speed.value = String(speed);
    setAttribute(this.loop, "aria-pressed", String(Boolean(loop)));
    setAttribute(this.inspect, "aria-pressed", String(Boolean(inspecting)));
    this.follow.hidden = !live || following;
  }
}

function speedOption(speed) {
  return h("option", { value: speed, selected: speed === 1 }, speed === Infinity ? "at once" : `${speed}×`);
}
