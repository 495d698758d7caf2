// Moving about in a response: the token under the pointer or chosen by keys, surprises, spans.
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

function pieceAt(state, place) {
  let [low, high] = [0, state.pieces.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (state.pieces[middle].start <= place) low = middle;
    else high = middle - 1;
  }
  return state.pieces[low];
}

// The element of a token, in a piece that is built and not folded away.
function shownToken(state, token) {
  const { ends } = state.tokens;
  const start = token ? ends[token - 1] : 0;
  const made = pieceAt(state, start === ends[token] ? Math.max(0, start - 1) : start);
  const folded = state.folds.find(({ inside }) => inside.hidden && inside.contains(made.element));
  if (folded) fold(folded.inside, folded.button, false);
  if (!made.built) build(state, made);
  return made.element.querySelector(`[data-position="${token}"]`);
}

function hideCard(state) {
  state.card.hidden = true;
}

// Below the token, or above it where there is no room.
function showCard(state, token, element) {
  const { card } = state;
  card.replaceChildren(...cardLines(state, token));
  card.hidden = false;
  const at = element.getClientRects()[0] ?? element.getBoundingClientRect();
  const frame = card.parentElement.getBoundingClientRect();
  const below = at.bottom + card.offsetHeight + 8 < window.innerHeight;
  const top = below ? at.bottom + 4 : at.top - card.offsetHeight - 4;
  card.style.top = `${top - frame.top}px`;
  const left = Math.min(at.left - frame.left, frame.width - card.offsetWidth);
  card.style.left = `${Math.max(0, left)}px`;
}

function pointed(state, target) {
  const element = target.closest?.(".token");
  if (element && state.tokens) showCard(state, Number(element.dataset.position), element);
  else hideCard(state);
}

function stand(state, token) {
  state.text.querySelector(".current")?.classList.remove("current");
  state.current = token;
  const element = shownToken(state, token);
  element.classList.add("current");
  return element;
}

// Twice, since what lies between gets its height only once it is near.
function goTo(state, token) {
  const element = stand(state, token);
  element.scrollIntoView({ block: "center" });
  requestAnimationFrame(() => {
    const now = shownToken(state, token);
    now.scrollIntoView({ block: "center" });
    showCard(state, token, now);
  });
}

function nextSurprise(state) {
  if (!state.tokens) return;
  state.order ??= { tokens: surprises(state), next: 0 };
  const { tokens, next } = state.order;
  if (!tokens.length) return;
  state.order.next = (next + 1) % tokens.length;
  state.anchor = tokens[next];
  goTo(state, tokens[next]);
}

function firstSeen(state) {
  const top = Math.max(0, state.text.getBoundingClientRect().top);
  const open = state.pieces.filter(({ element }) => element.offsetParent !== null);
  return open.find(({ element }) => element.getBoundingClientRect().bottom > top) ?? open[0];
}

function focused(state) {
  if (!state.tokens?.ends.length || !state.text.matches(":focus-visible")) return;
  const made = firstSeen(state);
  const last = state.tokens.ends.length - 1;
  const first = made?.start ? tokenAt(state.tokens.ends, made.start) : 0;
  const token = state.current ?? Math.min(first, last);
  showCard(state, token, stand(state, token));
}

function keyed(state, event) {
  if (event.ctrlKey || event.altKey || event.metaKey || !state.text.matches(":focus-visible")) return;
  const used = state.tokens ? tokenKey(state, event) : state.data.selectable && wordKey(state, event);
  if (!used) return;
  event.preventDefault();
  event.stopPropagation(); // the page may have other uses for these keys
}

// Arrows go from token to token; with Shift they make a span, which Enter takes.
function tokenKey(state, event) {
  if (event.key === "Enter" && state.data.selectable) return takeSpan(state) ?? true;
  const step = STEPS[event.key];
  if (!step || !state.tokens.ends.length) return false;
  const last = state.tokens.ends.length - 1;
  const token = Math.min(Math.max((state.current ?? 0) + step, 0), last);
  if (!event.shiftKey) state.anchor = token;
  const element = stand(state, token);
  element.scrollIntoView({ block: "nearest" });
  showCard(state, token, element);
  return true;
}

function selection(state) {
  return state.root.getSelection?.() ?? document.getSelection();
}

// The selection in this text, with its ends in any browser.
function selectedRange(state) {
  const found = selection(state);
  const range = state.root.getSelection
    ? found.rangeCount && found.getRangeAt(0)
    : (found.getComposedRanges?.({ shadowRoots: [state.root] })[0] ?? (found.rangeCount && found.getRangeAt(0)));
  if (!range || !state.text.contains(range.startContainer) || range.collapsed) return null;
  return range;
}

// Arrows choose the next word, or line; with Shift they choose more.
function wordKey(state, event) {
  if (event.key === "Enter") return takeSpan(state) ?? true;
  const unit = { ArrowLeft: "word", ArrowRight: "word", ArrowUp: "line", ArrowDown: "line" }[event.key];
  if (!unit) return false;
  const way = ["ArrowLeft", "ArrowUp"].includes(event.key) ? "backward" : "forward";
  const found = selection(state);
  if (!selectedRange(state)) found.collapse(firstSeen(state).element, 0);
  else if (event.shiftKey) return found.modify("extend", way, unit) ?? true;
  else if (way === "forward" && unit === "word") found.collapseToEnd();
  else {
    found.collapseToStart();
    found.modify("move", way, unit);
  }
  return found.modify("extend", "forward", "word") ?? true;
}

// The place in the text of a point in the page.
function placeOf(state, node, offset) {
  const within = node instanceof Element ? node : node.parentElement;
  const element = within.closest(".piece");
  if (!element) {
    const next = node.childNodes[offset];
    const first = next?.closest?.(".piece") ?? next?.querySelector?.(".piece");
    return first ? state.byElement.get(first).start : state.data.text.length;
  }
  const before = document.createRange();
  before.setStart(element, 0);
  before.setEnd(node, offset);
  return state.byElement.get(element).start + before.toString().length;
}

// The chosen characters; where the text is set, those of whole blocks.
function chosenSpan(state) {
  const range = selectedRange(state);
  if (!range) return tokenSpan(state);
  const whole = document.createRange();
  whole.setStart(range.startContainer, range.startOffset);
  whole.setEnd(range.endContainer, range.endOffset);
  const blocks = [...state.text.querySelectorAll("[data-start]")].filter((each) => whole.intersectsNode(each));
  if (blocks.length) return [Number(blocks[0].dataset.start), Number(blocks.at(-1).dataset.end)];
  return [
    placeOf(state, range.startContainer, range.startOffset),
    placeOf(state, range.endContainer, range.endOffset),
  ];
}

function tokenSpan(state) {
  if (!state.tokens || state.anchor === null || state.current === null) return null;
  const { ends } = state.tokens;
  const first = Math.min(state.anchor, state.current);
  return [first ? ends[first - 1] : 0, ends[Math.max(state.anchor, state.current)]];
}

// Nothing chosen: no span.
function takeSpan(state) {
  if (!state.data.selectable) return;
  const span = chosenSpan(state);
  state.choose(span && span[0] < span[1] ? [state.data.own, ...span] : null);
}

// What is copied is the text itself, with what is shown by symbols, and no line ends of pieces.
function copied(state, event) {
  const range = selectedRange(state);
  if (!range || state.data.view === "set") return;
  const [start, end] = [
    placeOf(state, range.startContainer, range.startOffset),
    placeOf(state, range.endContainer, range.endOffset),
  ];
  event.clipboardData.setData("text/plain", state.data.text.slice(start, end));
  event.preventDefault();
}
