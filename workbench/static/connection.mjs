// One WebSocket that never loses its place: it asks for what follows the last entry held,
// comes back after any loss with growing pauses, and gives up only when told why.

const FIRST_PAUSE_S = 0.25;
const LONGEST_PAUSE_S = 8;
const SILENCE_S = 30;
const REFUSALS = {
  4400: "This position does not exist in the run.",
  4404: "This run does not exist here.",
  4410: "This run has expired and its entries are gone.",
};

/** `url`: of the run's socket. `cursor()`: the last entry held. `onEntries(entries) -> bool`:
 *  false when entries are missing in between. `onChange({state, message, retryInS})`. */
export class Connection {
  constructor({ url, cursor, onEntries, onChange = () => {}, onEnd = () => {}, world = globalThis }) {
    Object.assign(this, { url, cursor, onEntries, onChange, onEnd, world });
    this.failures = 0;
    this.stopped = false;
    this.socket = null;
    this.timer = 0;
    this.watchdog = 0;
    this.wake = () => this.comeBack();
    this.sleep = () => this.goOffline();
  }

  start() {
    this.world.addEventListener?.("online", this.wake);
    this.world.addEventListener?.("offline", this.sleep);
    this.connect();
    return this;
  }

  stop() {
    this.stopped = true;
    this.world.removeEventListener?.("online", this.wake);
    this.world.removeEventListener?.("offline", this.sleep);
    this.drop();
  }

  connect() {
    if (this.stopped || this.socket) return;
    this.world.clearTimeout(this.timer);
    this.say("connecting");
    const address = new URL(this.url);
    address.protocol = address.protocol.replace("http", "ws");
    address.searchParams.set("after", String(this.cursor()));
    const socket = new this.world.WebSocket(address.href);
    this.socket = socket;
    this.watch(); // a server that is stuck takes a connection and never answers it
    socket.onopen = () => this.guard(socket, () => this.opened());
    socket.onmessage = (message) => this.guard(socket, () => this.received(message.data));
    socket.onclose = (close) => this.guard(socket, () => this.closed(close.code, close.reason));
  }

  /** A socket we have left may still speak; only the present one is heard. */
  guard(socket, act) {
    if (this.socket === socket) act();
  }

  opened() {
    this.say("open");
    this.watch();
  }

  received(text) {
    this.watch();
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      this.again("The server sent something unreadable.");
      return;
    }
    if (Array.isArray(frame)) {
      if (!this.onEntries(frame)) this.again("Entries were missing; asking again.");
      else if (frame.length) this.failures = 0;
    } else if (frame?.end) this.finish();
  }

  finish() {
    this.stop();
    this.say("ended");
    this.onEnd();
  }

  closed(code, reason) {
    this.socket = null;
    this.world.clearTimeout(this.watchdog);
    if (REFUSALS[code]) {
      this.stop();
      this.say("refused", reason || REFUSALS[code]);
      return;
    }
    this.retry(code >= 4000 && reason ? reason : "The connection to the workbench was lost.");
  }

  again(message) {
    this.drop();
    this.retry(message);
  }

  retry(message) {
    if (this.stopped) return;
    if (this.world.navigator?.onLine === false) {
      this.say("offline", "This browser is offline.");
      return;
    }
    const ceiling = Math.min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** this.failures);
    const pause = ceiling * (0.5 + this.world.Math.random() / 2);
    this.failures += 1;
    this.say("reconnecting", message, pause);
    this.timer = this.world.setTimeout(() => this.connect(), pause * 1000);
  }

  watch() {
    this.world.clearTimeout(this.watchdog);
    this.watchdog = this.world.setTimeout(() => this.again("The server has gone silent."), SILENCE_S * 1000);
  }

  goOffline() {
    if (this.stopped) return;
    this.drop();
    this.say("offline", "This browser is offline.");
  }

  comeBack() {
    if (this.stopped || this.socket) return;
    this.failures = 0;
    this.connect();
  }

  drop() {
    this.world.clearTimeout(this.timer);
    this.world.clearTimeout(this.watchdog);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  say(state, message = "", retryInS = null) {
    this.state = state;
    this.onChange({ state, message, retryInS });
  }
}
