using System.Text.RegularExpressions;

namespace EchoServer.Check.Conversations;

/// <summary>A message that a server is to send: the text that it is, or a regular expression that matches a part of it.</summary>
internal sealed class Expectation(string shown, Regex? pattern)
{
    private readonly byte[] _text = Encoding.UTF8.GetBytes(shown);

    /// <summary>The text or regular expression as it was typed. Not escaped.</summary>
    internal string Shown => shown;

    internal bool IsPattern => pattern is not null;

    /// <summary>Reads an expectation: between slashes stands a regular expression, anything else is a text.</summary>
    /// <returns>False for a regular expression that is not valid.</returns>
    internal static bool TryParse(string text, out Expectation expectation)
    {
        expectation = new(text, null);
        if (text is not ['/', .. string between, '/'])
        {
            return true;
        }

        try
        {
            expectation = new(text, new BoundedRegex(between));
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Whether a message is the expected one, be it text or binary.</summary>
    /// <exception cref="RegexMatchTimeoutException">The regular expression backtracks for too long.</exception>
    internal bool Matches(ReadOnlySpan<byte> message) =>
        pattern is null ? message.SequenceEqual(_text) : pattern.IsMatch(Encoding.UTF8.GetString(message));

    /// <summary>A regular expression with a bound on the time of a match.</summary>
    /// <remarks>
    /// The constructor that takes the bound also links the engine without backtracking, and the compiler: 0.8 MB more of native
    /// code than this one (2026-11-30).
    /// </remarks>
    private sealed class BoundedRegex : Regex
    {
        // Much longer than any match that does not backtrack: those go through a message of 16 MiB once.
        private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(2);

        internal BoundedRegex(string pattern)
            : base(pattern) => internalMatchTimeout = MaxTime;
    }
}
