namespace EchoServer.Commands.Options;

/// <summary>Parses the text of an option or variable.</summary>
/// <returns>False when the text is not accepted.</returns>
internal delegate bool SettingParser<T>(string text, out T value);
