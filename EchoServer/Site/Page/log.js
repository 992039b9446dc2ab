// The log of messages and events. Rows are made in batches: a flood of messages costs a few rows each tenth of a second.

import { byId, element, setText } from './elements.js';
import { bytes, milliseconds, plural, shortened, timeOfDay } from './formats.js';
import { formatHex } from './hex.js';

const MAX_ROWS = 500;
const ROWS_PER_BATCH = 100;
const BATCH_INTERVAL_MS = 100;

// What a row shows of a message, and what it shows on request.
const PREVIEW_CHARACTERS = 160;
const PREVIEW_BYTES = 32;
const FULL_CHARACTERS = 100_000;
const FULL_BYTES = 16 * 1024;

// Messages that are shown shortened are kept whole as long as all of them come to no more than this.
const MAX_KEPT_BYTES = 8 * 1024 * 1024;

const ARROWS = { sent: '↑', received: '↓', event: '•' };

const list = byId('log');
const empty = byId('log-empty');
let waiting = [];
let skipped = 0;
let isScheduled = false;
let kept = [];
let keptBytes = 0;

/** Logs a message: its direction `sent` or `received`, its data, its bytes and its round-trip time or null. */
export function logMessage(direction, data, byteCount, time) {
  const isText = typeof data === 'string';
  const isShortened = isText ? data.length > PREVIEW_CHARACTERS : byteCount > PREVIEW_BYTES;
  const entry = {
    direction, isText, byteCount, time,
    at: new Date(),
    preview: isText ? shortened(data, PREVIEW_CHARACTERS) : `${formatHex(data, PREVIEW_BYTES)}${isShortened ? ' …' : ''}`,
    data: null,
  };
  if (isShortened) {
    keep(entry, data);
  }

  add(entry);
}

/** Logs what happened to the connection. */
export function logEvent(text) {
  add({ direction: 'event', at: new Date(), preview: text, isText: true, byteCount: null, time: null, data: null });
}

/** Forgets all rows. */
export function clearLog() {
  waiting = [];
  skipped = 0;
  kept = [];
  keptBytes = 0;
  list.replaceChildren();
  empty.hidden = false;
}

function keep(entry, data) {
  entry.data = data;
  kept.push(entry);
  keptBytes += entry.byteCount;
  while (keptBytes > MAX_KEPT_BYTES) {
    const oldest = kept.shift();
    keptBytes -= oldest.byteCount;
    oldest.data = null;
  }
}

function add(entry) {
  waiting.push(entry);
  if (waiting.length > 2 * ROWS_PER_BATCH) {
    // Also bounds the entries kept while the tab is hidden, when nothing is drawn.
    skipped += waiting.length - ROWS_PER_BATCH;
    waiting = waiting.slice(-ROWS_PER_BATCH);
  }

  if (!isScheduled) {
    isScheduled = true;
    setTimeout(() => requestAnimationFrame(drawBatch), list.childElementCount === 0 ? 0 : BATCH_INTERVAL_MS);
  }
}

function drawBatch() {
  isScheduled = false;
  if (waiting.length === 0) {
    return;
  }

  if (skipped > 0) {
    waiting.unshift({
      direction: 'event', at: waiting[0].at, preview: `${plural(skipped, 'message')} came too fast to be shown here.`,
      isText: true, byteCount: null, time: null, data: null,
    });
  }

  empty.hidden = true;
  list.prepend(...waiting.reverse().map(row));
  waiting = [];
  skipped = 0;
  while (list.childElementCount > MAX_ROWS) {
    list.lastElementChild.remove();
  }
}

function row(entry) {
  const arrow = element('span', 'arrow', ARROWS[entry.direction]);
  arrow.setAttribute('aria-hidden', 'true');
  const text = element('span', 'text', entry.byteCount === 0 ? '(empty)' : entry.preview);
  const body = element('div', 'body', ...(entry.isText ? [] : [element('span', 'kind', 'binary')]), text);
  if (entry.data !== null) {
    body.append(moreButton(entry, text));
  }

  return element(
    'li', entry.direction,
    element('time', 'number', timeOfDay(entry.at)),
    element('span', 'direction', arrow, entry.direction),
    element('span', 'size number', entry.byteCount === null ? '' : bytes(entry.byteCount)),
    element('span', 'trip number', entry.time === null ? '' : milliseconds(entry.time)),
    body,
  );
}

function moreButton(entry, text) {
  const button = element('button', 'small', 'Show all');
  button.type = 'button';
  button.setAttribute('aria-expanded', 'false');
  button.addEventListener('click', () => {
    const isExpanding = button.getAttribute('aria-expanded') === 'false';
    if (isExpanding && entry.data === null) {
      button.replaceWith(element('span', 'quiet', ' The whole message is not kept any more.'));
      return;
    }

    button.setAttribute('aria-expanded', String(isExpanding));
    setText(text, isExpanding ? whole(entry) : entry.preview);
    setText(button, isExpanding ? 'Show less' : 'Show all');
  });
  return button;
}

function whole({ data, isText, byteCount }) {
  if (isText) {
    return data.length > FULL_CHARACTERS ? `${shortened(data, FULL_CHARACTERS)} (${bytes(byteCount)} in all)` : data;
  }

  return byteCount > FULL_BYTES ? `${formatHex(data, FULL_BYTES)} … (${bytes(byteCount)} in all)` : formatHex(data, FULL_BYTES);
}
