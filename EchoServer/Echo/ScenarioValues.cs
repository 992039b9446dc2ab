namespace EchoServer.Echo;

/// <summary>The values in the path and the query of one request for a scenario.</summary>
/// <remarks>Each method gives some value where there is none or a wrong one; <see cref="Flaw"/> then names it.</remarks>
internal sealed class ScenarioValues
{
    private readonly Scenario _scenario;
    private readonly string _value;
    private readonly Dictionary<string, string> _query = [];
    private readonly List<string> _known = [];

    /// <param name="scenario">The scenario.</param>
    /// <param name="value">The second segment of the path, as sent; empty for none.</param>
    /// <param name="query">The query, as sent.</param>
    internal ScenarioValues(Scenario scenario, string value, string query)
    {
        _scenario = scenario;
        _value = Decode(value);
        foreach (string part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pair = part.Split('=', 2);
            string name = Decode(pair[0]);
            if (!_query.TryAdd(name, pair.Length < 2 ? "" : Decode(pair[1].Replace('+', ' '))))
            {
                Flaw ??= $"'{Shown(name)}' is there twice";
            }
        }

        if (scenario.HasValue != value.Length > 0)
        {
            Flaw ??= scenario.HasValue ? "the value is missing" : $"'{Shown(value)}' is too much";
        }
    }

    /// <summary>The flaw of the first wrong value; null for none.</summary>
    internal string? Flaw { get; private set; }

    /// <summary>The most bytes that may wait for one client.</summary>
    internal required int MostBytes { get; init; }

    /// <summary>The value in the path, a whole number.</summary>
    internal int Number(int lowest, int highest, string unit = "") => Number(_value, lowest, highest, unit);

    /// <summary>The value in the path, judged by the caller; the accepted ones are named in words.</summary>
    internal string Text(Func<string, bool> isAccepted, string accepted)
    {
        if (!isAccepted(_value))
        {
            Flaw ??= $"'{Shown(_value)}' is not {accepted}";
        }

        return _value;
    }

    /// <summary>A whole number of the query.</summary>
    internal int Query(string name, int otherwise, int lowest, int highest) =>
        Find(name) is string text ? Number(text, lowest, highest, "", $"{name}: ") : otherwise;

    /// <summary>A text of the query, of at most so many bytes of UTF-8; empty for none.</summary>
    internal string Query(string name, int mostBytes)
    {
        string text = Find(name) ?? "";
        if (Encoding.UTF8.GetByteCount(text) > mostBytes)
        {
            Flaw ??= $"{name}: it is longer than {mostBytes} bytes";
        }

        return text;
    }

    /// <summary>A time of the query, such as <c>5s</c> or <c>250ms</c>; null for none.</summary>
    internal TimeSpan? QueryTime(string name, TimeSpan longest)
    {
        if (Find(name) is not string text)
        {
            return null;
        }

        bool isMilliseconds = text.EndsWith("ms", StringComparison.Ordinal);
        string number = text[..^(isMilliseconds ? 2 : text.EndsWith('s') ? 1 : 0)];
        bool isNumber = double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count);
        double seconds = count / (isMilliseconds ? 1000 : 1);

        // NaN, which is a number to the runtime, is not in the range either.
        if (!isNumber || !(seconds >= 0 && seconds <= longest.TotalSeconds))
        {
            Flaw ??= $"{name}: '{Shown(text)}' is not a time such as 5s or 250ms, up to {Times.Seconds(longest)}";
            return null;
        }

        return TimeSpan.FromSeconds(seconds);
    }

    /// <summary>Notes a parameter of the query that nothing has asked for. To be called last.</summary>
    internal void RefuseOthers()
    {
        if (_query.Keys.FirstOrDefault(name => !_known.Contains(name)) is string unknown)
        {
            Flaw ??= $"'{Shown(unknown)}' is not a parameter of {_scenario.Template}{(_known.Count == 0 ? ", which has none" : $": {string.Join(", ", _known)}")}";
        }
    }

    private string Decode(string encoded)
    {
        if (!PercentEncoding.TryDecode(encoded, out string text))
        {
            Flaw ??= $"'{Shown(encoded)}' is not percent-encoded UTF-8";
        }

        return text;
    }

    private static string Shown(string text) => EscapedText.From(text.AsSpan(0, Math.Min(text.Length, 32)));

    private string? Find(string name)
    {
        _known.Add(name);
        return _query.GetValueOrDefault(name);
    }

    private int Number(string text, int lowest, int highest, string unit, string name = "")
    {
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        if (!isNumber || number < lowest || number > highest)
        {
            Flaw ??= $"{name}'{Shown(text)}' is not a number{unit} from {lowest} to {highest}";
            return lowest;
        }

        return number;
    }
}
