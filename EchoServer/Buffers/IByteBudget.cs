namespace EchoServer.Buffers;

/// <summary>Where the memory for bytes that have to be kept is asked for.</summary>
/// <remarks>Safe on any thread.</remarks>
internal interface IByteBudget
{
    /// <summary>Asks for memory.</summary>
    /// <param name="bytes">How much, 0 or more.</param>
    /// <returns>False when there is not so much left; nothing is taken then.</returns>
    bool TryTake(int bytes);

    /// <summary>Gives memory back.</summary>
    /// <param name="bytes">How much, 0 or more.</param>
    void GiveBack(int bytes);
}
