// Shows the response of a model. Long texts are cut into pieces, which the browser lays out, and
// which are coloured or set, only when they come near to what is seen.
const SIZE = { raw: 4000, set: 4000, tokens: 2000 }; // characters of a piece
const NEAR = "900px 0px"; // how near to what is seen a piece is made
const KEPT = ["own", "view", "height", "parts", "edges", "notes", "selectable"];
const states = new WeakMap();
const open = new Set(); // the states of all responses on the page
const wish = { folded: null, asked: null }; // of the last fold by key; what the page asked for

function division(name, ...nodes) {
  const element = document.createElement("div");
  element.className = name;
  element.append(...nodes);
  return element;
}

function piece(state, start, end, tree) {
  const { text } = state.data;
  const inert = (found) => "\ufffd".repeat(found.length);
  const element = division("piece", text.slice(start, end).replace(HIDDEN, inert));
  const lines = text.slice(start, end).split("\n").length + (end - start) / 100;
  element.style.containIntrinsicBlockSize = `auto ${Math.ceil(lines * 1.65)}em`;
  element.classList.toggle("goes-on", end < text.length && tree < 0 && text[end - 1] !== "\n");
  const made = { start, end, tree, element, built: false };
  state.pieces.push(made);
  state.byElement.set(element, made);
  state.observer.observe(element);
  return element;
}

// The pieces of a part: blocks of the server, and where there are none, cuts of our own.
function pieces(state, start, end) {
  const { text, view, edges = [] } = state.data;
  const made = [];
  let at = start;
  for (let tree = 0; tree + 1 < edges.length; tree += 1) {
    if (edges[tree] < start || edges[tree + 1] > end) continue;
    made.push(piece(state, edges[tree], edges[tree + 1], tree));
    at = edges[tree + 1];
  }
  const places = at < end || !made.length ? cuts(text, at, end, SIZE[view]) : [];
  for (let i = 0; i + 1 < places.length; i += 1) {
    made.push(piece(state, places[i], places[i + 1], -1));
  }
  return made;
}

