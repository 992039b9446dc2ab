namespace EchoServer.Commands.Options;

/// <summary>Turns what was typed into a value.</summary>
/// <param name="text">What was typed, or what the environment holds.</param>
/// <param name="value">The value.</param>
/// <returns>False when the text is not accepted.</returns>
internal delegate bool SettingParser<T>(string text, out T value);
