// Has messages of many sizes echoed with compression, as text and binary, whole and in fragments, and prints the agreed parameters:
// node deflate-client.js ws://host:port/raw '{"serverMaxWindowBits":9}' (ws's perMessageDeflate options)
const assert = require('assert');
const WebSocket = require('ws');

const socket = new WebSocket(process.argv[2], { perMessageDeflate: { threshold: 0, ...JSON.parse(process.argv[3]) } });
const sizes = [0, 1, 16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072];

function json(size) {
  let text = '';
  for (let i = 0; text.length < size; i++) {
    text += `{"id":${i},"name":"user ${(i * 7919) % 10007}","active":${i % 3 === 0},"place":"Z\u00fcrich"},`;
  }
  return text.slice(0, size);
}

function noise(size) {
  let state = size + 1;
  return Buffer.from(Array.from({ length: size }, () => (state = (state * 1103515245 + 12345) % 2147483648) >> 16));
}

// Each twice: the second may refer back to the first. Parts are the fragments; the last of them may be empty.
const messages = [];
for (const size of sizes) {
  for (const message of [json(size), Buffer.from(json(size)), noise(size)]) {
    messages.push([message], [message]);
  }
}
for (const cut of [1, 100, 5000]) {
  const text = json(20000);
  const parts = [];
  for (let start = 0; start < text.length; start += cut * 10) {
    parts.push(text.slice(start, start + cut * 10));
  }
  messages.push(parts, [...parts, ''], [json(3000)], ['', ...parts]);
}

let next = 0;

function sendNext() {
  const parts = messages[next];
  parts.forEach((part, i) => socket.send(part, { fin: i === parts.length - 1, binary: typeof part !== 'string' }));
  socket.ping();
}

socket.on('open', () => {
  console.log(`agreed ${socket._receiver._extensions['permessage-deflate'] ? socket.extensions : 'nothing'}`);
  console.log(JSON.stringify(socket._receiver._extensions['permessage-deflate']?.params));
  sendNext();
});

socket.on('message', (data, isBinary) => {
  const parts = messages[next];
  const sent = Buffer.concat(parts.map((part) => Buffer.from(part)));
  assert.strictEqual(isBinary, typeof parts[0] !== 'string', `message ${next}`);
  assert.ok(sent.equals(data), `message ${next} of ${sent.length} bytes came back as ${data.length} others`);
  next++;
  if (next < messages.length) {
    sendNext();
  } else {
    socket.close(1000);
  }
});

socket.on('close', (code, reason) => {
  // Bytes on the wire: far fewer than those of the messages.
  console.log(`${next} of ${messages.length} came back, closed ${code} ${reason}`);
  console.log(socket._socket.bytesRead < 900000 ? 'compressed' : `read ${socket._socket.bytesRead} bytes`);
});
