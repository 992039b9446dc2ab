using EchoServer.Site;

namespace EchoServer.Tests.Site;

/// <summary>What the environment says of the instance, well-formed or not: nothing in it may stop the server.</summary>
internal sealed class InstanceFactsTests
{
    private static readonly InstanceFacts Unknown = new(null, null, null, null, []);

    [Test]
    public void What_Cloud_Foundry_says_is_read()
    {
        // As it stands in the documentation, in part.
        InstanceFacts facts = Read(
            """
            {"application_id":"fa05c1a9-0fc1-4fbd-bae1-139850dec7a3","application_name":"styx-james","application_uris":["styx-james.example.com",
            "b.example.com"],"limits":{"disk":1024,"fds":16384,"mem":256},"space_name":"dev","uris":["ignored.example.com"],"users":null}
            """,
            index: "3", guid: "c7d8");
        Assert.That((facts.Index, facts.Guid, facts.Application, facts.Space), Is.EqualTo((3, "c7d8", "styx-james", "dev")));
        Assert.That(facts.Uris, Is.EqualTo(["styx-james.example.com", "b.example.com"]));
    }

    private static IEnumerable<TestCaseData> Broken()
    {
        yield return Case("absent", null);
        yield return Case("empty", "");
        yield return Case("white space", " ");
        yield return Case("no JSON", "application_name: echo");
        yield return Case("cut off", "{\"application_name\":\"ec");
        yield return Case("something behind it", "{} {}");
        yield return Case("comment", "{/* */}");
        yield return Case("null", "null");
        yield return Case("array", "[{\"application_name\":\"echo\"}]");
        yield return Case("text", "\"echo\"");
        yield return Case("deep", new string('[', 10_000));
        yield return Case("deep and whole", "{\"application_name\":" + new string('[', 500) + new string(']', 500) + "}");
        yield return Case("too long", "{\"application_name\":\"" + new string('x', 70_000) + "\"}");
        yield return Case("other types", "{\"application_name\":1,\"space_name\":{},\"application_uris\":\"x\"}");
        yield return Case("half a surrogate pair", "{\"application_name\":\"\\ud800\",\"space_name\":\"\\udc00x\",\"application_uris\":[\"\\ud800\",null,1]}");
        yield return Case("invalid UTF-16", "{\"application_name\":\"\ud800");

        static TestCaseData Case(string name, string? json) => new TestCaseData(json).SetName($"{{m}}({name})");
    }

    [TestCaseSource(nameof(Broken))]
    public void What_is_not_as_it_should_be_says_nothing(string? json)
    {
        InstanceFacts facts = Read(json, index: null, guid: null);
        Assert.That(facts with { Uris = [] }, Is.EqualTo(Unknown with { Uris = [] }).Using<InstanceFacts>(Same));
        Assert.That(facts.Uris, Is.Empty);
    }

    [TestCase("0", 0)]
    [TestCase("12", 12)]
    [TestCase("-1", null)]
    [TestCase("1e3", null)]
    [TestCase(" 1", null)]
    [TestCase("99999999999", null)]
    [TestCase("", null)]
    public void The_index_is_a_number(string text, int? index) => Assert.That(Read(null, text, "").Index, Is.EqualTo(index));

    [Test]
    public void A_list_of_routes_without_end_is_cut()
    {
        string many = string.Join(',', Enumerable.Repeat("\"a\"", 5_000));
        Assert.That(Read($"{{\"application_uris\":[{many}]}}", null, null).Uris, Has.Count.EqualTo(100));
    }

    private static bool Same(InstanceFacts a, InstanceFacts b) =>
        (a.Index, a.Guid, a.Application, a.Space) == (b.Index, b.Guid, b.Application, b.Space);

    private static InstanceFacts Read(string? json, string? index, string? guid) => InstanceFacts.Read(name => name switch
    {
        "VCAP_APPLICATION" => json,
        "CF_INSTANCE_INDEX" => index,
        "CF_INSTANCE_GUID" => guid,
        _ => throw new InvalidOperationException($"{name} must not be read"),
    });
}
