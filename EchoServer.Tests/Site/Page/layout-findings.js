// Finds faults in the layout of the page as it is shown now: one line each.
async () => {
  const TOLERANCE_PX = 1;

  // Boxes of letters are higher than their ink, and those of neighbouring lines may touch.
  const LINE_OVERLAP_PX = 6;

  // A word of this length fits on a line of the narrowest screen; longer ones may be broken anywhere.
  const WHOLE_WORD_CHARACTERS = 12;
  const MAX_HEAD_LINES = 2;

  // A resize observer is told after those that were made before: the chart has been drawn anew by then.
  await new Promise((resolve) => {
    const observer = new ResizeObserver(() => {
      observer.disconnect();
      resolve();
    });
    observer.observe(document.getElementById('chart'));
  });

  const findings = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    findings.push(`the page is ${root.scrollWidth} px wide`);
  }

  const name = (element) => {
    const path = [];
    for (let at = element; at !== document.body && path.length < 3; at = at.parentElement) {
      path.unshift(at.id ? `#${at.id}` : `${at.localName}${at.classList.length > 0 ? `.${at.classList[0]}` : ''}`);
    }

    return `${path.join(' > ')} ‘${element.textContent.trim().slice(0, 20)}’`;
  };
  const isOutside = (inner, outer) => inner.left < outer.left - TOLERANCE_PX || inner.right > outer.right + TOLERANCE_PX;
  const isShown = (element) => element.checkVisibility() && !element.closest('.unseen, .skip');
  const blockOf = (element) => (getComputedStyle(element).display === 'inline' ? blockOf(element.parentElement) : element);

  // The log is as wide as its panel without the padding, to have its scroll bar at the edge. Inline elements are looked at as text.
  for (const element of document.querySelectorAll('body *:not(.scroll)')) {
    if (isShown(element) && blockOf(element) === element
      && isOutside(element.getBoundingClientRect(), blockOf(element.parentElement).getBoundingClientRect())) {
      findings.push(`sticks out: ${name(element)}`);
    }
  }

  // Word by word, because spaces at the end of a line may hang over.
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!isShown(element)) {
      continue;
    }

    const box = blockOf(element).getBoundingClientRect();
    const parts = [];
    for (const word of node.data.matchAll(/[^\s\-–/]+[\-–/]?/g)) {
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      // A range does not see that a label of the chart is drawn narrower.
      const rects = element.ownerSVGElement ? [element.getBoundingClientRect()] : [...range.getClientRects()];
      parts.push(...rects);
      if (rects.some((rect) => isOutside(rect, box))) {
        findings.push(`text sticks out: ${name(element)}`);
      }

      if (word[0].length <= WHOLE_WORD_CHARACTERS && new Set(rects.map(({ top }) => Math.round(top))).size > 1) {
        findings.push(`broken word ‘${word[0]}’: ${name(element)}`);
      }
    }

    texts.push({ element, parts });
  }

  // Texts of one row of the log, or of one panel without the log, must not lie on each other.
  const groups = Map.groupBy(texts, ({ element }) => element.closest('#log li') ?? element.closest('.panel') ?? document.body);
  for (const group of groups.values()) {
    for (const [index, one] of group.entries()) {
      for (const other of group.slice(index + 1)) {
        if (one.parts.some((part) => other.parts.some((otherPart) => overlap(part, otherPart)))) {
          findings.push(`overlap: ${name(one.element)} and ${name(other.element)}`);
        }
      }
    }
  }

  function overlap(one, other) {
    return Math.min(one.right, other.right) - Math.max(one.left, other.left) > TOLERANCE_PX
      && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > LINE_OVERLAP_PX;
  }

  // Above or beside its message, a row of the log has no more than two lines.
  for (const row of document.querySelectorAll('#log li')) {
    const style = getComputedStyle(row);
    const head = row.clientHeight - row.querySelector('.body').offsetHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
    if (head > MAX_HEAD_LINES * parseFloat(style.lineHeight) + TOLERANCE_PX) {
      findings.push(`${Math.round(head)} px of head: ${name(row)}`);
    }
  }

  return [...new Set(findings)];
}
