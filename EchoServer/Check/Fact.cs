namespace EchoServer.Check;

/// <summary>A value that a probe found, for machines.</summary>
/// <param name="Name">Stable: docs/check.md documents it.</param>
/// <param name="Value">A string, bool, long, double, or a list of strings or doubles; null where it is not known.</param>
internal readonly record struct Fact(string Name, object? Value);
