// The panel with what the server says of itself and of this browser's request (GET /info).

import { byId, element, setText, termRows } from './elements.js';
import { bytes, count, duration, timeOfDay } from './formats.js';

const NOT_FOUND = 404;
const PATIENCE_MS = 10_000;

// Of a time of day with milliseconds.
const SECONDS_LENGTH = 'hh:mm:ss'.length;

// What Cloud Foundry's router and the proxies before it add to a request.
const ADDED_ON_THE_WAY = /^(x-forwarded-.*|x-request-start|x-vcap-request-id|x-cf-.*|x-b3-.*|b3|traceparent|tracestate|forwarded|via|x-real-ip|x-amzn-.*|x-azure-.*|x-envoy-.*|x-request-id)$/i;

const note = byId('info-note');

// Which groups of headers are unfolded: to stay so when what they show is asked for anew.
const unfolded = { added: true, own: false };

/** Asks for /info and shows it. Returns it, or null when there is none. */
export async function loadInfo() {
  try {
    const response = await fetch('/info', { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!response.ok) {
      showNothing(response.status === NOT_FOUND
        ? 'This server does not say: /info is off (--info false).'
        : `/info answered ${response.status}.`);
      return null;
    }

    const info = await response.json();
    showInfo(info, timeOfDay(new Date()).slice(0, SECONDS_LENGTH));
    return info;
  } catch (error) {
    showNothing(error.name === 'TimeoutError' ? '/info did not answer in time.' : '/info gave no answer that this page can read.');
    return null;
  }
}

function showNothing(text) {
  setText(note, text);
  byId('info-facts').replaceChildren();
  byId('info-headers').replaceChildren();
}

// What it says is of the moment in which it was asked: the page's own clocks go on.
function showInfo({ name, version, commit, uptimeSeconds, instance, limits, echo, connections, memory, request }, askedAt) {
  setText(byId('version'), `${version}${commit ? ` (${commit})` : ''}`);
  setText(note, `As of ${askedAt}, when this page asked for /info. With several instances it may be another one that echoes.`);
  byId('info-facts').replaceChildren(...termRows([
    ['Application', instance.application ?? 'not on Cloud Foundry'],
    ...(instance.space === null ? [] : [['Space', instance.space]]),
    ['Instance', instance.index === null ? 'unknown' : `#${instance.index}`],
    ...(instance.uris.length === 0 ? [] : [['Routes', instance.uris.join(', ')]]),
    [name, `up ${duration(uptimeSeconds)} at ${askedAt}`],
    ['Connections', `${count(connections.open)} open, ${count(connections.total)} so far, ${count(limits.maxConnections)} at most`],
    ['Message limit', bytes(limits.maxMessageBytes)],
    ['Compression', echo.compression ? 'offered (permessage-deflate)' : 'not offered'],
    ['Ping', limits.keepAliveIntervalSeconds === null ? 'off' : `every ${limits.keepAliveIntervalSeconds} s`],
    ['Memory', memory.residentBytes === null ? 'unknown' : `${bytes(memory.residentBytes)} resident`],
    ['Request from', request.peer],
  ]));
  const added = request.headers.filter((header) => ADDED_ON_THE_WAY.test(header.name));
  const own = request.headers.filter((header) => !ADDED_ON_THE_WAY.test(header.name));
  byId('info-headers').replaceChildren(
    headerGroup('added', 'Headers added on the way', added, 'None: no router or proxy added a header.'),
    headerGroup('own', 'Headers of the browser', own, 'None.'));
}

function headerGroup(key, title, headers, none) {
  const group = element('details', '', element('summary', '', `${title} (${headers.length})`));
  group.open = unfolded[key];
  group.addEventListener('toggle', () => {
    unfolded[key] = group.open;
  });
  if (headers.length === 0) {
    group.append(element('p', 'quiet', none));
  } else {
    const rows = element('dl', 'headers', ...termRows(headers.map((header) => [header.name, header.value])));
    group.append(rows);
  }

  return group;
}
