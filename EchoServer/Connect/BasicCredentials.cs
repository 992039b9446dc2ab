namespace EchoServer.Connect;

/// <summary>A user and a password (RFC 7617). Nothing shows them.</summary>
internal sealed class BasicCredentials(string user, string password)
{
    internal string User { get; } = user;

    internal string Password { get; } = password;

    /// <summary>The value of <c>Authorization</c>.</summary>
    internal string HeaderValue { get; } = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));

    /// <summary>Whether a server can read them as they are: RFC 7617 §2 allows no control characters, and no colon in the user's name.</summary>
    internal bool FitsBasic => !User.Contains(':', StringComparison.Ordinal) && !User.Any(char.IsControl) && !Password.Any(char.IsControl);

    /// <summary>Reads the part of a URL before the '@', percent-encoded or not.</summary>
    internal static BasicCredentials FromUserInfo(string text)
    {
        string[] parts = text.Split(':', 2);
        return new(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }

    public override string ToString() => "(not shown)";
}
