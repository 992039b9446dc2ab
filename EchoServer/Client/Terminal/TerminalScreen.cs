using System.Globalization;
using System.Text;

namespace EchoServer.Client.Terminal;

/// <summary>A terminal with an editable line at the bottom; messages are printed above it.</summary>
/// <remarks>Safe on any thread.</remarks>
internal sealed class TerminalScreen : IDisposable
{
    private const string Prompt = "> ";
    private const int FewestColumns = 20;
    private const int DefaultColumns = 80;

    // ECMA-48: CR, then erase to the end of the line; then to the beginning of an empty screen.
    private const string EraseLine = "\r\u001b[K";
    private const string EraseScreen = "\u001b[H\u001b[2J";

    private readonly Lock _lock = new();
    private readonly LineEditor _editor = new();
    private readonly Stream _output = Console.OpenStandardOutput();
    private bool _hasPrompt;

    /// <summary>Prints lines above the prompt.</summary>
    internal void Print(string text)
    {
        lock (_lock)
        {
            Write(EraseLine + text.Replace("\n", "\r\n", StringComparison.Ordinal) + "\r\n" + PromptLine());
        }
    }

    /// <summary>Shows the prompt until <see cref="Dispose"/>. Keys pressed before are in it.</summary>
    internal void ShowPrompt()
    {
        lock (_lock)
        {
            if (!_hasPrompt)
            {
                _hasPrompt = true;
                Write(EraseLine + PromptLine());
            }
        }
    }

    /// <summary>Does what a key means.</summary>
    internal EditResult Apply(ConsoleKeyInfo key, out string line)
    {
        lock (_lock)
        {
            line = "";
            EditResult result = _editor.Apply(key);
            switch (result)
            {
                case EditResult.Changed:
                    Write(EraseLine + PromptLine());
                    break;
                case EditResult.ClearScreen:
                    Write(EraseScreen + PromptLine());
                    break;
                case EditResult.Finished:
                    // All of it, also what did not fit beside the prompt: it stays on the screen.
                    Write($"{EraseLine}{Prompt}{LineView.Whole(_editor.Line)}\r\n");
                    line = _editor.TakeLine();
                    Write(PromptLine());
                    break;
            }

            return result;
        }
    }

    /// <summary>Takes the prompt away.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            Write(_hasPrompt ? EraseLine : "");
            _hasPrompt = false;
        }
    }

    private string PromptLine()
    {
        if (!_hasPrompt)
        {
            return "";
        }

        LineView view = LineView.Of(_editor.Line, _editor.Cursor, Math.Max(Columns(), FewestColumns) - Prompt.Length);
        return string.Create(CultureInfo.InvariantCulture, $"{Prompt}{view.Text}\r\u001b[{Prompt.Length + view.CursorColumn}C");
    }

    private static int Columns()
    {
        try
        {
            return Console.WindowWidth;
        }
        catch (IOException)
        {
            return DefaultColumns;
        }
    }

    private void Write(string text)
    {
        _output.Write(Encoding.UTF8.GetBytes(text));
        _output.Flush();
    }
}
