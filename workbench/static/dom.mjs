// The few helpers through which every element is made. Text goes in as text; there is no way
// here to pass markup.

/** h("button.quiet", {onclick, "aria-label": "…"}, "text", child, …) */
export function h(spec, attributes = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Set the text of an element only when it differs: layout is dear. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

const PATHS = {
  play: "M6 4l9 6-9 6z",
  pause: "M6 4h3v12H6zM11 4h3v12h-3z",
  back: "M14 4l-7 6 7 6zM4 4h2v12H4z",
  forward: "M6 4l7 6-7 6zM14 4h2v12h-2z",
  stop: "M5 5h10v10H5z",
  end: "M4 4l6 6-6 6zM10 4l6 6-6 6z",
  fit: "M3 8V3h5M12 3h5v5M17 12v5h-5M8 17H3v-5",
  loop: "M3 9V8a3 3 0 0 1 3-3h11M14 2l3 3-3 3M17 11v1a3 3 0 0 1-3 3H3M6 18l-3-3 3-3",
  inspect: "M9 3a6 6 0 1 0 0 12A6 6 0 0 0 9 3zM13.5 13.5L18 18",
  chevron: "M7 4l6 6-6 6",
};
const DRAWN = new Set(["fit", "loop", "inspect", "chevron"]);
const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", DRAWN.has(name) ? "icon drawn" : "icon");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

export function button(name, label, onclick, extra = {}) {
  return h("button.tool", { type: "button", "aria-label": label, title: label, onclick, ...extra }, icon(name));
}

export function setIcon(element, name, label) {
  if (element.dataset.icon === name) return;
  element.dataset.icon = name;
  element.replaceChildren(icon(name));
  element.setAttribute("aria-label", label);
  element.title = label;
}
