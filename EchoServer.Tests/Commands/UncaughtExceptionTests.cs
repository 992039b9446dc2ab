using EchoServer.Commands;

namespace EchoServer.Tests.Commands;

/// <summary>The last line of defence: one line and exit code 1.</summary>
internal sealed class UncaughtExceptionTests : FolderTest
{
    [Test]
    public void An_exception_is_described_in_one_line_by_its_cause()
    {
        string line = "";
        try
        {
            try
            {
                throw new InvalidOperationException("one\ntwo\u001b");
            }
            catch (InvalidOperationException exception)
            {
                throw new TypeInitializationException("Some.Type", exception);
            }
        }
        catch (TypeInitializationException exception)
        {
            line = UncaughtExceptions.Describe(exception);
        }

        Assert.That(line, Is.EqualTo(
            @"EchoServer: cannot go on: InvalidOperationException in EchoServer.Tests.Commands.UncaughtExceptionTests.An_exception_is_described_in_one_line_by_its_cause: one\ntwo\u{1b}; check the limits of this machine (ulimit -a), or report it as a fault of EchoServer"));
        Assert.That(UncaughtExceptions.Describe(new ArgumentException("never thrown")), Is.EqualTo(
            "EchoServer: cannot go on: ArgumentException: never thrown; check the limits of this machine (ulimit -a), or report it as a fault of EchoServer"));
    }

    [Test]
    public async Task One_on_another_thread_ends_the_process_without_a_stack_trace()
    {
        string file = Path.Combine(Folder, "thrown");
        var environment = new Dictionary<string, string>
        {
            ["DOTNET_STARTUP_HOOKS"] = typeof(StartupHook).Assembly.Location,
            [StartupHook.Variable] = file,
        };

        // A program that is compiled ahead of time has no such hooks.
        await using ServerProcess server = await ServerProcess.StartAsync(Programs.EchoServer([], environment, ["dotnet", Programs.EchoServerDll]));
        await File.WriteAllTextAsync(file, "");
        Assert.That(await server.WaitForExitAsync(), Is.EqualTo(1));
        Assert.That(await server.ReadErrorAsync(), Is.EqualTo(
            "EchoServer: cannot go on: InvalidOperationException in StartupHook.Throw: thrown by a test; check the limits of this machine (ulimit -a), or report it as a fault of EchoServer\n"));
    }
}
