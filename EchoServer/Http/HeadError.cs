namespace EchoServer.Http;

/// <summary>Which kind of rule a message head breaks.</summary>
internal enum HeadErrorKind
{
    /// <summary>It is not written as RFC 9112 says.</summary>
    Malformed,

    /// <summary>A response is HTTP, but a line of it is not written as RFC 9112 says.</summary>
    Faulty,

    /// <summary>It is larger than <see cref="HeadRules.MaxBytes"/>.</summary>
    TooLarge,

    /// <summary>It has more than <see cref="HeadRules.MaxFields"/> header lines.</summary>
    TooManyFields,

    /// <summary>A response ends before its empty line.</summary>
    Cut,

    /// <summary>A response is an alert of TLS.</summary>
    Tls,

    /// <summary>A response is in the frames of HTTP/2 (RFC 9113 §4.1).</summary>
    Http2,
}

/// <summary>The error of a message head, request or response: a sentence part that quotes the offending value, escaped.</summary>
internal sealed record HeadError(HeadErrorKind Kind, string Text)
{
    internal static HeadError Malformed(string text) => new(HeadErrorKind.Malformed, text);
}

/// <summary>The input is not the head of an HTTP/1.1 response, or not a whole one. The message is escaped.</summary>
internal sealed class BadHeadException(HeadError error, Exception? inner = null) : IOException(error.Text, inner)
{
    /// <summary>Which kind of rule it breaks.</summary>
    internal HeadErrorKind Kind => error.Kind;
}
