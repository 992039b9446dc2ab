#pragma warning disable IDE0130 // The package's namespace, not the folder's.
namespace Fleck;

/// <summary>Fleck's socket, as much of it as the adapter may use.</summary>
public interface ISocket
{
    bool NoDelay { get; set; }
}
