using System.Runtime.InteropServices;
using EchoServer.Transport;

namespace EchoServer.Client.Terminal;

/// <summary>A terminal with an editable line at the bottom; messages are printed above it.</summary>
/// <remarks>Safe on any thread.</remarks>
internal sealed class TerminalScreen : IDisposable
{
    private const string Prompt = "> ";
    private const int FewestColumns = 20;
    private const int DefaultColumns = 80;

    // ECMA-48: CR, then erase to the end of the line; then to the end of the screen; then to the beginning of an empty screen.
    private const string EraseLine = "\r\u001b[K";
    private const string EraseBelow = "\r\u001b[J";
    private const string EraseScreen = "\u001b[H\u001b[2J";

    // xterm's bracketed paste: the terminal marks each paste. One that does not know the mode ignores it.
    private const string MarkPastes = "\u001b[?2004h";
    private const string LeavePastes = "\u001b[?2004l";

    private static readonly string LineLimit = $"a line has {LineEditor.MaxCharacters} characters at most; /file sends a longer message";

    private static readonly TimeSpan SignalPatience = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly LineEditor _editor = new();
    private readonly Stream _output;
    private readonly PosixSignalRegistration[] _changes;
    private bool _hasPrompt;
    private int _cursorColumn;
    private bool _isCut;
    private volatile bool _isPasting;

    /// <summary>Prints above the prompt, and draws it anew when the terminal's width changes, or after the shell's <c>fg</c>.</summary>
    internal TerminalScreen(Stream output)
    {
        _output = output;
        _changes = OperatingSystem.IsWindows() ? [] :
        [
            PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Redraw()),
            PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => Redraw()),

            // These may end the process at once, and the terminal's mode would stay. A terminal that takes no output does not hold them up.
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, _ => Task.Run(HidePrompt).Wait(SignalPatience)),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Task.Run(HidePrompt).Wait(SignalPatience)),
            .. OperatingSystem.IsLinux() ? (PosixSignalRegistration[])[PosixSignalRegistration.Create(PosixSignal.SIGTSTP, LeaveToShell)] : [],
        ];
    }

    /// <summary>Notes whether the beginning of a paste has been read, and not its end.</summary>
    internal void NotePasting(bool isPasting) => _isPasting = isPasting;

    internal string BeforeCursor
    {
        get
        {
            lock (_lock)
            {
                return string.Concat(_editor.Line.Take(_editor.Cursor));
            }
        }
    }

    /// <summary>Prints lines above the prompt, broken between words.</summary>
    internal void Print(string text)
    {
        lock (_lock)
        {
            Write(EraseLine + Lines(text) + PromptLine());
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
                Write(EraseLine + MarkPastes + PromptLine());
            }
        }
    }

    /// <summary>Puts a text into the line, line breaks included.</summary>
    internal void Paste(string text)
    {
        lock (_lock)
        {
            NoteCut(!_editor.Insert(text));
            Write(EraseLine + PromptLine());
        }
    }

    internal EditResult Apply(ConsoleKeyInfo key, out string line)
    {
        lock (_lock)
        {
            line = "";
            EditResult result = _editor.Apply(key);
            NoteCut(result == EditResult.Nothing && _editor.Line.Count == LineEditor.MaxCharacters &&
                !char.IsControl(key.KeyChar) && (key.Modifiers & ConsoleModifiers.Alt) == 0);
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
                    Write(EraseLine + Lines(Prompt + LineView.Whole(_editor.Line)));
                    line = _editor.TakeLine(isRemembered: !_isCut);
                    if (_isCut)
                    {
                        (line, _isCut) = ("", false);
                        Write(Lines($"not sent, because its end is missing: {LineLimit}"));
                    }

                    Write(PromptLine());
                    break;
            }

            return result;
        }
    }

    /// <summary>Takes the prompt away. A paste is read to its end first.</summary>
    public void Dispose()
    {
        // Otherwise the rest of it would be typed into the shell.
        SpinWait.SpinUntil(() => !_isPasting, KeyReader.PastePatience);
        Array.ForEach(_changes, change => change.Dispose());
        HidePrompt();
    }

    private void HidePrompt()
    {
        lock (_lock)
        {
            Write(_hasPrompt ? EraseLine + LeavePastes : "");
            _hasPrompt = false;
        }
    }

    /// <summary>Notes that a character found no room: a line without its end is not sent.</summary>
    private void NoteCut(bool isDropped)
    {
        if (isDropped && !_isCut)
        {
            Print($"further characters are dropped: {LineLimit}");
        }

        _isCut = isDropped || (_isCut && _editor.Line.Count > 0);
    }

    private void Redraw()
    {
        lock (_lock)
        {
            if (_hasPrompt)
            {
                // A terminal that has become narrower has broken the line, as most do, and the cursor has gone down with it.
                int lines = _cursorColumn / Columns();
                Write((lines > 0 ? $"\u001b[{lines}A" : "") + EraseBelow + MarkPastes + PromptLine());
            }
        }
    }

    /// <summary>Ctrl-Z: the shell has the terminal until SIGCONT. The runtime itself does not stop a program that handles this signal.</summary>
    private void LeaveToShell(PosixSignalContext signal)
    {
        signal.Cancel = true;
        lock (_lock)
        {
            Write(_hasPrompt ? LeavePastes : "");
            _ = Libc.Raise(Libc.SignalStop);
        }
    }

    private static string Lines(string text) => LineBreaks.Insert(text, Columns()).Replace("\n", "\r\n", StringComparison.Ordinal) + "\r\n";

    private string PromptLine()
    {
        if (!_hasPrompt)
        {
            return "";
        }

        LineView view = LineView.Of(_editor.Line, _editor.Cursor, Columns() - Prompt.Length);
        _cursorColumn = Prompt.Length + view.CursorColumn;
        return $"{Prompt}{view.Text}\r\u001b[{_cursorColumn}C";
    }

    private static int Columns()
    {
        try
        {
            return Console.WindowWidth is > 0 and int columns ? Math.Max(columns, FewestColumns) : DefaultColumns;
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
