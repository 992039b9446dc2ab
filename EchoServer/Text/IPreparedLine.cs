using System.Text.Json;

namespace EchoServer.Text;

/// <summary>The state of a log call that has its sentence ready, and writes its values itself: such a line allocates nothing.</summary>
/// <remarks>Used again after the call: nothing may keep it.</remarks>
internal interface IPreparedLine
{
    /// <summary>The line without its time, level and category. Not escaped.</summary>
    ReadOnlySpan<char> Sentence { get; }

    /// <summary>Writes the values as members of the object that is open.</summary>
    void WriteValues(Utf8JsonWriter json);
}
