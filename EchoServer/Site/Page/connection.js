// One WebSocket to the server that this page came from, its state, and connecting again.

import { CloseCode, isWorthRetrying } from './close-codes.js';

const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 30_000;

// A server that ends each connection at once, as with 1013, is not to be asked again and again (RFC 6455 §7.2.3).
const LASTING_MS = 5000;

// So many bytes waiting in the browser mean that the network is slower than the sender.
const MAX_BUFFERED_BYTES = 1024 * 1024;

export const State = Object.freeze({
  Connecting: 'connecting',
  Open: 'open',
  Closing: 'closing',
  Closed: 'closed',
  Waiting: 'waiting',
});

/** Says what happens through its events: `state`, `end` (before that state), and `message` with the message's data as detail. */
export class Connection extends EventTarget {
  #socket = null;
  #retryTimer = 0;
  #attempts = 0;
  #path = '/';

  state = State.Closed;
  /** When it opened, by `performance.now()`; null while it has not. */
  openedAt = null;
  /** How the last one ended: code, reason, wasOpen, isAsked, ageMs; null while none has. Each is also the detail of `end`. */
  end = null;
  /** When the next attempt is due, by `performance.now()`. */
  retryAt = 0;

  get url() {
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    return `${scheme}//${location.host}${this.#path}`;
  }

  get path() {
    return this.#path;
  }

  get attempts() {
    return this.#attempts;
  }

  /** The negotiated extensions, such as compression; empty without any, and while there is no connection. */
  get extensions() {
    return this.#socket?.extensions ?? '';
  }

  get isOpen() {
    return this.state === State.Open;
  }

  /** Whether the browser still has much to hand to the network. */
  get isCongested() {
    return this.#socket !== null && this.#socket.bufferedAmount > MAX_BUFFERED_BYTES;
  }

  /** Connects at once and anew: closes a connection that is open or opening. */
  connect(path = this.#path) {
    this.#attempts = 0;
    this.#path = path;
    this.#leave();
    this.#open();
  }

  /** Closes, or gives up connecting again. */
  disconnect() {
    clearTimeout(this.#retryTimer);
    if (this.state === State.Waiting) {
      this.#enter(State.Closed);
    } else if (this.state === State.Connecting || this.state === State.Open) {
      this.#enter(State.Closing);
      this.#socket.close(CloseCode.Normal);
    }
  }

  /** While waiting for the next attempt: does not wait any longer. */
  hurry() {
    if (this.state === State.Waiting) {
      clearTimeout(this.#retryTimer);
      this.#open();
    }
  }

  /** Sends a text or an ArrayBuffer; only while open. */
  send(data) {
    this.#socket.send(data);
  }

  #open() {
    const socket = new WebSocket(this.url);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.openedAt = null;
    // A socket that was left for another has nothing more to say.
    const whileCurrent = (handle) => (event) => this.#socket === socket && handle(event);
    socket.onopen = whileCurrent(() => {
      this.openedAt = performance.now();
      this.#enter(State.Open);
    });
    socket.onmessage = whileCurrent((event) => this.dispatchEvent(new CustomEvent('message', { detail: event.data })));
    socket.onclose = whileCurrent((event) => this.#closed(event.code, event.reason));
    this.#enter(State.Connecting);
  }

  #leave() {
    clearTimeout(this.#retryTimer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(CloseCode.Normal);
  }

  #closed(code, reason) {
    const isAsked = this.state === State.Closing;
    const wasOpen = this.openedAt !== null;
    const ageMs = wasOpen ? performance.now() - this.openedAt : 0;
    const end = { code, reason, wasOpen, isAsked, ageMs };
    // Attempts to come back that fail do not hide what made them necessary.
    const isFailedReturn = !wasOpen && !isAsked && this.#attempts > 0;
    this.end = isFailedReturn && this.end !== null ? this.end : end;
    this.#socket = null;
    this.openedAt = null;
    this.dispatchEvent(new CustomEvent('end', { detail: end }));
    if (isAsked || !isWorthRetrying(code)) {
      this.#enter(State.Closed);
      return;
    }

    this.#attempts = ageMs >= LASTING_MS ? 1 : this.#attempts + 1;
    const longest = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#attempts - 1));
    // Between half and all of it: clients that lost the same server must not come back in the same moment.
    const delay = longest * (0.5 + Math.random() / 2);
    this.retryAt = performance.now() + delay;
    this.#retryTimer = setTimeout(() => this.#open(), delay);
    this.#enter(State.Waiting);
  }

  #enter(state) {
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }
}
