using EchoServer.Load;

namespace EchoServer.Commands;

internal static class LoadCommand
{
    internal static async Task<int> RunAsync(string url)
    {
        InlineCompletions.Enable();
        string[] e = Environment.GetEnvironmentVariable("L")!.Split(' ');
        await using var client = new LoadClient(new LoadOptions { Url = new Uri(url), Connections = int.Parse(e[0]), MessageBytes = int.Parse(e[1]), InFlight = int.Parse(e[2]), IsText = e[3] == "t", Rate = e.Length > 5 ? double.Parse(e[5]) : null });
        await client.ConnectAsync();
        Console.WriteLine($"opened {client.Opened} in {client.ConnectElapsed}");
        for (int i = 0; i < 2; i++)
        {
            LoadResult r = await client.RunAsync(TimeSpan.FromSeconds(double.Parse(e[4])));
            Console.WriteLine($"{r.Messages / r.Elapsed.TotalSeconds:f0}/s {r.Latency.Percentile(50)} {r.Latency.Percentile(99)} {r.Latency.Max} {r.Messages} unsent {r.Unsent} open {client.Open}");
        }
        await client.CloseAsync();
        Console.WriteLine(string.Join("\n", client.Errors.Counts) + string.Join("\n", client.Errors.CloseCodes));
        return 0;
    }
}
