// Numbers as people read them.

const KIB = 1024;
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

// Made once: making one for each number would cost more than all else that a message does.
const separated = new Intl.NumberFormat('en-US');

/** A count with separators: 12,345. */
export function count(number) {
  return separated.format(number);
}

/** A count of things: "1 message", "2 messages". */
export function plural(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** A number of bytes: exact while it is small. */
export function bytes(number) {
  if (number < 10 * KIB) {
    return `${count(number)} B`;
  }

  const [unit, name] = number < MIB ? [KIB, 'KiB'] : number < GIB ? [MIB, 'MiB'] : [GIB, 'GiB'];
  return `${(number / unit).toFixed(1)} ${name}`;
}

/** A round-trip time. Browsers round their clock to 0.1 ms: more digits would be made up. */
export function milliseconds(number) {
  return number < 1000 ? `${number.toFixed(number < 100 ? 1 : 0)} ms` : `${(number / 1000).toFixed(2)} s`;
}

/** How long something lasted, in seconds, with the two units that matter. */
export function duration(seconds) {
  const whole = Math.floor(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }

  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  }

  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours < 48 ? `${hours} h ${minutes} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** The time of day, to the millisecond: 14:03:07.042. */
export function timeOfDay(date) {
  const two = (number) => String(number).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** A text that is too long for its place, cut between characters. */
export function shortened(text, limit) {
  if (text.length <= limit) {
    return text;
  }

  // A high surrogate at the cut would be half a character.
  const last = text.charCodeAt(limit - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit;
  return `${text.slice(0, end)}…`;
}
