using System.Reflection;
using System.Runtime.CompilerServices;

namespace EchoServer.Tests.Source;

/// <summary>The types of the server's project: each small enough to be read at once, and in one file (docs/design.md).</summary>
internal sealed class TypeSizeTests
{
    private static readonly Regex Partial = new(@"\bpartial (class|struct|record|interface)\b");
    private static readonly Regex TopLevelType = new(@"^(internal|public) [^\n]*?\b(class|struct|record|interface|enum)\b[^\n;]*(\n[^\n}][^\n]*|\n)*?\n\}", RegexOptions.Multiline);
    private const int MaxLines = 400;
    private const int MaxFields = 15;

    // The attributes by which a source generator knows the members that it completes.
    private static readonly string[] GeneratorAttributes = ["[LoggerMessage(", "[LibraryImport(", "[GeneratedRegex("];

    [Test]
    public void No_type_is_in_parts_but_for_a_source_generator()
    {
        IEnumerable<string> partial = ServerSources.Files
            .Where(file => Partial.IsMatch(File.ReadAllText(file)) && !GeneratorAttributes.Any(File.ReadAllText(file).Contains))
            .Select(file => Path.GetRelativePath(ServerSources.Root, file));
        Assert.That(partial, Is.Empty);
    }

    [Test]
    public void No_type_has_more_than_400_lines()
    {
        string[] types = [.. ServerSources.Files.SelectMany(file => TopLevelType.Matches(File.ReadAllText(file))).Select(match => match.Value)];
        Assert.That(types, Has.Length.GreaterThan(200), "the types of the project");
        Assert.That(types.Where(type => type.Count(character => character == '\n') > MaxLines).Select(type => type[..type.IndexOf('\n')]), Is.Empty);
    }

    [Test]
    public void No_type_has_more_than_15_instance_fields()
    {
        IEnumerable<string> large = typeof(ExitCode).Assembly.GetTypes()
            .Where(type => type is { IsEnum: false } && !typeof(Attribute).IsAssignableFrom(type) && !IsGenerated(type) && !IsPlainData(type))
            .Select(type => (Type: type, Fields: type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly).Length))
            .Where(type => type.Fields > MaxFields)
            .Select(type => $"{type.Type}: {type.Fields} fields");
        Assert.That(large, Is.Empty);
    }

    private static bool IsGenerated(Type type) =>
        type.GetCustomAttribute<CompilerGeneratedAttribute>() is not null || (type.DeclaringType is Type outer && IsGenerated(outer));

    /// <summary>Whether a type only lists values, such as the options and the totals: their number is that of what they list.</summary>
    private static bool IsPlainData(Type type) => type
        .GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        .All(field => field.IsPublic || field.GetCustomAttribute<CompilerGeneratedAttribute>() is not null || field.IsAssembly);
}
