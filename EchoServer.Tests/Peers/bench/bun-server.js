// Bun's built-in WebSocket server, without compression and without a timer per connection (idleTimeout 0).
// Echoes on /raw; greets and prefixes elsewhere. Port from PORT.
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT ?? 0),
  fetch(request, server) {
    const isRaw = new URL(request.url).pathname === '/raw';
    return server.upgrade(request, { data: { isRaw } }) ? undefined : new Response('WebSocket only\n', { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    idleTimeout: 0,
    open(socket) {
      if (!socket.data.isRaw) {
        socket.send('Hi, this is the Echo-Server');
      }
    },
    message(socket, message) {
      socket.send(socket.data.isRaw ? message : `Echo: ${message}`);
    },
  },
});

console.log(`Listening on ws://127.0.0.1:${server.port}`);
