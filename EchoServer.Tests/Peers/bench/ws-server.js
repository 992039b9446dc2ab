// Node's ws package as its documentation says it is fast: no compression, and bufferutil, its native code for masking, installed
// beside it (Node 20 has its own check of UTF-8). Echoes on /raw; greets and prefixes elsewhere. Port from PORT.
const { WebSocketServer } = require('ws');

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0), perMessageDeflate: false });

server.on('connection', (socket, request) => {
  socket.on('error', () => socket.terminate());
  if (request.url === '/raw') {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    return;
  }

  socket.send('Hi, this is the Echo-Server');
  socket.on('message', (data) => socket.send(`Echo: ${data}`));
});

server.on('listening', () => console.log(`Listening on ws://127.0.0.1:${server.address().port}`));
