using EchoServer.Connect;
using EchoServer.Diagnosis;

namespace EchoServer.Check.Probes;

/// <summary>Whether each instance of the app can be reached by name, with <c>X-Cf-App-Instance</c>.</summary>
/// <remarks>The router does not say how many there are: numbers are asked for until none of a whole batch answers.</remarks>
internal static class InstancesProbe
{
    private const int MaxInstances = 100;
    private const int Batch = 10;
    private const int FirstServerError = 500;

    /// <summary>The state of an instance, those that did not pass in the order in which they are told.</summary>
    private enum State
    {
        /// <summary>It answered on a WebSocket.</summary>
        Reached,

        /// <summary>The router knows it, but it does not serve.</summary>
        Failed,

        /// <summary>The router does not know it.</summary>
        Unknown,

        /// <summary>It answered on a WebSocket, but does not say which one it is.</summary>
        Unnamed,

        /// <summary>One answered whose <c>/info</c> has no number.</summary>
        Unnumbered,

        /// <summary>Another one answered.</summary>
        Other,
    }

    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        ServerInfo? info = run.Info ?? await FindInfoAsync(run.Dialer, stop).ConfigureAwait(false);
        string? application = run.Options.Connection.Instance?.Split(':')[0] ?? info?.ApplicationId;
        if (application is null)
        {
            return Finding.Skip(info is null
                ? "needs an EchoServer's /info, or the app's name: --instance GUID:0"
                : "no router says which app this is (X-Cf-Applicationid): name one with --instance GUID:0");
        }

