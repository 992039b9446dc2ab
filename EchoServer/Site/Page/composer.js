// The form that a message is written in: text, bytes as hex, or a file.

import { announce } from './announcer.js';
import { byId, setText } from './elements.js';
import { bytes, plural, shortened } from './formats.js';
import { parseHex } from './hex.js';
import { Recall } from './recall.js';

// A tab holds the file in memory, and its echo as well.
const MAX_FILE_BYTES = 64 * 1024 * 1024;

// Counting the bytes of a longer text on every key would be felt.
const MAX_COUNTED_CHARACTERS = 100_000;

const DEFAULT_TEXT = 'Hi there!';
const SHOWN_CHARACTERS = 24;

const form = byId('composer');
const box = byId('message');
const fileInput = byId('file');
const note = byId('message-note');
const recalls = { text: new Recall(), hex: new Recall() };
const drafts = { text: box.value, hex: '' };
let kind = 'text';
let maxBytes = null;

/** Starts the form. `send` takes the data and returns whether it went out. */
export function startComposer(send) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit(send);
  });
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      recall(event);
    }
  });
  box.addEventListener('input', showNote);
  fileInput.addEventListener('change', showNote);
  for (const radio of form.elements.kind) {
    radio.addEventListener('change', () => enterKind(radio.value));
  }

  // After a reload the browser may have put the old choice back.
  enterKind(form.elements.kind.value);
}

/** Learns the server's limit, to warn of messages above it. */
export function setMaxMessageBytes(limit) {
  maxBytes = limit;
  showNote();
}

/** The message to repeat: the written one, otherwise the last one sent, as `{ data, shown }`, or `{ error }`. */
export function composed() {
  if (kind === 'file') {
    return { error: 'Choose text or hex: files are not sent again and again.' };
  }

  const text = box.value || recalls[kind].latest || (kind === 'text' ? DEFAULT_TEXT : '');
  if (text === '') {
    return { error: 'Hex digits are missing: write some first.' };
  }

  const made = encode(text);
  return made.error ? made : { ...made, shown: `‘${shortened(text, SHOWN_CHARACTERS)}’` };
}

async function submit(send) {
  if (kind === 'file') {
    await submitFile(send);
    return;
  }

  const text = box.value;
  const { data, error } = encode(text);
  if (error) {
    complain(error);
  } else if (!send(data)) {
    complain('Not sent: there is no open connection.');
  } else {
    recalls[kind].add(text);
    box.value = '';
    showNote();
  }
}

async function submitFile(send) {
  const [file] = fileInput.files;
  if (!file) {
    complain('Choose a file first.');
  } else if (file.size > MAX_FILE_BYTES) {
    complain(`The file has ${plural(file.size, 'byte')}; this page sends no more than ${plural(MAX_FILE_BYTES, 'byte')}.`);
  } else {
    try {
      if (!send(await file.arrayBuffer())) {
        complain('Not sent: there is no open connection.');
      }
    } catch (error) {
      complain(`The file cannot be read: ${error.message}`);
    }
  }
}

function encode(text) {
  if (kind === 'text') {
    // The browser sends half a surrogate pair as U+FFFD: the log and the matcher must see the text that is sent.
    return { data: text.toWellFormed?.() ?? text };
  }

  const { bytes: data, error } = parseHex(text);
  return error ? { error } : { data: data.buffer };
}

function enterKind(next) {
  if (kind !== 'file') {
    drafts[kind] = box.value;
  }

  kind = next;
  byId('message-entry').hidden = kind === 'file';
  byId('file-entry').hidden = kind !== 'file';
  byId('message-help').hidden = kind === 'file';
  if (kind !== 'file') {
    box.value = drafts[kind];
    box.classList.toggle('mono', kind === 'hex');
    box.placeholder = kind === 'hex' ? 'de ad be ef' : '';
    setText(byId('message-label'), kind === 'hex' ? 'Bytes as hex digits' : 'Message');
  }

  showNote();
}

// Up and down move in a text of many lines, and go beyond its first and last line.
function recall(event) {
  const isUp = event.key === 'ArrowUp';
  const beyond = isUp ? box.value.slice(0, box.selectionStart) : box.value.slice(box.selectionEnd);
  if (beyond.includes('\n') || event.shiftKey || event.isComposing) {
    return;
  }

  const text = isUp ? recalls[kind].older(box.value) : recalls[kind].newer();
  if (text !== null) {
    event.preventDefault();
    box.value = text;
    box.setSelectionRange(text.length, text.length);
    showNote();
  }
}

function showNote() {
  box.removeAttribute('aria-invalid');
  note.classList.remove('bad');
  setText(note, describe());
}

function describe() {
  if (kind === 'file') {
    const [file] = fileInput.files;
    return file ? withWarning(file.size) : 'It is sent as one binary message.';
  }

  if (kind === 'text') {
    // A character is a byte or more.
    const { length } = box.value;
    return length <= MAX_COUNTED_CHARACTERS ? withWarning(new TextEncoder().encode(box.value).length)
      : isOverLimit(length) ? warning()
        : `over ${bytes(MAX_COUNTED_CHARACTERS)}`;
  }

  const { bytes: parsed, error } = parseHex(box.value);
  return error ?? withWarning(parsed.length);
}

function isOverLimit(size) {
  return maxBytes !== null && size > maxBytes;
}

function withWarning(size) {
  return isOverLimit(size) ? `${plural(size, 'byte')}: ${warning()}` : size < 10_000 ? plural(size, 'byte') : bytes(size);
}

// To the byte: rounded, a size can look like the limit that it is over.
function warning() {
  return `over the server’s limit of ${plural(maxBytes, 'byte')}, it will close with 1009`;
}

function complain(error) {
  if (kind !== 'file') {
    box.setAttribute('aria-invalid', 'true');
  }

  note.classList.add('bad');
  setText(note, error);
  announce(error);
}
