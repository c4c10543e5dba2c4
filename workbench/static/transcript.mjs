// What a reader reads: thinking folded to a line, text as it forms, tools as cards.

import { h, setAttribute, setText } from "./dom.mjs";
import { clip, ending, lastLine, plain, roundDuration } from "./format.mjs";
import { inOrder, kindOf, toolOf } from "./items.mjs";
import { prettyJson, Prose } from "./prose.mjs";

const NEAR_PX = 48;

export class Transcript {
  constructor(label = "Transcript") {
    this.prompt = h("div.prompt", { hidden: true, tabindex: 0, role: "group", "aria-label": "Prompt" });
    this.list = h("div.items");
    this.empty = h("p.empty", {}, "Nothing has arrived yet.");
    this.note = h("p.note", { hidden: true });
    this.element = h("div.transcript", { role: "region", "aria-label": label, tabindex: 0 }, this.prompt, this.list, this.empty, this.note);
    this.items = [];
    this.opened = new Map(); // what the reader chose to open or close, by item
    this.atEnd = true;
    this.top = 0;
    this.element.addEventListener("scroll", () => this.moved(), { passive: true });
    // What is laid out late, or anew in another width, moves the end away from a reader at it.
    this.observer = new ResizeObserver(() => this.stay());
    for (const each of [this.element, this.list, this.note]) this.observer.observe(each);
  }

  /** `now`: seconds since the epoch, for the timers of what is still going on. */
  update(state, now) {
    const prompt = typeof state.request?.input === "string" ? state.request.input : null;
    this.prompt.hidden = !prompt;
    if (prompt) setText(this.prompt, plain(clip(prompt, 4000).shown));
    state.items.forEach((item, i) => this.place(i, item, state, now));
    while (this.items.length > state.items.length) this.items.pop().element.remove();
    this.empty.hidden = state.items.some((item) => item.parts.length || kindOf(item) === "tool") || state.ended;
    const words = state.ended ? ending(state) : null;
    this.note.hidden = !words;
    setAttribute(this.note, "data-tone", state.status);
    if (words) setText(this.note, plain(words));
  }

  /** Only a reader scrolls up; a text that grows leaves the place and moves the end. */
  moved() {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    if (scrollHeight - scrollTop - clientHeight < NEAR_PX) this.atEnd = true;
    else if (scrollTop < this.top) this.atEnd = false;
    this.top = scrollTop;
  }

  stay() {
    if (this.atEnd) this.element.scrollTop = this.element.scrollHeight;
  }

  goToEnd() {
    this.atEnd = true;
    this.stay();
  }

  destroy() {
    this.observer.disconnect();
  }

  place(i, item, state, now) {
    const kind = kindOf(item);
    const key = `${item.index}|${kind}`;
    if (this.items[i]?.key !== key) {
      while (this.items.length > i) this.items.pop().element.remove();
      const View = { reasoning: Thinking, tool: ToolCard, message: Message }[kind] ?? Other;
      const view = new View(this.opened, key);
      view.key = key;
      this.items.push(view);
      this.list.append(view.element);
    }
    this.items[i].update(item, state, now);
  }
}

class Thinking {
  constructor(opened, key) {
    this.title = h("span.title");
    this.line = h("span.line");
    this.body = h("div.body");
    this.summary = h("summary", {}, h("span.pulse"), this.title, this.line);
    this.element = h("details.thinking", {}, this.summary, this.body);
    this.parts = [];
    this.element.open = opened.get(key) ?? false;
    this.summary.addEventListener("click", () => opened.set(key, !this.element.open));
  }

