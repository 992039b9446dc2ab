using EchoServer.Client;
using EchoServer.Client.Terminal;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Client.Terminal;

/// <summary>What a line at the prompt means.</summary>
internal sealed class PromptCommandTests : FolderTest
{
    [TestCase("hello", "hello")]
    [TestCase(" /ping", " /ping")]
    [TestCase("//ping", "/ping")]
    [TestCase("///", "//")]
    public void Text_is_sent_as_it_is(string line, string expected)
    {
        PromptCommand command = PromptCommand.Parse(line);
        Assert.That(command.Input!.Opcode, Is.EqualTo(Opcode.Text));
        Assert.That(Encoding.UTF8.GetString(command.Input.Payload), Is.EqualTo(expected));
    }

    [TestCase("/ping", Opcode.Ping, "")]
    [TestCase("/ping a b", Opcode.Ping, "612062")]
    [TestCase("/binary", Opcode.Binary, "")]
    [TestCase("/binary DEad", Opcode.Binary, "dead")]
    [TestCase("/binary de ad:be,ef 0x01", Opcode.Binary, "deadbeef01")]
    public void Commands_send_something(string line, Opcode opcode, string hex)
    {
        ClientInput input = PromptCommand.Parse(line).Input!;
        Assert.That((input.Opcode, Convert.ToHexStringLower(input.Payload)), Is.EqualTo((opcode, hex)));
    }

    [TestCase("/close", 1000, "")]
    [TestCase("/close 1001", 1001, "")]
    [TestCase("/close 4999  so long ", 4999, "so long")]
    public void Close_takes_a_code_and_a_reason(string line, int code, string reason)
    {
        ClientInput input = PromptCommand.Parse(line).Input!;
        Assert.That((input.Opcode, (int)input.Code, input.Reason), Is.EqualTo((Opcode.Close, code, reason)));
    }

    [TestCase("/help", "/close [code] [reason]")]
    [TestCase("/", "'/' is not a command")]
    [TestCase("/pin", "'/pin' is not a command")]
    [TestCase("/\u001b", "'/\\u{1b}' is not a command", TestName = "{m}(a control character)")]
    [TestCase("/binary 123", "an odd number of hex digits (3) is not a whole number of bytes")]
    [TestCase("/binary xy", "'x' is not a hex digit (0-9, a-f)")]
    [TestCase("/close abc", "'abc' is not a close code that may be sent (1000-1003, 1007-1014, 3000-4999)")]
    [TestCase("/close 1006", "'1006' is not a close code")]
    [TestCase("/file", "/file: a path is needed")]
    [TestCase("/file /no/such", "'/no/such' is not a file")]
    [TestCase("/file /tmp", "'/tmp' is not a file")]
    public void What_is_not_understood_is_said(string line, string expected)
    {
        PromptCommand command = PromptCommand.Parse(line);
        Assert.That(command.Input, Is.Null);
        Assert.That(command.Answer, Does.Contain(expected));
    }

    [Test]
    public void What_does_not_fit_a_control_frame_is_said()
    {
        Assert.That(PromptCommand.Parse("/ping " + new string('x', 126)).Answer, Is.EqualTo("a ping carries at most 125 bytes, and this text has 126"));
        Assert.That(PromptCommand.Parse("/close 1000 " + new string('x', 124)).Answer, Is.EqualTo("a close reason has at most 123 bytes"));
        Assert.That(PromptCommand.Parse("/close 1000 " + new string('x', 123)).Input!.Reason, Has.Length.EqualTo(123));
    }

    [Test]
    public void A_pipe_to_which_nobody_writes_does_not_hold_up_the_prompt()
    {
        string pipe = Path.Combine(Folder, "pipe");
        using (Process made = Process.Start("mkfifo", [pipe]))
        {
            made.WaitForExit();
        }

        Task<PromptCommand> parsing = Task.Run(() => PromptCommand.Parse($"/file {pipe}"));
        Assert.That(parsing.Wait(ServerProcess.Patience), Is.True);
        Assert.That(parsing.Result.Answer, Is.EqualTo($"'{pipe}' cannot be read: nothing came from it"));

        // Whoever still waits to open it may go on.
        using Process writer = Process.Start("sh", ["-c", $": > '{pipe}'"]);
        writer.WaitForExit();
    }

    [Test]
    public void A_long_dump_is_cut()
    {
        string[] lines = HexDump.Of(new byte[HexDump.MaxBytes + 1], "  ").Split('\n');
        Assert.That(lines, Has.Length.EqualTo((HexDump.MaxBytes / 16) + 1));
        Assert.That(lines[^1], Is.EqualTo("  and 1 more bytes"));
        Assert.That(HexDump.Of([], "  "), Is.Empty);
    }
}
