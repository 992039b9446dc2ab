using EchoServer.Hosting;

namespace EchoServer.Site;

internal sealed class MetricsText
{
    internal const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    internal static byte[] Write(ServerSnapshot snapshot) => [];
}
