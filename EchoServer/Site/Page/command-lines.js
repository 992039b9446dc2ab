// The command lines for a terminal, and copying them.

import { announce } from './announcer.js';
import { byId, element, setText } from './elements.js';

const COMMANDS = ['client', 'check'];
const SHOWN_MS = 2000;

const codes = new Map();

/** Makes a row for each command. */
export function startCommandLines() {
  byId('commands').replaceChildren(...COMMANDS.map(row));
}

/** Shows the command lines for a URL. */
export function showCommandLines(url) {
  for (const [command, code] of codes) {
    setText(code, `EchoServer ${command} ${url}`);
  }
}

function row(command) {
  const code = element('code', '');
  const button = element('button', 'small', 'Copy');
  button.type = 'button';
  button.setAttribute('aria-label', `Copy the ${command} command line`);
  button.addEventListener('click', () => copy(code, button));
  codes.set(command, code);
  return element('p', 'command', code, button);
}

async function copy(code, button) {
  const isCopied = await writeClipboard(code);
  announce(isCopied ? `Copied: ${code.textContent}` : 'Not copied. The command line is selected: press Ctrl+C.');
  setText(button, isCopied ? 'Copied' : 'Press Ctrl+C');
  setTimeout(() => setText(button, 'Copy'), SHOWN_MS);
}

async function writeClipboard(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    // A page that came by plain http has no clipboard: the old way is to select and copy.
    getSelection().selectAllChildren(code);
    return document.execCommand('copy');
  }
}
