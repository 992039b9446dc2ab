// Sends one message of each kind to /raw, checks each echo, and prints a line for it: node many-kinds-client.js ws://host:port/raw
const assert = require('assert');
const WebSocket = require('ws');

const socket = new WebSocket(process.argv[2], ['first', 'second']);
const fragments = ['one ', 'two ', 'three'];
const messages = [
  ['empty text', ''],
  ['text of every plane', 'A \u00e9 \u20ac \u{1f600} \u{10ffff}'],
  ['text of 65536 bytes', 'x'.repeat(65536)],
  ['empty binary', Buffer.alloc(0)],
  ['binary of 125 bytes', Buffer.alloc(125, 1)],
  ['binary of 126 bytes', Buffer.alloc(126, 2)],
  ['binary of 1 MiB', Buffer.alloc(1024 * 1024, 3)],
  ['fragments', fragments.join('')],
];
let next = 0;

function sendNext() {
  const [name, message] = messages[next];
  if (name === 'fragments') {
    fragments.forEach((part, i) => socket.send(part, { fin: i === fragments.length - 1 }));
  } else {
    socket.send(message);
  }
}

socket.on('open', () => {
  console.log(`subprotocol ${socket.protocol}`);
  sendNext();
});

socket.on('message', (data, isBinary) => {
  const [name, sent] = messages[next++];
  assert.strictEqual(isBinary, typeof sent !== 'string');
  assert.ok(Buffer.from(sent).equals(data));
  console.log(name);
  if (next < messages.length) {
    sendNext();
  } else {
    socket.ping('are you there');
  }
});

socket.on('pong', (data) => {
  console.log(`pong ${data}`);
  socket.close(4000, 'done');
});

socket.on('close', (code) => console.log(`closed ${code}`));
