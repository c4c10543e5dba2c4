// Colours as the host has them. The style sheet names them; a canvas needs their values.

const NAMES = ["ink", "quiet", "line", "veil", "accent", "transport", "reasoning", "tools", "text", "faults", "good", "wait", "bad"];

const HIDDEN_MS = 400;

/** Keep an element's data-theme true to its background; `onChange` when the look may differ. */
export class Theme {
  constructor(element, onChange) {
    this.element = element;
    this.onChange = onChange;
    this.forced = null;
    this.media = matchMedia("(prefers-color-scheme: dark)");
    this.listener = () => this.refresh();
    this.media.addEventListener("change", this.listener);
    this.observer = new MutationObserver(this.listener);
    // Notebooks make a view before they put it in the page, where alone colours have values.
    this.arrival = new ResizeObserver(this.listener);
    this.arrival.observe(element);
    for (const node of [document.documentElement, document.body]) {
      this.observer.observe(node, { attributes: true, attributeFilter: ["class", "style", "data-theme", "data-jp-theme-light", "data-jp-theme-name"] });
    }
    this.refresh();
  }

  /** "light", "dark", or null to follow the host. */
  force(theme) {
    this.forced = theme === "light" || theme === "dark" ? theme : null;
    this.refresh();
  }

  refresh() {
    if (!this.element.isConnected) return;
    const theme = this.forced ?? (this.isDark() ? "dark" : "light");
    this.element.dataset.theme = theme;
    const style = getComputedStyle(this.element);
    const colours = this.resolveAll();
    const small = `11px ${style.fontFamily}`;
    const key = JSON.stringify([colours, small]);
    if (key === this.colours?.key) return;
    this.colours = { ...colours, small, key };
    this.onChange(this.colours);
    // A host may hide its page while it changes its colours; what is drawn then is not to be seen.
    clearTimeout(this.later);
    this.later = setTimeout(() => this.onChange(this.colours), HIDDEN_MS);
  }

  /** A mixed colour is only an expression until an element wears it. */
  resolveAll() {
    const probe = document.createElement("i");
    this.element.append(probe);
    const colours = {};
    for (const name of NAMES) {
      probe.style.color = `var(--wb-${name})`;
      colours[name] = getComputedStyle(probe).color;
    }
    probe.remove();
    return colours;
  }

  isDark() {
    // What the host paints behind us tells more than what the system prefers.
    const host = getComputedStyle(this.element).getPropertyValue("--wb-host-background").trim();
    const colour = (host && wearing(this.element, host)) || behind(this.element);
    if (!colour) return this.media.matches;
    const [red, green, blue] = colour;
    return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  }

  destroy() {
    clearTimeout(this.later);
    this.media.removeEventListener("change", this.listener);
    this.observer.disconnect();
    this.arrival.disconnect();
  }
}

function wearing(element, colour) {
  const probe = document.createElement("i");
  probe.style.color = colour;
  element.append(probe);
  const value = channels(getComputedStyle(probe).color);
  probe.remove();
  return value;
}

function behind(element) {
  for (let node = element.parentNode; node; node = node.parentNode ?? node.host) {
    if (!(node instanceof Element)) {
      if (node.host) continue;
      return null;
    }
    const colour = channels(getComputedStyle(node).backgroundColor);
    if (colour) return colour;
  }
  return null;
}

/** Red, green and blue of a computed colour; null for a transparent one. */
export function channels(colour) {
  const numbers = colour.match(/[\d.]+/g)?.map(Number) ?? [];
  const [red, green, blue, alpha = 1] = numbers;
  if (numbers.length < 3 || alpha < 0.5) return null;
  return colour.startsWith("color(srgb") ? [red * 255, green * 255, blue * 255] : [red, green, blue];
}

export function prefersLessMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
