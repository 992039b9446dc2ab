// Where the page begins: it wires its parts to one connection, and connects.

import { showCommandLines, startCommandLines } from './command-lines.js';
import { setMaxMessageBytes, startComposer } from './composer.js';
import { Connection, State } from './connection.js';
import { byId } from './elements.js';
import { clearEnds, recordEnd, showEnds, showKeepAlive } from './ends.js';
import { clearLog, logEvent } from './log.js';
import { startRepeat } from './repeat.js';
import { scenarioPath, showScenarios, startScenarios } from './scenarios.js';
import { loadInfo } from './server-info.js';
import { endInWords, showCountdown, showState } from './state.js';
import { Traffic } from './traffic.js';

const CLOCK_INTERVAL_MS = 250;
const OPENING_PATIENCE_MS = 3000;

const connection = new Connection();
const traffic = new Traffic(connection);

let hasAsked = false;

async function askServer() {
  hasAsked = true;
  const info = await loadInfo();
  traffic.expectedGreeting = info?.echo.greeting;
  setMaxMessageBytes(info?.limits.maxMessageBytes ?? null);
  showKeepAlive(info?.limits.keepAliveIntervalSeconds);
  showScenarios(info?.echo.scenarios ?? []);
}

connection.addEventListener('state', () => {
  showState(connection);
  if (connection.state === State.Connecting) {
    logEvent(`Connecting to ${connection.url}`);
    showCommandLines(connection.url);
  } else if (connection.state === State.Open) {
    traffic.begin();
    logEvent('Open');
    // Only now, so that this connection is counted. Another instance may have answered, or a new version.
    askServer();
  }

  traffic.showClocks();
});

// Where no WebSocket opens, the answer says that HTTP works.
function askUnlessAsked() {
  if (!hasAsked) {
    askServer();
  }
}

connection.addEventListener('end', ({ detail: end }) => {
  askUnlessAsked();
  logEvent(endInWords(end));
  if (end.wasOpen && !end.isAsked) {
    recordEnd(end.code, end.ageMs / 1000, traffic.idleSeconds);
  }
});

startComposer((data) => traffic.send(data));
startRepeat(traffic);
startCommandLines();
startScenarios((path) => connection.connect(path));
showEnds();

byId('connect').addEventListener('click', () => connection.connect());
byId('disconnect').addEventListener('click', () => connection.disconnect());
byId('clear-log').addEventListener('click', clearLog);
byId('clear-ends').addEventListener('click', clearEnds);
byId('refresh-info').addEventListener('click', askServer);
for (const radio of document.querySelectorAll('input[name=path]')) {
  radio.addEventListener('change', () => connection.connect(chosenPath()));
}

function chosenPath() {
  const value = document.querySelector('input[name=path]:checked').value;
  return value === 'scenario' ? scenarioPath() : value;
}

setInterval(() => {
  showCountdown(connection);
  traffic.showClocks();
}, CLOCK_INTERVAL_MS);

// A page that is left may be kept and shown again: it says goodbye now, and connects again then.
addEventListener('pagehide', () => connection.disconnect());
addEventListener('pageshow', (event) => event.persisted && connection.connect());
addEventListener('online', () => connection.hurry());

setTimeout(askUnlessAsked, OPENING_PATIENCE_MS);
connection.connect(chosenPath());
