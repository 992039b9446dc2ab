// The state of the connection, in the panel, the buttons, the title and the live region.

import { announce } from './announcer.js';
import { describeCloseCode } from './close-codes.js';
import { State } from './connection.js';
import { byId, setText } from './elements.js';
import { duration } from './formats.js';

const NAMES = {
  [State.Connecting]: 'Connecting',
  [State.Open]: 'Open',
  [State.Closing]: 'Closing',
  [State.Closed]: 'Closed',
  [State.Waiting]: 'Reconnecting',
};

/** Shows a state that was just entered. */
export function showState(connection) {
  const name = NAMES[connection.state];
  byId('state').dataset.state = connection.state;
  setText(byId('state-name'), name);
  setText(byId('state-url'), connection.url);
  setText(byId('compression'), connection.state === State.Open ? connection.extensions || 'none' : '–');
  showDetail(connection);
  showButtons(connection.state);

  const hasEnded = connection.state === State.Closed || connection.state === State.Waiting;
  document.title = `${name}${hasEnded && connection.end ? ` ${connection.end.code}` : ''} – EchoServer`;
  if (!isRepetition(connection)) {
    announce(hasEnded ? `${name}. ${endInWords(connection.end)}` : name);
  }
}

// While no server answers, attempt follows attempt: the first wait is announced, the others are only shown.
function isRepetition({ state, attempts }) {
  return (state === State.Connecting && attempts > 0) || (state === State.Waiting && attempts > 1);
}

/** Shows what changes with time alone: how long until the next attempt. */
export function showCountdown(connection) {
  if (connection.state === State.Waiting) {
    showDetail(connection);
  }
}

/** How a connection ended, in a sentence or two. */
export function endInWords(end) {
  if (end === null) {
    return 'There was no connection yet.';
  }

  const { name, meaning } = describeCloseCode(end.code);
  if (!end.wasOpen) {
    return end.isAsked ? 'It was given up before it was open.'
      : `${end.code}: it could not be opened. A browser is not told why; EchoServer check is.`;
  }

  const reason = end.reason === '' ? '' : ` ‘${end.reason}’`;
  const age = ` It was open for ${duration(end.ageMs / 1000)}.`;
  return end.isAsked ? `${end.code} ${name}${reason}: as you asked.${age}` : `${end.code} ${name}${reason}: ${meaning}${age}`;
}

function showDetail({ state, end, attempts, retryAt }) {
  const detail = byId('state-detail');
  if (state === State.Waiting) {
    const seconds = Math.max(0, Math.ceil((retryAt - performance.now()) / 1000));
    setText(detail, `${endInWords(end)} Connecting again in ${seconds} s, attempt ${attempts}.`);
  } else if (state === State.Closed) {
    setText(detail, endInWords(end));
  } else {
    // Once the new connection is open the end of the one before is past; the log has it.
    const isWorthTelling = state === State.Connecting && end !== null && !end.isAsked;
    setText(detail, isWorthTelling ? `The one before: ${endInWords(end)}` : '');
  }
}

// A button that has the focus must not go away or be disabled under the user's hands: what it does is in its name.
function showButtons(state) {
  setText(byId('connect'), { [State.Waiting]: 'Connect now', [State.Closed]: 'Connect' }[state] ?? 'Reconnect');
  setText(byId('disconnect'), state === State.Waiting ? 'Cancel' : 'Disconnect');
  const hasNothingToEnd = state === State.Closed || state === State.Closing;
  byId('disconnect').setAttribute('aria-disabled', String(hasNothingToEnd));
}
