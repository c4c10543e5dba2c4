// What the keys do, wherever the view listens: on itself, or on the page.

const TYPING = new Set(["INPUT", "TEXTAREA", "SELECT"]);

const KEYS = {
  Escape: (view) => view.isLive && view.emit("stop"),
  " ": (view) => view.toggle(),
  ArrowLeft: (view, event) => view.step(event.shiftKey ? -10 : -1),
  ArrowRight: (view, event) => view.step(event.shiftKey ? 10 : 1),
  Home: (view) => view.seek(0, { final: true }),
  End: (view) => (view.isLive ? view.goLive() : view.seek(view.cursor, { final: true })),
  j: (view) => view.emit("next"),
  k: (view) => view.emit("previous"),
  f: (view) => view.zoomTo(null),
  i: (view) => view.toggleInspector(),
  l: (view) => view.setLoop(null),
  "[": (view) => view.setLoop([view.position, Math.max(view.replay.loop?.[1] ?? view.cursor, view.position + 1)]),
  "]": (view) => view.setLoop([Math.min(view.replay.loop?.[0] ?? 0, view.position), view.position]),
};

export function handleKey(view, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act || isTaken(event)) return;
  event.preventDefault();
  event.stopPropagation();
  act(view, event);
}

/** Keys that the focused element needs for itself; the scrubber's own arrows do what ours do. */
function isTaken(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return false;
  if (target.classList.contains("scrub")) return false;
  if (TYPING.has(target.tagName) || target.isContentEditable) return true;
  const presses = target.tagName === "BUTTON" || target.tagName === "SUMMARY" || target.tagName === "A";
  return event.key === " " && presses;
}
