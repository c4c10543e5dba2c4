// What a notebook saves of a widget's code. The view itself comes from the kernel as a message,
// once for each page, which keeps it under the digest of its text.

const ASK_AGAIN_MS = 1000;
const page = (globalThis.workbenchPage ??= { views: new Map(), askedAt: 0 });

export default function widget() {
  let view;
  return {
    initialize({ model }) {
      const early = new Early(model);
      view = early.view;
      return () => early.close();
    },
    async render(context) {
      return (await view).render(context);
    },
  };
}

/** Keeps what the kernel says to a widget whose view is not here yet. */
class Early {
  constructor(model) {
    this.model = model;
    this.messages = [];
    this.place = placeOf(model.get("module"));
    this.hear = (message) => this.receive(message);
    model.on("msg:custom", this.hear);
    this.retry = setInterval(() => this.ask(), ASK_AGAIN_MS);
    this.ask();
    this.view = this.place.view.then(({ default: make }) => this.begin(make()));
  }

  /** One widget asks for all of its page. */
  ask() {
    const now = performance.now();
    if (this.place.taken || (page.askedAt && now - page.askedAt < ASK_AGAIN_MS / 2)) return;
    page.askedAt = now;
    this.model.send({ type: "module" });
  }

  receive(message) {
    if (message.type === "module") this.place.take(message.text);
    else this.messages.push(message);
  }

  begin(view) {
    this.quiet();
    if (!this.closed) this.end = view.initialize({ model: this.model, messages: this.messages });
    return view;
  }

  quiet() {
    clearInterval(this.retry);
    this.model.off("msg:custom", this.hear);
  }

  close() {
    this.closed = true;
    this.quiet();
    this.end?.();
  }
}

function placeOf(digest) {
  if (!page.views.has(digest)) {
    const place = { taken: false };
    place.view = new Promise((resolve) => {
      place.take = (text) => {
        if (!place.taken) resolve(load(text));
        place.taken = true;
      };
    });
    page.views.set(digest, place);
  }
  return page.views.get(digest);
}

async function load(text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return await import(address);
  } finally {
    URL.revokeObjectURL(address);
  }
}
