namespace EchoServer.Commands.Options;

/// <summary>The texts that an option or variable takes, in words that complete "is not ...".</summary>
internal sealed record SettingParser<T>(string Accepted, SettingParser<T>.Reader TryParse)
{
    /// <summary>Reads a text.</summary>
    /// <returns>False when the text is not accepted.</returns>
    internal delegate bool Reader(string text, out T value);
}
