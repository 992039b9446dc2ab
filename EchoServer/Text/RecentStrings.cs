namespace EchoServer.Text;

/// <summary>The last few strings that were made: what says the same as one of them shares it.</summary>
/// <remarks>Safe on any thread.</remarks>
internal sealed class RecentStrings
{
    private readonly string[] _strings = [.. Enumerable.Repeat("", 8)];
    private uint _next;

    /// <summary>The string of these bytes, in Latin-1, as HTTP has them.</summary>
    internal string Of(ReadOnlySpan<byte> bytes)
    {
        foreach (string recent in _strings)
        {
            if (Ascii.Equals(bytes, recent))
            {
                return recent;
            }
        }

        string made = Encoding.Latin1.GetString(bytes);
        _strings[Interlocked.Increment(ref _next) % _strings.Length] = made;
        return made;
    }
}
