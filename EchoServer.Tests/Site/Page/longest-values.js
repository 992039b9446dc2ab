// Replaces what the page learns from outside: the socket, the clock, the timers, /info and the stored record of ends.
// Each replacement gives the longest values that the page can show, and none changes with time.

const ENDED_AT = Date.UTC(2026, 11, 28, 23, 59, 59);
const LONGEST_AGE_S = 48 * 60 * 60 - 1;
const LONG_WORD = 'w'.repeat(90);
const GREETING = `Hi, this is the Echo-Server of ${LONG_WORD}`;

// A Close frame has room for this much (RFC 6455 §5.5).
const REASON = `drained: ${'w'.repeat(114)}`;

// All digits and units that they can have: of a round trip 12555.55 s, of six and the silence after them 48 hours.
const LONGEST_TRIP_MS = 12_555_550;
const LONGEST_IDLE_MS = 97_000_000;
const MIB = 1024 * 1024;

// From this on a timer is a delay before the page changes by itself: the next attempt to connect, the old name of a button.
const DELAY_MS = 500;

const longest = globalThis.longest = {
  now: 0,
  socket: null,

  /** Opens the connection and fills the log, the figures and the chart. */
  open() {
    this.socket.onopen();
    this.socket.onmessage({ data: GREETING });
    this.echo('text', 'Hi there!', 'Echo: Hi there!');
    this.echo('hex', 'de ad be ef', new Uint8Array([0xde, 0xad, 0xbe, 0xef]).buffer);
    this.echo('hex', '00'.repeat(300), new ArrayBuffer(300));
    this.echo('text', '\u202eאבג '.repeat(100), `Echo: ${'\u202eאבג '.repeat(100)}`);
    this.echo('text', 'w', 'w'.repeat(MIB - 52));
    this.echo('text', '', 'Echo: ');
    this.now += LONGEST_IDLE_MS;
  },

  /** Sends one message through the page's form and answers it. */
  echo(kind, text, answer) {
    document.querySelector(`input[name=kind][value=${kind}]`).click();
    document.getElementById('message').value = text;
    document.getElementById('composer').requestSubmit();
    this.now += LONGEST_TRIP_MS;
    this.socket.onmessage({ data: answer });
  },

  /** Ends the connection, after which the page waits for its next attempt. */
  end() {
    this.socket.onclose({ code: 1001, reason: REASON });
  },

  /** Shows the texts that only days of traffic would make so long. */
  overstate() {
    for (const id of ['sent', 'received']) {
      document.getElementById(id).textContent = '999,999,999 (99999.9 GiB)';
    }

    for (const button of document.querySelectorAll('.command button')) {
      button.textContent = 'Press Ctrl+C';
    }
  },
};

Date.now = () => ENDED_AT;
performance.now = () => longest.now;
Math.random = () => 1;
const startTimer = globalThis.setTimeout;
globalThis.setTimeout = (action, ms) => (ms >= DELAY_MS ? 0 : startTimer(action, ms));

globalThis.WebSocket = class {
  extensions = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15';
  bufferedAmount = 0;

  constructor() {
    longest.socket = this;
  }

  send() {}

  close() {}
};

globalThis.fetch = async () => Response.json({
  name: 'EchoServer',
  version: '100.100.1000',
  commit: '0123456789abcdef0123456789abcdef01234567',
  uptimeSeconds: LONGEST_AGE_S,
  instance: {
    index: 1000,
    application: `echo-server-${LONG_WORD}`,
    space: 'w'.repeat(60),
    uris: [`${'w'.repeat(63)}.${'w'.repeat(63)}.example.org`, 'echo-server.cfapps.example.org'],
  },
  limits: { maxMessageBytes: 1000, maxConnections: 2_147_483_647, keepAliveIntervalSeconds: 2_147_483 },
  echo: {
    greeting: GREETING,
    compression: true,
    scenarios: [{ path: '/delay/{ms}', summary: `${'Sends each echo late, in order. '.repeat(4)}${LONG_WORD}`, example: '/delay/500' }],
  },
  connections: { open: 2_147_483_647, total: 9_007_199_254_740_991 },
  memory: { residentBytes: 99_999 * 1024 ** 3 },
  request: {
    peer: '[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535',
    headers: [
      { name: 'X-Forwarded-For', value: '203.0.113.7, '.repeat(30) },
      { name: `X-Forwarded-${LONG_WORD}`, value: LONG_WORD },
      { name: 'Sec-WebSocket-Protocol', value: LONG_WORD },
      { name: 'User-Agent', value: navigator.userAgent },
    ],
  },
});

// The idle times are those of load balancers that the page knows by name.
localStorage.setItem('echo-server-ends', JSON.stringify([350, 240, 60, LONGEST_AGE_S].map((idleSeconds, number) => ({
  at: ENDED_AT, code: [1006, 1003, 1007, 3000][number], ageSeconds: LONGEST_AGE_S, idleSeconds,
}))));
