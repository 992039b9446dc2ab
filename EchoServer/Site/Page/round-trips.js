// Which message is the echo of which, and how long the echoes took.

export const MAX_SAMPLES = 600;

// Enough of a text to tell it from another; the whole of every message on its way would be a lot to keep.
const TAIL_CHARACTERS = 64;

// The repeater pauses while so many messages are unanswered.
const MAX_PENDING = 20_000;

// The server answers everything: a message that answers none of the next few is something else.
const MAX_SKIPPED = 16;

// Cutting off many answered entries at once costs less than moving the rest for each of them.
const CUT_AT = 1000;

/** Matches echoes with the messages that were sent: the server answers in order, text perhaps with a prefix. One for each connection. */
export class EchoMatcher {
  #pending = [];
  #next = 0;
  #isFirst = true;

  get isFull() {
    return this.#pending.length - this.#next >= MAX_PENDING;
  }

  sent(data, now) {
    this.#pending.push(typeof data === 'string'
      ? { isText: true, length: data.length, tail: data.slice(-TAIL_CHARACTERS), at: now }
      : { isText: false, length: data.byteLength, at: now });
  }

  /**
   * Returns the round-trip time in milliseconds, or null for a message that is not an echo, and whether it is a greeting. The greeting that is
   * expected helps when it is known: it may end like a message that was sent.
   */
  received(data, now, expectedGreeting) {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isFirst && data === expectedGreeting) {
      return { time: null, isGreeting: true };
    }

    const skipped = this.#pending.slice(this.#next, this.#next + MAX_SKIPPED).findIndex((sent) => isEcho(sent, data));
    if (skipped < 0) {
      return { time: null, isGreeting: isFirst && typeof data === 'string' };
    }

    const { at } = this.#pending[this.#next + skipped];
    this.#next += skipped + 1;
    if (this.#next >= CUT_AT) {
      this.#pending = this.#pending.slice(this.#next);
      this.#next = 0;
    }

    return { time: now - at, isGreeting: false };
  }
}

function isEcho(sent, data) {
  return typeof data === 'string'
    ? sent.isText && data.length >= sent.length && data.endsWith(sent.tail)
    : !sent.isText && data.byteLength === sent.length;
}

/** The last round-trip times. */
export class RoundTrips {
  /** Samples of `{ at, time }` in milliseconds, oldest first; never more than twice MAX_SAMPLES. */
  #samples = [];

  add(at, time) {
    this.#samples.push({ at, time });
    // Cutting in halves costs less than moving all of them for each one.
    if (this.#samples.length >= 2 * MAX_SAMPLES) {
      this.#samples = this.#samples.slice(-MAX_SAMPLES);
    }
  }

  get samples() {
    return this.#samples.slice(-MAX_SAMPLES);
  }
}

/** Sums samples up; null when there are none. */
export function summarize(samples) {
  if (samples.length === 0) {
    return null;
  }

  const sorted = samples.map((sample) => sample.time).sort((one, other) => one - other);
  // The nearest-rank percentile: always a time that was measured.
  const percentile = (percent) => sorted[Math.ceil((percent / 100) * sorted.length) - 1];
  return {
    count: sorted.length,
    last: samples.at(-1).time,
    min: sorted[0],
    p50: percentile(50),
    p99: percentile(99),
    max: sorted.at(-1),
  };
}
