// The line above: how the run is, how far it is, and how the viewer hangs on to it.

import { button, h, setAttribute, setText } from "./dom.mjs";
import { count, duration, phaseOf, plain, rate, roundDuration, share } from "./format.mjs";

export class Header {
  constructor({ onStop }) {
    this.badge = h("span.badge");
    this.title = h("span.run-title");
    this.link = h("span.link-state", { role: "status", hidden: true });
    this.figures = {};
    const figures = h("div.figures", {}, ...["cursor", "expected", "elapsed", "rate"].map((name) => this.figure(name)));
    this.stop = button("stop", "Stop this run (Esc)", onStop, { hidden: true });
    this.bar = h("div.bar", { hidden: true });
    this.element = h("header.head", {}, this.badge, this.title, this.link, figures, this.stop, this.bar);
  }

  figure(name) {
    const label = { cursor: "Cursor", expected: "Of expected", elapsed: "Elapsed", rate: "Events/s" }[name];
    const value = h("span.value");
    const element = h(`div.figure.${name}`, {}, h("span.label", {}, label), value);
    this.figures[name] = { element, value };
    return element;
  }

  show(name, text) {
    this.figures[name].element.hidden = text === null;
    if (text !== null) setText(this.figures[name].value, text);
  }

  /** `facts`: {state, attempt, pause, position, length, expected, elapsed, perSecond, live, title}. */
  update(facts) {
    const phase = phaseOf(facts.state.phase);
    setText(this.badge, [phase.label, facts.attempt || null, facts.pause > 0.5 ? roundDuration(facts.pause) : null].filter(Boolean).join(" · "));
    setAttribute(this.badge, "data-tone", phase.tone);
    setText(this.title, plain(facts.title));
    this.show("cursor", facts.position === facts.length ? count(facts.position) : `${count(facts.position)} / ${count(facts.length)}`);
    const part = share(facts.position, facts.expected);
    this.show("expected", part === null || facts.ended ? null : `${Math.floor(part * 100)} %`);
    this.bar.hidden = part === null || facts.ended;
    this.bar.style.setProperty("--share", part ?? 0);
    this.show("elapsed", duration(facts.elapsed));
    this.show("rate", facts.live ? rate(facts.perSecond) : null);
    this.stop.hidden = !facts.canStop;
  }

  /** What the connection of this viewer says; silent while all is well. */
  connection({ state, message, retryInS }) {
    const quiet = state === "open" || state === "ended" || (state === "connecting" && !message);
    this.link.hidden = quiet;
    const again = retryInS === null || retryInS === undefined ? "" : ` Trying again in ${duration(retryInS)}.`;
    setText(this.link, quiet ? "" : `${plain(message)}${again}`);
    setAttribute(this.link, "data-tone", state === "refused" ? "bad" : "wait");
  }
}
