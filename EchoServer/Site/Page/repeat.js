// The switch that sends the same message every so many milliseconds.

import { announce } from './announcer.js';
import { composed } from './composer.js';
import { byId, setText } from './elements.js';
import { count } from './formats.js';

const toggle = byId('repeat');
const interval = byId('repeat-interval');
const note = byId('repeat-note');

let timer = 0;
let message = null;
let sent = 0;
let held = 0;

/** Starts the switch. */
export function startRepeat(traffic) {
  toggle.checked = false;
  toggle.addEventListener('change', () => (toggle.checked ? turnOn(traffic) : turnOff()));
  interval.addEventListener('change', () => toggle.checked && turnOn(traffic));
}

function turnOn(traffic) {
  clearInterval(timer);
  const wait = interval.valueAsNumber;
  const isInRange = Number.isInteger(wait) && wait >= Number(interval.min) && wait <= Number(interval.max);
  message = composed();
  const error = isInRange ? message.error : `The interval must be a whole number of milliseconds (${interval.min}-${interval.max}).`;
  interval.setAttribute('aria-invalid', String(!isInRange));
  note.classList.toggle('bad', Boolean(error));
  if (error) {
    toggle.checked = false;
    setText(note, error);
    announce(error);
    return;
  }

  sent = 0;
  held = 0;
  timer = setInterval(() => tick(traffic), wait);
  showNote();
}

function turnOff() {
  clearInterval(timer);
  setText(note, sent > 0 ? `Stopped after ${count(sent)}.` : '');
}

// A network that is slower than the switch must not fill the browser's memory: then a turn is left out.
function tick(traffic) {
  if (traffic.isReady && traffic.send(message.data)) {
    sent += 1;
  } else {
    held += 1;
  }

  showNote();
}

function showNote() {
  const left = held > 0 ? `, ${count(held)} left out while the connection was not ready` : '';
  setText(note, `${message.shown}: sent ${count(sent)}${left}`);
}
