namespace EchoServer.Text;

/// <summary>A value that a log line words in another way than as itself: in a sentence it is <paramref name="text"/>, in JSON the value.</summary>
/// <param name="value">The value; null where there is none, which JSON leaves out.</param>
/// <param name="text">The words.</param>
internal readonly struct LoggedValue(object? value, string text)
{
    internal object? Value { get; } = value;

    /// <summary>The words, which are empty for <c>default</c>.</summary>
    public override string ToString() => text ?? "";
}
