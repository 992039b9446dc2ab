using EchoServer.Server;

namespace EchoServer.Tests.Attacks;

/// <summary>Attacks on compression: bombs, endless messages, bytes that are not deflate data.</summary>
[WholeMachine]
[NonParallelizable]
internal sealed class CompressionAttackTests
{
    private const int Compressed = 4;
    private const int EnoughBytes = 32 * 1024;
    private const string Offer = "Sec-WebSocket-Extensions: permessage-deflate";

    private static readonly string[] Options = ["--compression", "on", "--keep-alive-timeout", "20"];

    [Test]
    public async Task Bombs_of_a_gibibyte_cost_no_more_than_a_message_of_the_limit()
    {
        byte[] bomb = new WireFrame(WireFrame.BinaryOpcode, Deflated.Bomb(1024), Rsv: Compressed).ToBytes();
        Answer[] answers = await AttackAsync(50, (attacker, _) => attacker.SendAndReadToEndAsync(bomb));
        Assert.That(answers.Select(answer => answer.CloseCode), Has.All.EqualTo(1009));
    }

    [Test]
    public async Task Little_input_that_becomes_many_allowed_messages_leaves_others_their_turn()
    {
        // Nothing here is over a limit. The bytes of one receive become 100 MiB, and decompressing them occupies a thread.
        byte[] one = new WireFrame(WireFrame.BinaryOpcode, Deflated.Message(new byte[64 * 1024]), Rsv: Compressed).ToBytes();
        byte[] many = [.. Enumerable.Repeat(one, ServerOptions.ReceiveBytes / one.Length).SelectMany(bytes => bytes)];
        await using Siege siege = await Siege.BeginAsync(Options);
        Crowd crowd = await Crowd.OpenAsync(siege, 40, null, $"{Offer}; server_no_context_takeover; client_no_context_takeover");
        int[] answered = await crowd.AllAsync(async (attacker, _) =>
        {
            await attacker.SendAsync(many);

            // The first echoes are enough: all of them would take long, and prove no more.
            byte[] buffer = new byte[EnoughBytes];
            int received = 0;
            while (received < EnoughBytes && await attacker.ReadAsync(buffer) is > 0 and int more)
            {
                received += more;
            }

            return received;
        });
        Assert.That(answered, Has.All.GreaterThanOrEqualTo(EnoughBytes), "bytes of echoes");
        await siege.EndAsync();
    }

    [Test]
    public async Task A_thousand_compressed_messages_that_do_not_end_hold_no_more_than_the_budget()
    {
        // Each would become 900 KiB, and has its decompressor as well.
        byte[] unfinished = new WireFrame(WireFrame.BinaryOpcode, Deflated.Flushed(new byte[900 * 1024]), Fin: false, Rsv: Compressed).ToBytes();
        Answer[] answers = await AttackAsync(1000, (attacker, _) => attacker.SendAndReadToEndAsync(unfinished));

        // No memory for it, or too late.
        Assert.That(answers.Select(answer => answer.CloseCode), Has.All.AnyOf(1013, 1008));
        Assert.That(answers.Select(answer => answer.CloseCode), Has.Some.EqualTo(1013));
    }

    [Test]
    public async Task What_is_cut_off_or_no_deflate_data_is_refused()
    {
        byte[] json = Deflated.Message(Deflated.Json(50_000));
        byte[] noise = new byte[10_000];
        new Random(1).NextBytes(noise);
        noise[0] = 0x07;
        byte[][] messages = [json[..(json.Length / 2)], json[..20], noise, [0x00, 0xFF, 0xFF, 0xFF], [0x05, 0xFF, 0xFF, 0xFF]];
        Answer[] answers = await AttackAsync(100, (attacker, i) => attacker.SendAndReadToEndAsync(
            new WireFrame(WireFrame.BinaryOpcode, messages[i % messages.Length], Rsv: Compressed).ToBytes()));
        Assert.That(answers.Select(answer => answer.CloseCode), Has.All.EqualTo(1007));
    }

    [Test]
    public async Task Endless_deflate_data_that_becomes_nothing_meets_a_limit()
    {
        // Empty blocks, and empty last blocks, each of which begins anew.
        byte[][] nothings = [[0x00, 0x00, 0x00, 0xFF, 0xFF], [0x03, 0x00]];
        Answer[] answers = await AttackAsync(4, (attacker, i) =>
        {
            byte[] nothing = [.. Enumerable.Repeat(nothings[i % 2], 10_000).SelectMany(bytes => bytes)];
            byte[] start = new WireFrame(WireFrame.BinaryOpcode, [], Fin: false, Rsv: Compressed).ToBytes();
            return attacker.SendAndFloodAsync(start, WireFrame.More(nothing).ToBytes());
        });
        Assert.That(answers.Select(answer => answer.CloseCode), Has.All.EqualTo(1009));
    }

    private static Task<Answer[]> AttackAsync(int count, Func<Attacker, int, Task<Answer>> attack) =>
        Siege.AttackAsync([Offer], count, attack, Options);
}
