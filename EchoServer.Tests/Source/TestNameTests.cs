using System.Xml;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

namespace EchoServer.Tests.Source;

/// <summary>
/// The names of the tests. Where a filter chooses tests, the adapter gives their names to NUnit in XML, and those that XML cannot hold are
/// left out of the run without a word.
/// </summary>
internal sealed class TestNameTests
{
    [Test]
    public void XML_can_hold_every_name()
    {
        ITest root = TestExecutionContext.CurrentContext.CurrentTest;
        while (root.Parent is ITest parent)
        {
            root = parent;
        }

        Assert.That(NamesIn(root).Where(name => !IsXml(name)).Select(name => EscapedText.From(name)), Is.Empty);
    }

    private static IEnumerable<string> NamesIn(ITest test) => test.Tests.SelectMany(NamesIn).Prepend(test.FullName);

    private static bool IsXml(string name)
    {
        try
        {
            XmlConvert.VerifyXmlChars(name);
            return true;
        }
        catch (XmlException)
        {
            return false;
        }
    }
}
