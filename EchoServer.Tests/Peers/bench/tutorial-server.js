// What the tutorial's server does, on Node's ws package. Port from PORT.
const WebSocket = require('ws');

const server = new WebSocket.Server({ host: '127.0.0.1', port: process.env.PORT });

server.on('connection', (socket) => {
  socket.send('Hi, this is the Echo-Server');
  socket.on('message', (message) => {
    console.log(`Received Message: ${message}`);
    socket.send(`Echo: ${message}`);
  });
});

server.on('listening', () => console.log(`Listening on ws://127.0.0.1:${server.address().port}`));
