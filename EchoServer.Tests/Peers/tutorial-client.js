// What the tutorial's client does, on Node's ws package: node tutorial-client.js ws://host:port
const WebSocket = require('ws');

const socket = new WebSocket(process.argv[2]);

socket.on('open', () => {
  socket.send('Hi there!');
  console.log('Sent Message: Hi there!');
});

socket.on('message', (data) => {
  console.log(`Received Message: ${data}`);
  if (data.toString() === 'Echo: Hi there!') {
    socket.close();
  }
});

socket.on('close', () => console.log('Disconnected from Server'));

socket.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
