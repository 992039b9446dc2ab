using System.Collections;
using EchoServer.Commands.Options;

namespace EchoServer.Commands;

/// <summary>Environment variables that have the prefix of the program's own and are not among them: mistyped ones, as a rule.</summary>
internal static class UnknownVariables
{
    private static readonly string[] OfAspNet = ["ASPNETCORE_URLS", "DOTNET_URLS", "ASPNETCORE_HTTP_PORTS", "DOTNET_HTTP_PORTS"];

    /// <summary>Names those of an environment that the program does not read.</summary>
    /// <returns>A warning for each, in the order of their names. No value is shown.</returns>
    internal static IEnumerable<string> Warnings(IDictionary environment, IReadOnlyCollection<string> known) =>
        from entry in environment.Cast<DictionaryEntry>()
        let name = (string)entry.Key
        where name.StartsWith(NearName.VariablePrefix, StringComparison.Ordinal) && !known.Contains(name) && !IsOfService(name, $"{entry.Value}")
        orderby name
        let near = NearName.Find(name, known)
        select $"EchoServer: warning: the environment variable {EscapedText.From(name.AsSpan())} has no effect{(near is null ? "" : $"; did you mean {near}?")}";

    /// <summary>Names a variable that tells ASP.NET where to listen, and not this server, unless it names the same port.</summary>
    internal static string? WarnOfAspNet(Func<string, string?> environment, int port) =>
        Array.Find(OfAspNet, name => environment(name) is { Length: > 0 } value && value.TrimEnd('/').Split(':', ';')[^1] != $"{port}") is string found
            ? $"EchoServer: warning: the environment variable {found} has no effect; PORT or --port names the port"
            : null;

    /// <summary>Whether Kubernetes or Docker has set it, for a service or container called "echo" or "echo-something".</summary>
    private static bool IsOfService(string name, string value) =>
        name.Contains("_SERVICE_", StringComparison.Ordinal) || name.Contains("_PORT_", StringComparison.Ordinal) ||
        (name.EndsWith("_PORT", StringComparison.Ordinal) && value.Contains("://", StringComparison.Ordinal));
}
