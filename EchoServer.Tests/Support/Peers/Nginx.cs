namespace EchoServer.Tests.Support.Peers;

/// <summary>Debian's nginx as a proxy before a server on this machine. Ends with the test.</summary>
internal sealed class Nginx(Process process, string folder, int port) : IAsyncDisposable
{
    public const string Executable = "/usr/sbin/nginx";

    public int Port => port;

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="target">The port of the server behind it.</param>
    /// <param name="lines">More lines for the location; without any it is the proxy that does not know WebSockets.</param>
    public static async Task<Nginx> StartAsync(int target, params string[] lines)
    {
        Requires.Nginx();
        int port = FreePort.Find();
        string folder = Directory.CreateTempSubdirectory("echo-nginx-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), string.Create(CultureInfo.InvariantCulture, $$"""
            daemon off;
            master_process off;
            pid {{folder}}/nginx.pid;
            error_log stderr;
            events { worker_connections 256; }
            http {
              access_log off;
              client_body_temp_path {{folder}}/body;
              proxy_temp_path {{folder}}/proxy;
              fastcgi_temp_path {{folder}}/fastcgi;
              uwsgi_temp_path {{folder}}/uwsgi;
              scgi_temp_path {{folder}}/scgi;
              server {
                listen 127.0.0.1:{{port}};
                location / {
                  proxy_pass http://127.0.0.1:{{target}};
                  {{string.Join("\n      ", lines)}}
                }
              }
            }
            """));
        Process process = Process.Start(Programs.Start(Executable, ["-p", folder, "-c", Path.Combine(folder, "nginx.conf")]))!;
        process.BeginErrorReadLine();
        return await new Nginx(process, folder, port).StartedAsync(() => Wait.UntilListensAsync(port));
    }

    public async ValueTask DisposeAsync()
    {
        await Programs.EndAsync(process);
        Directory.Delete(folder, recursive: true);
    }
}
