#nullable disable
#pragma warning disable IDE0130 // The package's namespace, not the folder's.
namespace Fleck;

/// <summary>Fleck 1.2.0's reader and writer of frames, as much of it as the adapter uses.</summary>
public interface IHandler
{
    void Receive(IEnumerable<byte> data);
    byte[] FrameText(string text);
    byte[] FrameBinary(byte[] bytes);
    byte[] FramePong(byte[] bytes);
}

/// <summary>A request, which nothing reads.</summary>
public sealed class WebSocketHttpRequest;

/// <summary>A violation of the protocol.</summary>
public sealed class WebSocketException(ushort statusCode) : Exception
{
    public ushort StatusCode => statusCode;
}
