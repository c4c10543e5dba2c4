// The text of an entry as the log keeps it, read when somebody looks.

import { account, anew, HEAD_BYTES, headOf, Newest, pieces, remainder } from "./bytes.mjs";
import { h, setText } from "./dom.mjs";

export class Raw {
  /** `readRaw(cursor, {most, signal}) -> Promise<{text, bytes, source}>`; may be absent. */
  constructor(readRaw) {
    this.readRaw = readRaw ?? null;
    this.newest = new Newest({
      read: ({ cursor, event }, signal) => this.head(cursor, event, signal),
      onValue: (found) => this.show(found),
      onError: (error) => this.fail(error),
    });
    this.about = h("p.raw-about", { "aria-live": "polite" });
    this.code = h("pre.stored", { role: "group", tabindex: 0, "aria-label": "Stored text of the entry" });
    this.rest = h("span.raw-rest");
    this.copying = h("button.tab", { type: "button", onclick: () => this.copy() }, "Copy all");
    this.saving = h("button.tab", { type: "button", onclick: () => this.save() }, "Download");
    this.again = h("button.tab", { type: "button", hidden: true, onclick: () => this.read(this.entry) }, "Try again");
    this.element = h("div.raw", { hidden: true }, this.about, this.code, h("div.raw-tools", {}, this.rest, this.again, this.copying, this.saving));
    this.entry = null;
  }

  /** null hides it, and ends whatever is being read. */
  read(entry) {
    this.entry = entry;
    this.element.hidden = !entry;
    this.newest.stop();
    if (!entry) return;
    // What is still shown is another entry's, and looks it, until this one's is here.
    this.code.setAttribute("aria-busy", "true");
    this.newest.ask(entry);
  }

  async head(cursor, event, signal) {
    if (this.readRaw) return this.readRaw(cursor, { most: HEAD_BYTES, signal });
    const whole = anew(event);
    return { ...whole, text: headOf(whole.text) };
  }

  async whole() {
    const { cursor, event } = this.entry;
    return this.readRaw ? this.readRaw(cursor, {}) : anew(event);
  }

  show(found) {
    this.code.removeAttribute("aria-busy");
    this.code.replaceChildren(...pieces(found.text).map(draw));
    setText(this.about, account(found));
    const more = remainder(found);
    setText(this.rest, more ? `… ${more}` : "");
    this.offer(true);
  }

  fail(error) {
    this.code.removeAttribute("aria-busy");
    this.code.replaceChildren();
    setText(this.about, error.message);
    setText(this.rest, "");
    this.offer(false);
  }

  offer(isThere) {
    this.again.hidden = isThere;
    this.copying.hidden = this.saving.hidden = !isThere;
  }

  async copy() {
    await this.take("Copied.", "This browser did not let the page copy; download it instead.", (text) => navigator.clipboard.writeText(text));
  }

  async save() {
    const name = `entry-${this.entry.cursor}.json`;
    await this.take("Downloaded.", "This browser did not let the page save a file.", (text) => {
      const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
      h("a", { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    });
  }

  /** Do something with all of the text, and say how that went where the rest is told. */
  async take(done, refused, act) {
    const { entry } = this;
    let said = done;
    try {
      const { text } = await this.whole();
      await Promise.resolve(text).then(act).catch(() => (said = refused));
    } catch (error) {
      said = error.message;
    }
    if (this.entry === entry) setText(this.rest, said);
  }
}

function draw({ text, bytes, name }) {
  return bytes ? h("span.byte", { title: name }, bytes) : text;
}
