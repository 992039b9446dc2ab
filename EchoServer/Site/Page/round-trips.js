// Which message is the echo of which, and how long the echoes took.

export const MAX_SAMPLES = 600;

// Enough of a text to tell it from another; the whole of every message on its way would be a lot to keep.
const TAIL_CHARACTERS = 64;

// Messages that were sent and not answered: more than this many are not waited for.
const MAX_PENDING = 1000;

/** Matches echoes with what was sent: the server answers in order, text perhaps with a prefix. One for each connection. */
export class EchoMatcher {
  #pending = [];
  #isFirst = true;

  sent(data, now) {
    this.#pending.push(typeof data === 'string'
      ? { isText: true, length: data.length, tail: data.slice(-TAIL_CHARACTERS), at: now }
      : { isText: false, length: data.byteLength, at: now });
    if (this.#pending.length > MAX_PENDING) {
      this.#pending.shift();
    }
  }

  /**
   * Returns the round-trip time in milliseconds, or null for what is no echo, and whether it is a greeting. The greeting that is
   * expected helps when it is known: it may end like a message that was sent.
   */
  received(data, now, expectedGreeting) {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isFirst && data === expectedGreeting) {
      return { time: null, isGreeting: true };
    }

    const index = this.#pending.findIndex((sent) => isEcho(sent, data));
    if (index < 0) {
      return { time: null, isGreeting: isFirst && typeof data === 'string' };
    }

    // Answers come in order: what was sent before this one is not answered any more.
    const { at } = this.#pending[index];
    this.#pending.splice(0, index + 1);
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
