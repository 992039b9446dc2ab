using System.Text;

namespace EchoServer.Connect;

/// <summary>A user and a password (RFC 7617). Nothing shows them.</summary>
internal sealed class BasicCredentials(string user, string password)
{
    /// <summary>The value of <c>Authorization</c>.</summary>
    internal string HeaderValue { get; } = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));

    /// <inheritdoc/>
    public override string ToString() => "(not shown)";
}
