using YamlDotNet.RepresentationModel;

namespace EchoServer.Tests.Deployment;

/// <summary>The one application of a Cloud Foundry manifest.</summary>
internal sealed class Manifest(Dictionary<string, YamlNode> attributes)
{
    public static string File => Path.Combine(Programs.ProjectFolder, "manifest.yml");

    public IReadOnlyCollection<string> Names => attributes.Keys;

    public IReadOnlyDictionary<string, string> Environment => attributes.TryGetValue("env", out YamlNode? variables)
        ? ((YamlMappingNode)variables).Children.ToDictionary(pair => Scalar(pair.Key), pair => Scalar(pair.Value))
        : new Dictionary<string, string>();

    public long MemoryBytes => Bytes("memory");

    public static Manifest Read() => Parse(System.IO.File.ReadAllText(File));

    /// <summary>Reads YAML; a name that stands twice in it is an error.</summary>
    public static Manifest Parse(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        var root = (YamlMappingNode)stream.Documents.Single().RootNode;
        Assert.That(root.Children.Keys.Select(Scalar), Is.EqualTo(["applications"]));
        var application = (YamlMappingNode)((YamlSequenceNode)root.Children[0].Value).Single();
        return new Manifest(application.Children.ToDictionary(pair => Scalar(pair.Key), pair => pair.Value));
    }

    public string Text(string name) => Scalar(attributes[name]);

    public int Number(string name) => int.Parse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>A size, such as <c>64M</c>.</summary>
    public long Bytes(string name)
    {
        string text = Text(name);
        Assert.That(text, Does.Match("^[1-9][0-9]*[KMG]$"), name);
        return long.Parse(text[..^1], CultureInfo.InvariantCulture) << (text[^1] switch { 'K' => 10, 'M' => 20, _ => 30 });
    }

    public IReadOnlyList<string> List(string name) => [.. ((YamlSequenceNode)attributes[name]).Select(Scalar)];

    /// <summary>An attribute that is a group of others, such as <c>docker</c>; or each in a list of those, such as <c>routes</c>.</summary>
    public IEnumerable<KeyValuePair<string, string>> Pairs(string name)
    {
        IEnumerable<YamlNode> groups = attributes[name] is YamlSequenceNode list ? list : [attributes[name]];
        return groups.SelectMany(group => ((YamlMappingNode)group).Children).Select(pair => KeyValuePair.Create(Scalar(pair.Key), Scalar(pair.Value)));
    }

    private static string Scalar(YamlNode node) => ((YamlScalarNode)node).Value ?? "";
}
