using System.Buffers;
using EchoServer.Http;
using EchoServer.Server;
using EchoServer.WebSockets;

namespace EchoServer.Echo;

/// <summary>What httpbin is for HTTP clients, for WebSocket clients: paths on which the server ends, waits, breaks off or refuses as asked.</summary>
/// <remarks>
/// Messages come back as on <see cref="EchoHandlers.RawPath"/> unless a scenario says otherwise. Each is written against
/// <see cref="IWebSocketConnection"/>, and is an example of what that can do.
/// </remarks>
internal static class Scenarios
{
    private const int MaxMessages = 1_000_000;
    private const int MaxBurst = 10_000;
    private const int MaxFragments = 1_000;
    private const int MaxBytesPerSecond = 10_000_000;
    private const int MaxReasonBytes = 123;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    // RFC 9110 §5.6.2, which RFC 6455 §4.1 asks of a subprotocol.
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>All of them, in the order of the page and the documentation.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("/close/{code}", "Closes with this code: at once, after a number of messages (after), or after a time (in), with a reason.", "/close/1011?after=3&reason=gone", Close),
        new("/drop", "Cuts the connection without a Close, by a TCP reset: at once, after a number of messages (after), or after a time (in).", "/drop?in=5s", Drop),
        new("/delay/{ms}", "Sends each echo so many milliseconds late, in order.", "/delay/500", Delay),
        new("/slow/{bytes per second}", "Sends each echo in fragments, at this rate.", "/slow/1000", Slow),
        new("/silent", "Takes every message and answers none; pings get their pong.", "/silent", Silent),
        new("/burst/{n}", "Sends this number of messages at once when the connection opens, then echoes.", "/burst/100", Burst),
        new("/tick/{ms}", "Sends a numbered message at this interval, and echoes.", "/tick/1000", Tick),
        new("/fragments/{n}", "Sends each echo in this number of fragments.", "/fragments/3", Fragments),
        new("/status/{nnn}", "Refuses the handshake with this HTTP status.", "/status/503", Refuse),
        new("/subprotocol/{name}", "Agrees on this subprotocol, whatever the client offers.", "/subprotocol/chat", Subprotocol),
        new("/no-ping", "Sends no keep-alive pings: shows after what time of silence something on the way cuts the connection.", "/no-ping", NoPing),
    ];

    /// <summary>Finds the scenario of a path and a query, both as sent.</summary>
    /// <returns>What to do; null where the path is not that of a scenario.</returns>
    public static ScenarioPlan? Find(string path, string query, EchoOptions options)
    {
        if (At(path) is not Scenario scenario)
        {
            return null;
        }

        var values = new ScenarioValues(scenario, path[Math.Min(scenario.Name.Length + 2, path.Length)..], query) { MostBytes = options.MaxWaitingBytes };
        ScenarioPlan plan = scenario.Read(values);
        values.RefuseOthers();
        return values.Flaw is string flaw ? Refused(HttpStatus.BadRequest, $"{scenario.Template}: {flaw}. An example: {scenario.Example}") : plan;
    }

    /// <summary>The scenario that a path begins with, its values aside; null for none.</summary>
    public static Scenario? At(string path)
    {
        // Each handshake comes here, and most ask for "/" or "/raw".
        ReadOnlySpan<char> rest = path.AsSpan(Math.Min(1, path.Length));
        int end = rest.IndexOf('/');
        ReadOnlySpan<char> name = end < 0 ? rest : rest[..end];
        foreach (Scenario scenario in All)
        {
            if (name.SequenceEqual(scenario.Name))
            {
                return scenario;
            }
        }

        return null;
    }

    private static ScenarioPlan Close(ScenarioValues values)
    {
        var code = (CloseCode)values.Number(1000, 4999);
        if (!ClosePayload.IsCodeAllowed((int)code))
        {
            values.Text(_ => false, "a code that a Close may carry (1000-1003, 1007-1014, 3000-4999)");
        }

        string reason = values.Query("reason", MaxReasonBytes);
        return EndWith(values, socket => socket.Close(code, reason));
    }

    private static ScenarioPlan Drop(ScenarioValues values) => EndWith(values, socket => socket.Abort());

    /// <summary>Ends after so many messages, which are echoed, or after a time.</summary>
    private static ScenarioPlan EndWith(ScenarioValues values, Action<IWebSocketConnection> end)
    {
        TimeSpan? time = values.QueryTime("in", Longest);
        int after = values.Query("after", otherwise: time is null ? 0 : int.MaxValue, lowest: 0, highest: MaxMessages);
        return new(socket =>
        {
            int left = after;
            if (left == 0)
            {
                socket.OnOpen = () => end(socket);
            }

            socket.OnMessage = message =>
            {
                socket.Send(default, message);
                if (--left == 0)
                {
                    end(socket);
                }
            };
            if (time is TimeSpan due)
            {
                var timer = new Timer(_ => end(socket), null, due, Timeout.InfiniteTimeSpan);
                socket.OnClose = timer.Dispose;
            }
        });
    }

    private static ScenarioPlan Delay(ScenarioValues values)
    {
        int delay = values.Number(0, (int)Longest.TotalMilliseconds, " of milliseconds");
        return Late(values, new LatePace(delay));
    }

    private static ScenarioPlan Slow(ScenarioValues values) => Late(values, LatePace.Of(values.Number(1, MaxBytesPerSecond, " of bytes")));

    private static ScenarioPlan Late(ScenarioValues values, LatePace pace) => new(socket => _ = new LateEchoes(socket, pace, values.MostBytes));

    private static ScenarioPlan Fragments(ScenarioValues values)
    {
        int count = values.Number(2, MaxFragments);
        return new(socket => socket.OnMessage = message =>
        {
            for (int i = 0; i < count; i++)
            {
                int start = Part(message, i), end = Part(message, i + 1);
                socket.SendFragment(message.IsText, message.Bytes[start..end], isFirst: i == 0, isLast: i == count - 1);
            }
        });

        int Part(Message message, int number) => (int)((long)message.Bytes.Length * number / count);
    }

    private static ScenarioPlan Silent(ScenarioValues values) => new(_ => { });

    private static ScenarioPlan Burst(ScenarioValues values)
    {
        int count = values.Number(1, MaxBurst);
        return new(socket =>
        {
            socket.OnOpen = () =>
            {
                for (int i = 1; i <= count; i++)
                {
                    socket.Send($"{i}");
                }
            };
            Echo(socket);
        });
    }

    private static ScenarioPlan Tick(ScenarioValues values)
    {
        var interval = TimeSpan.FromMilliseconds(values.Number(100, (int)Longest.TotalMilliseconds, " of milliseconds"));
        return new(socket =>
        {
            long number = 0;
            var timer = new Timer(_ => socket.Send($"{Interlocked.Increment(ref number)}"));
            socket.OnOpen = () => timer.Change(interval, interval);
            socket.OnClose = timer.Dispose;
            Echo(socket);
        });
    }

    private static ScenarioPlan Refuse(ScenarioValues values)
    {
        var status = (HttpStatus)values.Number(200, 599);
        if ((int)status is 204 or 205 or 304)
        {
            values.Text(_ => false, "a status with a body (200-599, but not 204, 205 and 304)");
        }

        return Refused(status, $"Refused with {(int)status}, as the path asks.");
    }

    private static ScenarioPlan Subprotocol(ScenarioValues values) => new(
        Echo,
        new(Subprotocol: values.Text(name => name.Length > 0 && !name.AsSpan().ContainsAnyExcept(TokenCharacters), "the name of a subprotocol")));

    private static ScenarioPlan NoPing(ScenarioValues values) => new(socket =>
    {
        socket.IsPinged = false;
        Echo(socket);
    });

    private static ScenarioPlan Refused(HttpStatus status, string reason) => new(_ => { }, new(new HttpRejection(status, reason)));

    private static void Echo(IWebSocketConnection socket) => socket.OnMessage = message => socket.Send(default, message);
}