  update(item, state, now) {
    const parts = item.parts.filter((part) => part.text);
    const thinking = item.endedAt === null && !state.ended;
    const seconds = (item.endedAt ?? now) - item.startedAt;
    this.element.hidden = !parts.length && !thinking && seconds < 0.5;
    this.element.classList.toggle("going", thinking);
    this.element.classList.toggle("bare", !parts.length);
    const time = seconds >= 0.5 ? roundDuration(seconds) : "";
    if (thinking) setText(this.title, time ? `Thinking · ${time}` : "Thinking");
    else setText(this.title, item.filled || !time ? "Thought" : `Thought for ${time}`);
    setText(this.line, thinking && !this.element.open ? plain(lastLine(parts.at(-1)?.text ?? "")) : "");
    parts.forEach((part, i) => {
      this.parts[i] ??= this.add();
      this.parts[i].update(part.text, { done: !thinking });
    });
    while (this.parts.length > parts.length) this.parts.pop().element.remove();
    markFilled(this, item, state);
  }

  add() {
    const prose = new Prose();
    this.body.append(prose.element);
    return prose;
  }
}

class Message {
  constructor() {
    this.sources = h("p.sources", { hidden: true });
    this.element = h("article.message", {}, this.sources);
    this.parts = [];
  }

  update(item, state) {
    const parts = item.parts.filter((part) => part.kind === "text" || part.kind === "refusal");
    parts.forEach((part, i) => {
      if (this.parts[i]?.kind !== part.kind) {
        while (this.parts.length > i) this.parts.pop().element.remove();
        this.parts.push(this.add(part.kind));
      }
      const view = this.parts[i];
      view.prose.update(part.text, { done: part.done || item.endedAt !== null || state.ended });
    });
    while (this.parts.length > parts.length) this.parts.pop().element.remove();
    this.cite(inOrder(item.annotations).flat());
    const writing = item.endedAt === null && !state.ended && parts.at(-1)?.text;
    this.element.classList.toggle("going", Boolean(writing));
    markFilled(this, item, state);
  }

  add(kind) {
    const prose = new Prose();
    const label = kind === "refusal" ? h("p.label", {}, "The model declined") : null;
    const element = h(`div.${kind}`, {}, label, prose.element);
    this.sources.before(element);
    return { kind, prose, element };
  }

  cite(annotations) {
    const names = new Set(annotations.map((note) => note?.title || note?.url || note?.filename || note?.type || "source"));
    this.sources.hidden = !names.size;
    if (names.size) setText(this.sources, `Sources: ${plain([...names].join(", "))}`);
  }
}

const TOOL_STATES = {
  completed: "complete",
  failed: "error",
  incomplete: "error",
  error: "error",
};

class ToolCard {
  constructor() {
    this.name = h("span.name");
    this.status = h("span.status");
    this.arguments = h("pre", { tabindex: 0, "aria-label": "Arguments" });
    this.output = h("pre", { tabindex: 0, "aria-label": "Output", hidden: true });
    this.element = h("div.card", {}, h("div.top", {}, h("span.pulse"), this.name, this.status), this.arguments, this.output);
  }

  update(item, state) {
    const tool = toolOf(item);
    const status = TOOL_STATES[item.status] ?? (item.done ? "complete" : state.ended ? "error" : "pending");
    setText(this.name, plain(tool.name ?? tool.kind.replace(/_call$/, "").replaceAll("_", " ")));
    setText(this.status, status);
    setAttribute(this.element, "data-status", status);
    this.element.classList.toggle("going", status === "pending" && !state.ended);
    const { shown, hidden } = clip(item.done || status === "complete" ? prettyJson(tool.arguments) : tool.arguments);
    setText(this.arguments, plain(shown) + (hidden ? `… ${hidden} more characters` : ""));
    this.arguments.hidden = !tool.arguments;
    this.output.hidden = tool.output === null;
    if (tool.output !== null) {
      const text = typeof tool.output === "string" ? prettyJson(tool.output) : JSON.stringify(tool.output, null, 2);
      setText(this.output, plain(clip(text).shown));
    }
    markFilled(this, item, state);
  }
}

class Other {
  constructor() {
    this.element = h("p.other");
  }

  update(item) {
    setText(this.element, plain(`${item.type ?? "something"}: see the inspector`));
  }
}

// A transport that only ever brings the stored response has nothing to fill in.
const WHOLE = new Set(["sync", "poll"]);

function markFilled(view, item, state) {
  view.element.classList.toggle("filled", item.filled && !WHOLE.has(state.request?.transport));
}
