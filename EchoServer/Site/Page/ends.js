// A record of the connections that ended without anyone asking for it: their age, and how long they had been idle.

import { describeCloseCode } from './close-codes.js';
import { byId, element, setText } from './elements.js';
import { duration } from './formats.js';

const STORAGE_KEY = 'echo-server-ends';
const MAX_ENDS = 20;

// Defaults of what stands in front of apps, in seconds.
const KNOWN_TIMEOUTS = [
  [60, 'AWS ALB and classic ELB: 60 s'],
  [240, 'Azure load balancer: 240 s'],
  [350, 'AWS NLB: 350 s'],
];

// They look at their connections only now and then.
const TIMEOUT_SLACK_SECONDS = 3;

const noneText = byId('ends-note').firstChild.textContent;
let ends = read();

/** Puts an end on record. Times in seconds. */
export function recordEnd(code, ageSeconds, idleSeconds) {
  ends = [{ at: Date.now(), code, ageSeconds, idleSeconds }, ...ends].slice(0, MAX_ENDS);
  write();
  showEnds();
}

/** Forgets the record. */
export function clearEnds() {
  ends = [];
  write();
  showEnds();
}

/** Shows the record. */
export function showEnds() {
  byId('clear-ends').hidden = ends.length === 0;
  byId('ends-note').firstChild.textContent = ends.length === 0 ? noneText : 'Idle is the time since the last message.';
  byId('ends').replaceChildren(...(ends.length === 0 ? [] : [table()]));
}

/** Says what the server's pings mean for the record; null when they are not known, `off` as 0. */
export function showKeepAlive(intervalSeconds) {
  setText(byId('ping-note'), intervalSeconds === undefined ? ''
    : intervalSeconds === null ? ' The server sends no pings either.'
      : ` The server pings every ${intervalSeconds} s to keep it up; with --keep-alive-interval off you see the bare link.`);
}

function table() {
  const headings = ['When', 'Age', 'Idle', 'Code'].map((text) => {
    const heading = element('th', text === 'When' || text === 'Code' ? '' : 'number', text);
    heading.scope = 'col';
    return heading;
  });
  const made = element('table', '', element('thead', '', element('tr', '', ...headings)), element('tbody', '', ...ends.map(row)));
  made.setAttribute('aria-labelledby', 'ends-heading');
  return made;
}

function row({ at, code, ageSeconds, idleSeconds }) {
  const hint = KNOWN_TIMEOUTS.find(([seconds]) => Math.abs(idleSeconds - seconds) <= TIMEOUT_SLACK_SECONDS);
  const age = element('td', 'number', duration(ageSeconds));
  const idle = element('td', 'number', duration(idleSeconds));
  // Shown where the panel is too narrow for the row of headings.
  age.dataset.label = 'Age';
  idle.dataset.label = 'Idle';
  if (hint) {
    idle.append(element('span', 'hint', hint[1]));
  }

  return element(
    'tr', '',
    element('td', '', new Date(at).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'medium' })),
    age,
    idle,
    element('td', '', `${code} ${describeCloseCode(code).name}`));
}

// Storage can be off, full, or hold what another version of the page left there.
function read() {
  try {
    const stored = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isEnd).slice(0, MAX_ENDS) : [];
  } catch {
    return [];
  }
}

function isEnd(stored) {
  return stored !== null && [stored.at, stored.code, stored.ageSeconds, stored.idleSeconds].every(Number.isFinite)
    && !Number.isNaN(new Date(stored.at).getTime());
}

function write() {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(ends));
  } catch {
    // Then the record lasts as long as the page.
  }
}
