// The messages of the connection: sends them, matches the echoes, and shows the figures.

import { announceMessage } from './announcer.js';
import { Chart, chartInWords } from './chart.js';
import { byId, setText } from './elements.js';
import { bytes, count, duration, milliseconds, shortened } from './formats.js';
import { formatHex } from './hex.js';
import { logMessage } from './log.js';
import { EchoMatcher, RoundTrips, summarize } from './round-trips.js';

const FIGURES_INTERVAL_MS = 200;
const GREETING_CHARACTERS = 200;
const SPOKEN_BYTES = 16;

// The page's only path with a greeting: on another a message that equals the greeting is an echo.
const GREETING_PATH = '/';

const encoder = new TextEncoder();

export class Traffic {
  #connection;
  #matcher = new EchoMatcher();
  #roundTrips = new RoundTrips();
  #chart = new Chart(byId('chart'));
  #sent = { messages: 0, bytes: 0 };
  #received = { messages: 0, bytes: 0 };
  #lastActivityAt = 0;
  #isScheduled = false;

  /** The greeting that /info tells of; undefined while it has not. */
  expectedGreeting;

  constructor(connection) {
    this.#connection = connection;
    connection.addEventListener('message', (event) => this.#receive(event.detail));
    this.#showFigures();
  }

  /** Whether a message more would not only pile up, here or in the browser. */
  get isReady() {
    return this.#connection.isOpen && !this.#connection.isCongested && !this.#matcher.isFull;
  }

  /** Seconds since the last message, or since the connection opened. */
  get idleSeconds() {
    return (performance.now() - this.#lastActivityAt) / 1000;
  }

  /** Begins anew with a connection that has just opened. */
  begin() {
    this.#matcher = new EchoMatcher();
    this.#lastActivityAt = performance.now();
    setText(byId('greeting'), this.#connection.path === GREETING_PATH ? 'none yet' : 'none on this path');
  }

  /** Sends a text or an ArrayBuffer. Returns false when no connection is open. */
  send(data) {
    if (!this.#connection.isOpen) {
      return false;
    }

    const size = sizeOf(data);
    const now = performance.now();
    this.#connection.send(data);
    this.#matcher.sent(data, now);
    this.#note(this.#sent, size, now);
    logMessage('sent', data, size, null);
    return true;
  }

  /** Shows how old the connection is and for how long nothing came or went. */
  showClocks() {
    const { openedAt } = this.#connection;
    setText(byId('age'), openedAt === null ? '–' : duration((performance.now() - openedAt) / 1000));
    setText(byId('idle'), openedAt === null ? '–' : duration(this.idleSeconds));
  }

  #receive(data) {
    const now = performance.now();
    const expectedGreeting = this.#connection.path === GREETING_PATH ? this.expectedGreeting : undefined;
    const { time, isGreeting } = this.#matcher.received(data, now, expectedGreeting);
    if (isGreeting) {
      setText(byId('greeting'), shortened(data, GREETING_CHARACTERS));
    }

    if (time !== null) {
      this.#roundTrips.add(now, time);
    }

    const size = sizeOf(data);
    this.#note(this.#received, size, now);
    logMessage('received', data, size, time);
    announceMessage(typeof data === 'string' ? data : `${bytes(size)}, ${formatHex(data, SPOKEN_BYTES)}`, time);
  }

  #note(totals, size, now) {
    totals.messages += 1;
    totals.bytes += size;
    this.#lastActivityAt = now;
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      setTimeout(() => requestAnimationFrame(() => this.#showFigures()), FIGURES_INTERVAL_MS);
    }
  }

  #showFigures() {
    this.#isScheduled = false;
    const samples = this.#roundTrips.samples;
    const summary = summarize(samples);
    for (const figure of ['last', 'min', 'p50', 'p99', 'max']) {
      setText(byId(`rtt-${figure}`), summary === null ? '–' : milliseconds(summary[figure]));
    }

    this.#chart.show(samples, summary);
    byId('chart').setAttribute('aria-label', chartInWords(summary));
    setText(byId('sent'), totalsInWords(this.#sent));
    setText(byId('received'), totalsInWords(this.#received));
  }
}

function totalsInWords(totals) {
  return totals.messages === 0 ? '0' : `${count(totals.messages)} (${bytes(totals.bytes)})`;
}

function sizeOf(data) {
  return typeof data === 'string' ? encoder.encode(data).length : data.byteLength;
}
