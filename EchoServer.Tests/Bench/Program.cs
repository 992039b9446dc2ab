using EchoServer.Bench;

return await BenchCommand.RunAsync(args);
