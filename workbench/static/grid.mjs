// The lab's verdicts: scenarios down, faults across, a word and a colour in each cell.

import { h, setAttribute, setText } from "./dom.mjs";
import { count, duration, plain } from "./format.mjs";
import { LOOK } from "./look.mjs";
import { Theme } from "./theme.mjs";

const VERDICTS = {
  pending: { mark: "·", word: "not run yet" },
  running: { mark: "…", word: "running" },
  pass: { mark: "✓", word: "passed" },
  fail: { mark: "✗", word: "failed" },
  unknown: { mark: "?", word: "ended without a verdict" },
  skip: { mark: "–", word: "does not apply" },
};

// So many columns have room for a name that is written as one reads.
const ROOMY = 6;

/** options.grid: {rows: [name], columns: [name], cells: [{row, column, verdict, run?, seconds?, sentence?}]},
 *  row and column counted from 0. A click or Enter sends the event "cell" with that object. */
export class Grid {
  constructor(element, host, options) {
    this.host = host;
    this.table = h("table.grid");
    this.summary = h("p.grid-summary", { role: "status" });
    this.bar = h("div.bar");
    this.detail = h("p.grid-detail", { "aria-live": "polite" });
    this.head = h("div.grid-head", {}, this.summary, this.bar);
    this.root = h("section.wb", { "aria-label": "Resume lab", "data-mode": "lab" }, h("style", {}, LOOK), this.head, h("div.grid-frame", { tabindex: 0, role: "group", "aria-label": "Verdicts" }, this.table), this.detail);
    element.append(this.root);
    this.theme = new Theme(this.root, () => {});
    this.setOptions(options);
  }

  setOptions(options) {
    if (options.theme !== undefined) this.theme.force(options.theme);
    if (!options.grid) return;
    const { rows = [], columns = [], cells = [] } = options.grid;
    // A page that says how it went itself needs no second summary.
    if (options.summary !== undefined) this.head.hidden = !options.summary;
    const shape = JSON.stringify([rows, columns]);
    if (shape !== this.shape) this.build(rows.map(plain), columns.map(plain));
    this.shape = shape;
    for (const cell of cells) this.show(cell);
    this.tell(rows.length * columns.length, cells);
  }

  build(rows, columns) {
    this.names = { rows, columns };
    this.buttons = rows.map((row, r) => columns.map((column, c) => this.cell(row, column, r, c)));
    const head = h("thead", {}, h("tr", {}, h("td"), ...columns.map((name) => h("th", { scope: "col" }, h("span", {}, name)))));
    const body = h("tbody", {}, ...rows.map((name, r) => h("tr", {}, h("th", { scope: "row" }, name), ...this.buttons[r].map((button) => h("td", {}, button)))));
    this.table.replaceChildren(head, body);
    this.table.classList.toggle("roomy", columns.length <= ROOMY);
  }

  cell(row, column, r, c) {
    const say = () => setText(this.detail, this.sentenceOf(r, c));
    const button = h("button.cell", {
      type: "button",
      onclick: () => this.host.onEvent?.("cell", button.cell ?? { row: r, column: c }),
      onpointerenter: say,
      onfocus: say,
      onkeydown: (event) => this.move(event, r, c),
    });
    return button;
  }

  show(cell) {
    const button = this.buttons[cell.row]?.[cell.column];
    if (!button) return;
    button.cell = cell;
    const verdict = VERDICTS[cell.verdict] ? cell.verdict : "pending";
    setText(button, VERDICTS[verdict].mark);
    setAttribute(button, "data-verdict", verdict);
    setAttribute(button, "aria-label", this.sentenceOf(cell.row, cell.column));
  }

  sentenceOf(r, c) {
    const cell = this.buttons[r][c].cell;
    const verdict = VERDICTS[cell?.verdict] ?? VERDICTS.pending;
    const time = cell?.seconds === undefined || cell.seconds === null ? "" : ` in ${duration(cell.seconds)}`;
    const why = cell?.sentence ? `: ${plain(cell.sentence)}` : "";
    return `${this.names.rows[r]} with ${this.names.columns[c]} ${verdict.word}${time}${why}`;
  }

  tell(total, cells) {
    const number = (verdict) => cells.filter((cell) => cell.verdict === verdict).length;
    const [passed, failed, unknown, skipped] = ["pass", "fail", "unknown", "skip"].map(number);
    const done = passed + failed + unknown + skipped;
    const words = [`${count(passed)} passed`, failed ? `${count(failed)} failed` : null, unknown ? `${count(unknown)} undecided` : null, done < total ? `${count(total - done)} to go` : null];
    setText(this.summary, words.filter(Boolean).join(" · "));
    setAttribute(this.summary, "data-tone", failed ? "bad" : done === total && total && !unknown ? "good" : "quiet");
    this.bar.style.setProperty("--share", total ? done / total : 0);
  }

  /** Arrows walk over the cells as over a board. */
  move(event, r, c) {
    const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
    const next = this.buttons[r + down]?.[c + right];
    if (!next || (!down && !right)) return;
    event.preventDefault();
    next.focus();
  }

  append() {
    return true;
  }

  cursorOf() {
    return 0;
  }

  connection() {}

  destroy() {
    this.theme.destroy();
    this.root.remove();
  }
}