        List<Instance> instances = [];
        do
        {
            instances.AddRange(await Task.WhenAll(
                Enumerable.Range(instances.Count, Batch).Select(index => AskAsync(run, application, index, info is not null, stop))).ConfigureAwait(false));
        }
        while (instances.Count < MaxInstances && !instances.Exists(instance => instance.State == State.Other) &&
            (instances.Count <= info?.Index || instances.TakeLast(Batch).Any(instance => instance.State is State.Reached or State.Unnamed)));
        return Judge(instances, info is not null);
    }

    private static Finding Judge(List<Instance> instances, bool sayTheirNumber)
    {
        Instance[] all = [.. instances.Take(instances.FindLastIndex(instance => instance.State != State.Unknown) + 1)];
        Instance[] Of(State state) => [.. all.Where(instance => instance.State == state)];
        Instance[] reached = Of(State.Reached);
        Fact[] facts = [new("reached", Numbers(reached)), new("failed", Numbers(Of(State.Failed))), new("unknown", Numbers(Of(State.Unknown)))];

        // Where no number heeds the header, no router is on the way: that is the cause, not an instance without its number.
        Instance? other = Of(State.Other).FirstOrDefault() ?? (reached.Length == 0 ? Of(State.Unnumbered).FirstOrDefault() : null);
        bool isIgnored = !sayTheirNumber && reached.Length == MaxInstances;
        if (other is not null || isIgnored)
        {
            return Finding.Fail(
                other?.Text ?? $"every number up to {MaxInstances - 1} is answered", RouterDiagnosis.OfOtherInstance(RouterDiagnosis.InstanceField), facts);
        }

        if (all.Length == 0)
        {
            return Finding.Fail(instances[0].Text, instances[0].Fault!, facts);
        }

        Instance[] odd = [.. all.Where(instance => instance.State != State.Reached).OrderBy(instance => instance.State)];
        string numbers = reached.Length > 0 ? $": {string.Join(", ", Numbers(reached))}" : "";
        string count = $"{Text.Numbers.Of(reached.Length, "instance")} reached by {RouterDiagnosis.InstanceField}{numbers}";
        string text = string.Join("; ", odd.Select(instance => instance.Text).Prepend(count)) +
            (all.Length == MaxInstances ? "; higher numbers were not tried" : "");
        return odd switch
        {
            [] => Finding.Pass(text, facts),
            [{ State: State.Failed } failed, ..] => Finding.Fail(text, failed.Fault!, facts),
            [{ State: State.Unknown } missing, ..] => Finding.Warn(text, OfGap(missing.Index), facts),
            _ => Finding.Warn(text, odd[0].Fault!, facts),
        };
    }

    /// <summary>Asks several times: the instance that answered the first GET may keep its <c>/info</c> to itself.</summary>
    private static async Task<ServerInfo?> FindInfoAsync(Dialer dialer, CancellationToken stop)
    {
        ServerInfo?[] answers = await Task.WhenAll(Enumerable.Range(0, Batch).Select(async _ =>
        {
            try
            {
                return await ServerInfo.AskAsync(dialer, stop).ConfigureAwait(false);
            }
            catch (ConnectionFailedException)
            {
                return null;
            }
        })).ConfigureAwait(false);
        return Array.Find(answers, answer => answer?.ApplicationId is not null);
    }

    /// <summary>Asks one instance. An EchoServer's <c>/info</c> says which one answers.</summary>
    private static async Task<Instance> AskAsync(CheckRun run, string application, int index, bool saysItsNumber, CancellationToken stop)
    {
        var dialer = new Dialer(run.Options.Connection with { Instance = $"{application}:{index}" });
        try
        {
            ReceivedAnswer? page = saysItsNumber
                ? await PlainAnswer.GetAsync(dialer, "/info", ServerInfo.MaxBytes, stop).ConfigureAwait(false)
                : null;
            if (page is not null && JudgePage(page, index, run.Url) is Instance judged)
            {
                return judged;
            }

            // A message is echoed or, by another server than an echo server, a ping answered.
            using var link = new EchoLink(await dialer.OpenWebSocketAsync(stop).ConfigureAwait(false), dialer, run.Dialect);
            await link.ProveAsync("which one are you?"u8.ToArray(), run.AnswersPings, stop).ConfigureAwait(false);
            await link.LeaveAsync(stop).ConfigureAwait(false);
            return page is null || ServerInfo.Read(page.Body) is not null ? Instance.Of(State.Reached, index, "reached", null) : Instance.Of(
                State.Unnamed,
                index,
                $"answers, but /info is {page.StatusLine}",
                new($"instance {index} answers, but does not say that it is this one", "let it serve /info: --info true, or ECHO_INFO=true"));
        }
        catch (ConnectionFailedException failure)
        {
            bool isUnknown = failure.Answer is ReceivedAnswer answer && RouterDiagnosis.IsWithoutInstance(answer);
            return Instance.Of(isUnknown ? State.Unknown : State.Failed, index, failure.Finding, failure.Fault);
        }
    }

    /// <returns>Null where the instance that was asked for answers, or one that does not say its number.</returns>
    private static Instance? JudgePage(ReceivedAnswer answer, int index, Uri url)
    {
        if (RouterDiagnosis.HasNoEndpoints(answer))
        {
            return Instance.Of(State.Failed, index, $"{answer.Status}, the router knows it and cannot reach it", new(
                $"the router knows instance {index}, and has just taken it out because it could not be reached",
                "see 'cf app NAME' and 'cf logs NAME --recent': it is starting, crashed, or fails its health check"));
        }

        if (RouterDiagnosis.Of(answer, url) is Fault router)
        {
            return RouterDiagnosis.IsWithoutInstance(answer)
                ? Instance.Of(State.Unknown, index, $"{answer.Status}, the router does not know it", router)
                : Instance.Of(State.Failed, index, $"{answer.Status}, {router.Cause}", router);
        }

        if (ServerInfo.Read(answer.Body) is ServerInfo info)
        {
            return info.Index == index ? null
                : info.Index is long other ? new(index, State.Other, $"asked for instance {index}, instance {other} answered", null)
                : new(index, State.Unnumbered, $"asked for instance {index}, no instance that says its number answered", new(
                    $"an instance answered for number {index}, but its /info does not say which one it is",
                    "let it run with CF_INSTANCE_INDEX, which Cloud Foundry sets: see whether its start command or its environment takes the variable away"));
        }

        return answer.Status < FirstServerError ? null : Instance.Of(State.Failed, index, answer.StatusLine, AnswerDiagnosis.OfPage(answer, url)!);
    }

    private static Fault OfGap(int index) => new(
        $"the router does not know instance {index}, and knows a later one: it is crashed, starting, not ready, or the router could not reach it just now",
        "see 'cf app NAME' and 'cf logs NAME --recent', and check again in a minute");

    private static string[] Numbers(Instance[] instances) => [.. instances.Select(instance => $"{instance.Index}")];

    private sealed record Instance(int Index, State State, string Text, Fault? Fault)
    {
        internal static Instance Of(State state, int index, string text, Fault? fault) => new(index, state, $"instance {index}: {text}", fault);
    }
}
