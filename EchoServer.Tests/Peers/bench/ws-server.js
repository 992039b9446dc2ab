// Node's ws package without compression, or with its own settings for it at the level of WS_DEFLATE_LEVEL. bufferutil, native code for masking, is installed beside it and used unless
// WS_NO_BUFFER_UTIL is set. Echoes on /raw; greets and prefixes elsewhere. Port from PORT.
const { WebSocketServer } = require('ws');

const level = process.env.WS_DEFLATE_LEVEL;
const perMessageDeflate = level === undefined ? false : { zlibDeflateOptions: { level: Number(level) } };
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0), perMessageDeflate });

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
