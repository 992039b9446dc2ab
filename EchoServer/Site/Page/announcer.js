// What a screen reader is told, through the page's one live region.

import { byId, element } from './elements.js';
import { milliseconds, plural, shortened } from './formats.js';

// The first message after a silence is told at once, a stream of them only now and then.
const FIRST_SUMMARY_MS = 400;
const NEXT_SUMMARY_MS = 10_000;
const SPOKEN_CHARACTERS = 120;
const KEPT_SENTENCES = 5;

const region = byId('announcer');
let received = 0;
let latest = '';
let summaryTimer = 0;
let lastSummaryAt = -Infinity;

/** Says something now. Each sentence is an element of its own: one that follows at once does not wipe it out unread. */
export function announce(text) {
  region.append(element('p', '', text));
  if (region.childElementCount > KEPT_SENTENCES) {
    region.firstElementChild.remove();
  }
}

/** Counts a message in, to be told of soon. */
export function announceMessage(shown, time) {
  received += 1;
  latest = { shown, time };
  if (summaryTimer === 0) {
    const wait = Math.max(FIRST_SUMMARY_MS, lastSummaryAt + NEXT_SUMMARY_MS - performance.now());
    summaryTimer = setTimeout(tellSummary, wait);
  }
}

function tellSummary() {
  const { shown, time } = latest;
  const trip = time === null ? '' : `, round trip ${milliseconds(time)}`;
  announce(received === 1
    ? `Received: ${shortened(shown, SPOKEN_CHARACTERS)}${trip}`
    : `${plural(received, 'message')} received, the last${trip || ' without a round trip'}`);
  received = 0;
  summaryTimer = 0;
  lastSummaryAt = performance.now();
}
