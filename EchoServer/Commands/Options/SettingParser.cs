namespace EchoServer.Commands.Options;

/// <summary>Parses the text of an option or variable.</summary>
/// <param name="text">The text, as typed or from the environment.</param>
/// <param name="value">The value.</param>
/// <returns>False when the text is not accepted.</returns>
internal delegate bool SettingParser<T>(string text, out T value);