function length(part) {
  const count = (number, word) => `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
  const tokens = part.tokens === null ? "" : `, ${count(part.tokens, "token")}`;
  return `thought: ${count(part.characters, "character")}${tokens}${part.closed ? "" : ", not closed"}`;
}

function partNode(state, part) {
  const inside = division("inside", ...pieces(state, part.start, part.end));
  if (!part.thinking) return inside;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "fold";
  button.textContent = length(part);
  state.folds.push({ button, inside, part });
  button.onclick = () => fold(inside, button, !inside.hidden);
  fold(inside, button, state.folded && !part.alone);
  return division("thought", button, inside);
}

function fold(inside, button, folded) {
  inside.hidden = folded;
  button.setAttribute("aria-expanded", String(!folded));
}

function foldAll(state, folded) {
  for (const { inside, button } of state.folds) fold(inside, button, folded);
}

// Opens all if one is folded, else folds all; responses shown later are as this one.
function turnFolds(state) {
  if (!state.folds.length) return;
  wish.folded = !state.folds.some(({ inside }) => inside.hidden);
  foldAll(state, wish.folded);
}

// Whether thoughts are folded at first: as the reader wished last, until the page asks otherwise.
function foldedAtFirst(data) {
  if (data.folded !== wish.asked && data.parts.some(({ thinking }) => thinking)) {
    Object.assign(wish, { folded: null, asked: data.folded });
  }
  return wish.folded ?? data.folded;
}

function build(state, made) {
  const { data } = state;
  const isSet = made.tree >= 0 && data.trees[made.tree] !== null;
  const nodes = isSet
    ? blockNodes(state, made.tree)
    : data.view === "tokens" && state.tokens
      ? tokenNodes(state, made.start, made.end)
      : markedNodes(data.text, made.start, made.end, state.marked);
  made.element.replaceChildren(...nodes);
  made.element.classList.toggle("set", isSet);
  made.built = true;
}

function seen(state, entries) {
  for (const { isIntersecting, target } of entries) {
    const made = state.byElement.get(target);
    if (isIntersecting && !made.built) build(state, made);
  }
}

function take(state, data) {
  const had = state.data;
  const marked = data.chosen ?? data.span ?? null;
  const known = had && JSON.stringify([had.tokens, had.colour]) === JSON.stringify([data.tokens, data.colour]);
  const again = !known || JSON.stringify(marked) !== JSON.stringify(state.marked);
  Object.assign(state, { data, marked });
  if (!known) {
    state.tokens = data.tokens ? unpacked(data.tokens) : null;
    state.measure = state.tokens ? measured(state.tokens, data.colour) : null;
    state.order = null;
    state.legend.replaceChildren(...(state.tokens ? legendNodes(state) : []));
  }
  for (const made of state.pieces) {
    const late = made.tree >= 0 && had?.trees[made.tree] === null && data.trees[made.tree] !== null;
    if (made.built && (again || late)) build(state, made);
  }
  if (had && had.folded !== data.folded) foldAll(state, foldedAtFirst(data));
}

function opened(root, data) {
  const [legend, note, text, card] = ["legend", "note", "text", "card"].map((name) =>
    root.querySelector(`.${name}`),
  );
  const state = {
    root, legend, text, card, pieces: [], folds: [], byElement: new WeakMap(), data: null,
    marked: null, current: null, anchor: null, order: null, unset: Infinity,
    stop: new AbortController(),
  };
  text.style.maxHeight = data.height ? `${data.height}px` : "";
  text.dataset.view = data.view;
  const area = data.height ? text : null;
  state.folded = foldedAtFirst(data);
  const near = { root: area, rootMargin: NEAR, scrollMargin: NEAR };
  state.observer = new IntersectionObserver((entries) => seen(state, entries), near);
  take(state, data);
  note.replaceChildren(...data.notes.map((told) => division("told", told)));
  text.replaceChildren(...data.parts.map((part) => partNode(state, part)));
  state.pieces.slice(0, 2).forEach((made) => build(state, made));
  text.scrollTop = 0;
  hideCard(state);
  listen(state);
  open.add(state);
  return state;
}

function listen(state) {
  const { signal } = state.stop;
  const on = (target, name, act) => target.addEventListener(name, act, { signal });
  on(document, "passband:fold", () => turnFolds(state));
  on(document, "passband:surprise", () => state === inHand() && nextSurprise(state));
  on(document, "passband:span", () => takeSpan(state));
  on(state.text, "mouseover", (event) => pointed(state, event.target));
  on(state.text, "focus", () => takeInHand(state));
  on(state.text, "mouseenter", () => takeInHand(state));
  on(state.text, "mouseleave", () => hideCard(state));
  on(state.text, "focus", () => focused(state));
  on(state.text, "blur", () => hideCard(state));
  on(state.text, "keydown", (event) => keyed(state, event));
  on(state.text, "copy", (event) => copied(state, event));
}

// Of several responses beside each other surprises are sought in the one pointed at or entered
// last; at first in the first.
function inHand() {
  const able = [...open].filter(({ tokens }) => tokens?.ends.length);
  const at = ({ text }) => text.getBoundingClientRect();
  const first = able.sort((a, b) => at(a).left - at(b).left || at(a).top - at(b).top)[0];
  return able.find(({ isInHand }) => isInHand) ?? first;
}

function takeInHand(state) {
  for (const each of open) each.isInHand = each === state;
}

// Once a part is set the server is asked for the next, unless it makes no progress.
function askForMore(state, setTriggerValue) {
  const unset = state.data.more ? state.data.trees.filter((tree) => tree === null).length : 0;
  if (unset && unset < state.unset) setTimeout(() => setTriggerValue("more", unset), 50);
  state.unset = unset;
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let state = states.get(parentElement);
  const kept = (each) => JSON.stringify(KEPT.map((name) => each[name]));
  if (state && kept(state.data) === kept(data)) take(state, data);
  else {
    closed(state);
    state = opened(parentElement, data);
    states.set(parentElement, state);
  }
  state.choose = (span) => setStateValue("span", span);
  askForMore(state, setTriggerValue);
  return () => {
    closed(states.get(parentElement));
    states.delete(parentElement);
  };
}

function closed(state) {
  open.delete(state);
  state?.stop.abort();
  state?.observer.disconnect();
}
