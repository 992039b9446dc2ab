// The messages that were sent before, as a shell remembers commands: up for older, down for newer, and the draft below all of them.

const MAX_ENTRIES = 50;

export class Recall {
  #entries = [];
  #position = 0;
  #draft = '';

  add(text) {
    if (text !== '' && this.#entries.at(-1) !== text) {
      this.#entries.push(text);
      this.#entries = this.#entries.slice(-MAX_ENTRIES);
    }

    this.#position = this.#entries.length;
  }

  get latest() {
    return this.#entries.at(-1) ?? null;
  }

  /** The text before the shown one, or null when there is none. */
  older(shown) {
    if (this.#position === 0) {
      return null;
    }

    if (this.#position === this.#entries.length) {
      this.#draft = shown;
    }

    this.#position -= 1;
    return this.#entries[this.#position];
  }

  /** The text after the shown one, at last the draft, or null when that is shown. */
  newer() {
    if (this.#position >= this.#entries.length) {
      return null;
    }

    this.#position += 1;
    return this.#entries[this.#position] ?? this.#draft;
  }
}
