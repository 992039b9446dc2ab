using EchoServer.Commands;

UncaughtExceptions.EndTheProcess();
return await CommandLine.RunAsync(args).ConfigureAwait(false);
