// Making elements. Whatever comes from the network goes through here, as text and never as markup.

/** The element of the page with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** A new element with a class and children; a child that is a string becomes text. */
export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) {
    made.className = className;
  }

  made.append(...children);
  return made;
}

/** Sets an element's text, and leaves the page alone when that changes nothing. */
export function setText(target, text) {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}

/** Rows of a list of terms: pairs of a term and a text or an element. */
export function termRows(pairs) {
  return pairs.map(([term, value]) => element('div', '', element('dt', '', term), element('dd', '', value)));
}
