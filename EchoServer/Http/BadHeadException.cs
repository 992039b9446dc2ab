namespace EchoServer.Http;

/// <summary>The input is not the head of an HTTP/1.1 response, or not a whole one. The message is escaped.</summary>
internal sealed class BadHeadException(HeadError error, Exception? inner = null) : IOException(error.Text, inner)
{
    /// <summary>Which kind of rule it breaks.</summary>
    internal HeadErrorKind Kind => error.Kind;
}
