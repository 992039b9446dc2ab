using EchoServer.Commands;

return await CommandLine.RunAsync(args).ConfigureAwait(false);
