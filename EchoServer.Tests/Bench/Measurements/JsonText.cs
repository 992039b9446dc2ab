using System.Text;

namespace EchoServer.Bench.Measurements;

/// <summary>Text as applications send it: JSON records, no two alike.</summary>
internal static class JsonText
{
    public static byte[][] Make(int size, int count)
    {
        // The same in every run and for every server.
        var random = new Random(size);
        var text = new StringBuilder();
        for (int id = 0; text.Length < size * count; id++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $$"""{"id":{{id}},"name":"user {{random.Next(10_000)}}","active":{{(random.Next(2) == 0 ? "true" : "false")}},"score":{{random.NextDouble():0.000}},"tags":["alpha","beta","gamma{{random.Next(9)}}"]},""");
        }

        byte[] bytes = Encoding.ASCII.GetBytes(text.ToString());
        return [.. Enumerable.Range(0, count).Select(i => bytes[(i * size)..((i + 1) * size)])];
    }
}
