// The choice of a scenario: a path on which the server does what a client has to cope with.

import { byId, element, setText } from './elements.js';

const entry = byId('scenario');
const note = byId('scenario-note');

let scenarios = [];

/** Calls back with a path when one is chosen or changed. */
export function startScenarios(connect) {
  entry.addEventListener('input', showNote);
  entry.addEventListener('change', () => {
    byId('path-scenario').checked = true;
    connect(scenarioPath());
  });
}

/** Offers the scenarios that /info tells of; without any the choice is not shown. */
export function showScenarios(list) {
  scenarios = list;
  byId('scenario-choice').hidden = list.length === 0;
  byId('scenarios').replaceChildren(...list.map(({ path, example }) => {
    const option = element('option', '', path);
    option.value = example;
    return option;
  }));
  showNote();
}

/** The path in the box, as it goes over the network: a fragment would not (RFC 6455 §3). */
export function scenarioPath() {
  showNote();
  const { pathname, search } = new URL(`/${entry.value.trim().replace(/^\/+/, '')}`, location.origin);
  return pathname + search;
}

function showNote() {
  const name = entry.value.trim().replace(/^\//, '').split(/[/?]/, 1)[0];
  const found = scenarios.find((scenario) => scenario.path.split('/')[1] === name);
  setText(note, found ? `${found.path}: ${found.summary}` : 'Not a scenario: the server greets and echoes there.');
}
