using EchoServer.Client.Terminal;
using EchoServer.Commands;

UncaughtExceptions.EndTheProcess();
KeypadMode.Keep();
return await CommandLine.RunAsync(args).ConfigureAwait(false);
