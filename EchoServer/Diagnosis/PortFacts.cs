namespace EchoServer.Diagnosis;

/// <summary>What a port in the URL means where Cloud Foundry's router is in front: from outside only 80 and 443 answer.</summary>
internal static class PortFacts
{
    private const int Http = 80;
    private const int Https = 443;
    private const int AppPort = 8080;
    private const int TutorialPort = 3333;
    private const int OldWebSocketPort = 4443;

    /// <summary>Says why the URL's port is probably wrong.</summary>
    /// <returns>Null when nothing is, and for the URL of a proxy, which is not ws or wss.</returns>
    internal static Fault? Of(Uri url)
    {
        // On a local machine or network every port is plausible.
        if (url.IsLoopback || url.Scheme is not ("ws" or "wss"))
        {
            return null;
        }

        bool isTls = url.Scheme == "wss";
        string better = $"wss://{ReceivedAnswer.Shown(UrlText.Host(url))}";
        return url.Port switch
        {
            AppPort => new(
                "8080 is the port inside the app's container, which Cloud Foundry does not expose: from outside only 80 and 443 answer",
                $"leave the port out: {better}"),
            TutorialPort => new(
                "3333 is the tutorial's port on a local machine: Cloud Foundry gives the app another one in $PORT and exposes 80 and 443",
                $"leave the port out: {better}"),
            OldWebSocketPort => new(
                "4443 was the WebSocket port of old foundations, whose balancers could not upgrade on 443; today's answer on 443",
                $"leave the port out, unless the operator says otherwise: {better}"),
            Http when isTls => new("port 80 speaks plain HTTP, and wss:// speaks TLS", $"leave the port out: {better}"),
            Https when !isTls => new("port 443 speaks TLS, and ws:// does not", $"use {better}"),
            _ => null,
        };
    }
}
