// Bytes as hex digits and back.

// What people paste: "de ad", "de:ad", "0xde, 0xad", "\xde\xad".
const DECORATION = /0x|\\x|[\s:,;-]+/gi;

/** Reads hex digits. Returns `{ bytes }`, or `{ error }` with a sentence. */
export function parseHex(text) {
  const digits = text.replace(DECORATION, '');
  const wrong = digits.match(/[^0-9a-f]/iu);
  if (wrong) {
    return { error: `‘${wrong[0]}’ is not a hex digit (0-9, a-f).` };
  }

  if (digits.length % 2 === 1) {
    return { error: `${digits.length} hex ${digits.length === 1 ? 'digit is' : 'digits are'} not a whole number of bytes.` };
  }

  const bytes = new Uint8Array(digits.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = parseInt(digits.slice(2 * index, 2 * index + 2), 16);
  }

  return { bytes };
}

/** Writes the first bytes of a buffer: "de ad be ef". */
export function formatHex(buffer, limit) {
  const bytes = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, limit));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
