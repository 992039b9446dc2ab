using System.Globalization;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>Whether each instance of the app can be reached by name, with <c>X-Cf-App-Instance</c>.</summary>
internal sealed class InstancesProbe : TalkProbe
{
    private const int MaxInstances = 100;
    private const int BadRequest = 400;
    private const int NotFound = 404;

    public override string Name => "instances";

    public override string? CannotRun(CheckRun run) => run.Info is null ? "needs an EchoServer's /info" : base.CannotRun(run);

    public override async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        string? application = run.Options.Connection.Instance?.Split(':')[0] ?? run.Info!.Header("X-Cf-Applicationid");
        if (application is null)
        {
            return Finding.Skip("no router says which app this is (X-Cf-Applicationid): name one with --instance GUID:0");
        }

        List<long> reached = [];
        for (int index = 0; index < MaxInstances; index++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{application}:{index}");
            Finding? failure;
            try
            {
                failure = await ReachAsync(run, name, index, stop).ConfigureAwait(false);
            }
            catch (InstanceMissingException) when (index > 0)
            {
                break;
            }

            if (failure is not null)
            {
                return failure with { Facts = [new("reached", Texts(reached))] };
            }

            reached.Add(index);
        }

        return Finding.Pass(
            $"{reached.Count} instances reached by X-Cf-App-Instance: {string.Join(", ", reached)}", new Fact("reached", Texts(reached)));
    }

    /// <returns>Null when it was reached.</returns>
    private static async Task<Finding?> ReachAsync(CheckRun run, string name, int index, CancellationToken stop)
    {
        var dialer = new Dialer(run.Options.Connection with { Instance = name });
        PlainAnswer answer = await PlainAnswer.GetAsync(dialer, "/info", ServerInfo.MaxBytes, stop).ConfigureAwait(false);
        if (answer.Answer.Status is BadRequest or NotFound && answer.Answer.Field(RouterDiagnosis.ErrorField) is not null)
        {
            throw new InstanceMissingException(
                $"instance {index}: {answer.Answer.StatusLine}", RouterDiagnosis.Of(answer.Answer, run.Url)!);
        }

        ServerInfo? info = ServerInfo.Read(answer.Body);
        if (info?.Index != index)
        {
            string answered = info?.Index is long other ? $"instance {other} answered" : "no instance that says its number answered";
            return Finding.Fail($"asked for instance {index}, {answered}", new(
                "X-Cf-App-Instance has no effect: no Cloud Foundry router is on the way, or something before it drops the header",
                "check through the app's own route, without the proxies in front of it"));
        }

        using var peer = new EchoPeer(dialer, run.Peer);
        await peer.EchoAsync(Opcode.Text, "which one are you?"u8.ToArray(), stop).ConfigureAwait(false);
        return null;
    }

    private static string[] Texts(List<long> numbers) => [.. numbers.Select(number => number.ToString(CultureInfo.InvariantCulture))];

    /// <summary>The router knows no such instance.</summary>
    private sealed class InstanceMissingException(string finding, Fault fault) : ConnectionFailedException(Stage.Answer, finding, fault);
}
