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

    private enum State
    {
        /// <summary>It answered on a WebSocket.</summary>
        Reached,

        /// <summary>It did, but does not say which one it is.</summary>
        Unnamed,

        /// <summary>The router does not know it.</summary>
        Unknown,

        /// <summary>The router knows it, but it does not serve.</summary>
        Failed,

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
        Instance[] unnumbered = Of(State.Unnumbered);
        Instance? other = Of(State.Other).FirstOrDefault() ?? (reached.Length == 0 ? unnumbered.FirstOrDefault() : null);
        if ((other ?? (all.Length == 0 ? instances[0] : null)) is Instance wrong)
        {
            return Finding.Fail(wrong.Text, wrong.Fault!, facts);
        }

        if (!sayTheirNumber && reached.Length == MaxInstances)
        {
            return Finding.Fail(
                $"every number up to {MaxInstances - 1} is answered", RouterDiagnosis.OfOtherInstance(RouterDiagnosis.InstanceField), facts);
        }

        Instance[] odd = [.. Of(State.Failed), .. Of(State.Unknown), .. Of(State.Unnamed), .. unnumbered];
        string numbers = reached.Length > 0 ? $": {string.Join(", ", Numbers(reached))}" : "";
        string count = $"{Text.Numbers.Of(reached.Length, "instance")} reached by {RouterDiagnosis.InstanceField}{numbers}";
        string text = string.Join("; ", odd.Select(instance => instance.Text).Prepend(count)) +
            (all.Length == MaxInstances ? "; higher numbers were not tried" : "");
        return odd switch
        {
            [] => Finding.Pass(text, facts),
            [{ State: State.Failed } failed, ..] => Finding.Fail(text, failed.Fault!, facts),
            [{ State: State.Unknown } missing, ..] => Finding.Warn(text, OfGap(missing.Index), facts),
            [{ State: State.Unnumbered } first, ..] => Finding.Warn(text, OfUnnumbered(first.Index), facts),
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
        string name = $"{application}:{index}";
        var dialer = new Dialer(run.Options.Connection with { Instance = name });
        try
        {
            using var peer = new EchoPeer(dialer, run.Peer);
            if (!saysItsNumber)
            {
                await TalkAsync(peer, run, stop).ConfigureAwait(false);
                return Instance.Of(State.Reached, index, "reached", null);
            }

            PlainAnswer page = await PlainAnswer.GetAsync(dialer, "/info", ServerInfo.MaxBytes, stop).ConfigureAwait(false);
            return JudgePage(page, index, run.Url) ?? await TalkAsync(page, index, peer, run, stop).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ConnectionFailedException || Step.IsOfNetwork(exception))
        {
            ConnectionFailedException failure = exception as ConnectionFailedException ?? dialer.Step(Stage.Echo).Failed(exception);
            bool isUnknown = failure.Answer is ReceivedAnswer answer && RouterDiagnosis.IsWithoutInstance(answer);
            return Instance.Of(isUnknown ? State.Unknown : State.Failed, index, failure.Finding, failure.Fault);
        }
    }

    /// <returns>Null where the instance that was asked for answers, or one that does not say its number.</returns>
    private static Instance? JudgePage(PlainAnswer page, int index, Uri url)
    {
        ReceivedAnswer answer = page.Answer;
        if (RouterDiagnosis.HasNoEndpoints(answer))
        {
            return Instance.Of(State.Failed, index, $"{answer.Status}, the router knows it and cannot reach it", OfUnreachable(index));
        }

        if (RouterDiagnosis.IsWithoutInstance(answer))
        {
            return Instance.Of(State.Unknown, index, $"{answer.Status}, the router does not know it", RouterDiagnosis.Of(answer, url)!);
        }

        if (RouterDiagnosis.Of(answer, url) is Fault router)
        {
            return Instance.Of(State.Failed, index, $"{answer.Status}, {router.Cause}", router);
        }

        if (ServerInfo.Read(page.Body) is ServerInfo info)
        {
            (State state, string answered) = info.Index is long other
                ? (State.Other, $"instance {other} answered")
                : (State.Unnumbered, "no instance that says its number answered");
            return info.Index == index ? null : new(
                index, state, $"asked for instance {index}, {answered}", RouterDiagnosis.OfOtherInstance(RouterDiagnosis.InstanceField));
        }

        return answer.Status < FirstServerError ? null : Instance.Of(State.Failed, index, answer.StatusLine, AnswerDiagnosis.OfPage(answer, url)!);
    }

    private static async Task<Instance> TalkAsync(PlainAnswer page, int index, EchoPeer peer, CheckRun run, CancellationToken stop)
    {
        await TalkAsync(peer, run, stop).ConfigureAwait(false);
        return ServerInfo.Read(page.Body) is not null ? Instance.Of(State.Reached, index, "reached", null) : Instance.Of(
            State.Unnamed,
            index,
            $"answers, but /info is {page.Answer.StatusLine}",
            new($"instance {index} answers, but does not say that it is this one", "let it serve /info: --info true, or ECHO_INFO=true"));
    }

    /// <summary>Opens a WebSocket, and has a message echoed or, by another server than an echo server, a ping answered.</summary>
    private static async Task TalkAsync(EchoPeer peer, CheckRun run, CancellationToken stop)
    {
        EchoLink link = await peer.LinkAsync(stop).ConfigureAwait(false);
        await link.ProveAsync("which one are you?"u8.ToArray(), run.AnswersPings, stop).ConfigureAwait(false);
        await link.LeaveAsync(stop).ConfigureAwait(false);
    }

    private static Fault OfUnreachable(int index) => new(
        $"the router knows instance {index}, and has just taken it out because it could not be reached",
        "see 'cf app NAME' and 'cf logs NAME --recent': it is starting, crashed, or fails its health check");

    private static Fault OfUnnumbered(int index) => new(
        $"an instance answered for number {index}, but its /info does not say which one it is",
        "let it run with CF_INSTANCE_INDEX, which Cloud Foundry sets: see whether its start command or its environment takes the variable away");

    private static Fault OfGap(int index) => new(
        $"the router does not know instance {index}, and knows a later one: it is crashed, starting, not ready, or the router could not reach it just now",
        "see 'cf app NAME' and 'cf logs NAME --recent', and check again in a minute");

    private static string[] Numbers(Instance[] instances) => [.. instances.Select(instance => $"{instance.Index}")];

    private sealed record Instance(int Index, State State, string Text, Fault? Fault)
    {
        internal static Instance Of(State state, int index, string text, Fault? fault) => new(index, state, $"instance {index}: {text}", fault);
    }
}
