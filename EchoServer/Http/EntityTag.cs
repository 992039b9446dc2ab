namespace EchoServer.Http;

/// <summary>Entity tags and the one condition that this server looks at (RFC 9110 §8.8.3, §13.1.2).</summary>
/// <remarks>Pure and without state: safe on any thread.</remarks>
internal static class EntityTag
{
    /// <summary>Whether the client has the representation with this tag already, so that 304 is the answer. The tag is a strong one, with its quotes.</summary>
    /// <returns>True when <c>If-None-Match</c> names the tag, or is <c>*</c>.</returns>
    /// <remarks>RFC 9110 §13.1.2: "A recipient MUST use the weak comparison function": a <c>W/</c> before a tag does not matter.</remarks>
    public static bool IsKnownTo(RequestHead head, ReadOnlySpan<byte> tag)
    {
        foreach (HeaderFields.Field field in head.Fields)
        {
            if (!System.Text.Ascii.EqualsIgnoreCase(field.Name, "If-None-Match"u8))
            {
                continue;
            }

            // A tag of ours holds no comma, so what a split does to other people's tags cannot make one equal to it.
            foreach (Range range in field.Value.Split((byte)','))
            {
                ReadOnlySpan<byte> known = HeaderFields.TrimWhiteSpace(field.Value[range]);
                known = known.StartsWith("W/"u8) ? known["W/"u8.Length..] : known;
                if (known.SequenceEqual(tag) || known.SequenceEqual("*"u8))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
