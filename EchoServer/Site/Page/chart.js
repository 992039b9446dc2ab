// The chart of round-trip times, drawn as SVG: a dot for each echo, a line for the median and one for the 99th percentile.

import { element } from './elements.js';
import { duration, milliseconds } from './formats.js';

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 170;
const LEFT = 52;
const RIGHT = 8;
const TOP = 10;
const BOTTOM = 22;
const LABEL_HEIGHT = 12;
const LABEL_GAP = 6;
const MAX_LABELS = 6;

// The first echoes would otherwise be drawn all over the width.
const MIN_SPAN_MS = 3000;

// The axis is logarithmic: a slow echo is seen, and the fast ones do not become a line at the bottom. Below this lies the clock's grain.
const LEAST_MS = 0.1;

/** Draws into a box of the page, as wide as that is. */
export class Chart {
  #box;
  #samples = [];
  #summary = null;

  constructor(box) {
    this.#box = box;
    new ResizeObserver(() => this.#draw()).observe(box);
  }

  /** Shows samples of `{ at, time }`, and their summary or null. */
  show(samples, summary) {
    this.#samples = samples;
    this.#summary = summary;
    this.#draw();
  }

  #draw() {
    const width = Math.floor(this.#box.clientWidth);
    if (width <= LEFT + RIGHT) {
      return;
    }

    if (this.#summary === null) {
      this.#box.replaceChildren(element('p', 'quiet', 'Send something to see how long its echo takes.'));
      return;
    }

    const latest = this.#samples.at(-1).at;
    const span = Math.max(MIN_SPAN_MS, latest - this.#samples[0].at);
    const steps = axisSteps(this.#summary.min, this.#summary.max);
    const [bottom, top] = [Math.log(steps[0]), Math.log(steps.at(-1))];
    const x = (at) => LEFT + (1 - (latest - at) / span) * (width - LEFT - RIGHT);
    const y = (time) => TOP + ((top - Math.log(Math.max(time, steps[0]))) / (top - bottom)) * (HEIGHT - TOP - BOTTOM);
    const picture = shape('svg', { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, 'aria-hidden': 'true' });
    const ticks = axisTicks(steps);
    const tickLabels = ticks.map((tick) => label(LEFT - LABEL_GAP, y(tick) + 4, 'end', axisLabel(tick)));
    const earlier = label(LEFT, HEIGHT - 5, 'start', `${duration(span / 1000)} earlier`);
    const last = label(width - RIGHT, HEIGHT - 5, 'end', 'last echo');
    picture.append(...ticks.map((tick) => line('grid', LEFT, width - RIGHT, y(tick))), ...tickLabels, earlier, last);

    // One path for all dots: a subpath without length is drawn as its round cap.
    const dots = this.#samples.map(({ at, time }) => `M${x(at).toFixed(1)} ${y(time).toFixed(1)}h0`).join('');
    picture.append(shape('path', { class: 'dots', d: dots }));
    const { p50, p99 } = this.#summary;
    picture.append(line('p50', LEFT, width - RIGHT, y(p50)), line('p99', LEFT, width - RIGHT, y(p99)));
    // A name stands above its line, or below where there is no room.
    const y99 = y(p99) - 4 < TOP ? y(p99) + LABEL_HEIGHT : y(p99) - 4;
    const y50 = y(p50) - 4 < y99 + LABEL_HEIGHT ? Math.max(y(p50), y99) + LABEL_HEIGHT : y(p50) - 4;
    picture.append(label(LEFT + 4, y99, 'start', 'p99', 'p99'), label(LEFT + 4, y50, 'start', 'p50', 'p50'));
    this.#box.replaceChildren(picture);
    const third = (width - LEFT - RIGHT - LABEL_GAP) / 3;
    fit(earlier, 2 * third);
    fit(last, third);
    tickLabels.forEach((tickLabel) => fit(tickLabel, LEFT - LABEL_GAP));
  }
}

/** The chart in words. */
export function chartInWords(summary) {
  return summary === null
    ? 'Chart of round-trip times: no echo yet'
    : `Chart of the round-trip times of the last ${summary.count === 1 ? 'echo' : `${summary.count} echoes`}: `
      + `from ${milliseconds(summary.min)} to ${milliseconds(summary.max)}, `
      + `half within ${milliseconds(summary.p50)}, 99 percent within ${milliseconds(summary.p99)}`;
}

// 1, 2 and 5 times the powers of ten, from below the least time to above the greatest.
function axisSteps(min, max) {
  const [least, greatest] = [Math.max(min, LEAST_MS), Math.max(max, LEAST_MS)];
  const steps = [];
  for (let power = 10 ** Math.floor(Math.log10(least / 2)); steps.length === 0 || steps.at(-1) <= greatest; power *= 10) {
    steps.push(power, 2 * power, 5 * power);
  }

  return steps.slice(steps.findLastIndex((step) => step < least), steps.findIndex((step) => step > greatest) + 1);
}

// Labels for all steps, or where they are many for powers of ten.
function axisTicks(steps) {
  return steps.length <= MAX_LABELS ? steps : steps.filter((step) => Number.isInteger(Number(Math.log10(step).toFixed(6))));
}

function axisLabel(time) {
  return time >= 1000 ? `${Number((time / 1000).toPrecision(1))} s` : `${Number(time.toPrecision(1))} ms`;
}

function line(className, from, to, y) {
  return shape('line', { class: className, x1: from, x2: to, y1: y, y2: y });
}

function label(x, y, anchor, text, className = '') {
  const made = shape('text', { class: className, x, y, 'text-anchor': anchor });
  made.textContent = text;
  return made;
}

// Squeezes a label that the reader's font makes wider than its place.
function fit(text, room) {
  if (text.getComputedTextLength() > room) {
    text.setAttribute('textLength', room);
    text.setAttribute('lengthAdjust', 'spacingAndGlyphs');
  }
}

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) {
    made.setAttribute(attribute, value);
  }

  return made;
}
