// The tokens of a text: their colours, what is told of one, and which is the most surprising.
const ORANGE = [213, 101, 28]; // unlikely, or less likely under the first than under the second
const BLUE = [42, 132, 198]; // uncertain, or more likely under the first
const FULL = { logprob: -6, entropy: 3, difference: 3 }; // nats, at which the colour is full

function bytes(packed) {
  const letters = atob(packed);
  const numbers = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) numbers[i] = letters.charCodeAt(i);
  return numbers.buffer;
}

function unpacked({ ends, ids, logprobs, ranks, entropies }) {
  const numbers = ([name, packed]) => ({ name, values: new Float32Array(bytes(packed)) });
  return {
    ends: new Int32Array(bytes(ends)),
    ids: ids && new Int32Array(bytes(ids)),
    logprobs: logprobs.map(numbers),
    ranks: new Map(ranks.map(([name, packed]) => [name, new Int32Array(bytes(packed))])),
    entropies: entropies.map(numbers),
  };
}

// What a token is coloured by; NaN where it is not known.
function measured(tokens, colour) {
  if (!colour) return () => NaN;
  const [first, second] = colour.scorers;
  const values = tokens[colour.kind === "entropy" ? "entropies" : "logprobs"];
  if (colour.kind !== "difference") return (token) => values[first].values[token];
  return (token) => values[first].values[token] - values[second].values[token];
}

function shade(value, kind) {
  const strength = Math.min(1, Math.abs(value / FULL[kind]));
  const orange = kind === "logprob" || (kind === "difference" && value < 0);
  return `rgba(${(orange ? ORANGE : BLUE).join(", ")}, ${(0.8 * strength).toFixed(3)})`;
}

// The first token that ends after this place.
function tokenAt(ends, place) {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle] <= place) low = middle + 1;
    else high = middle;
  }
  return low;
}

function tokenElement(state, token, start, end, piled) {
  const element = document.createElement("span");
  const value = state.measure(token);
  element.className = "token";
  element.dataset.position = token;
  if (start === end) element.classList.add("empty");
  if (Number.isNaN(value)) element.classList.add("undefined");
  else element.style.backgroundColor = shade(value, state.data.colour.kind);
  if (token === state.current) element.classList.add("current");
  const { text } = state.data;
  if (end > start && piled.some(([from, to]) => from <= start && end <= to)) {
    element.append(hidden(text.slice(start, end)));
  } else element.append(...markedNodes(text, start, end, state.marked));
  return element;
}

// The tokens of the text from start to end; an empty one stands where the token before it ends.
function tokenNodes(state, start, end) {
  const { ends } = state.tokens;
  const marks = state.data.text.slice(start, end).matchAll(PILED);
  const piled = [...marks].map(({ 0: { length }, index }) => [start + index, start + index + length]);
  const nodes = [];
  let at = start;
  for (let token = start ? tokenAt(ends, start) : 0; token < ends.length; token += 1) {
    const from = token ? ends[token - 1] : 0;
    if (from > end || (from === end && ends[token] > end)) break;
    at = Math.min(ends[token], end);
    nodes.push(tokenElement(state, token, Math.max(from, start), at, piled));
  }
  return at < end ? [...nodes, ...markedNodes(state.data.text, at, end, state.marked)] : nodes;
}

function line(told, kind) {
  const element = document.createElement("div");
  if (kind) element.className = kind;
  element.textContent = told;
  return element;
}

function cardLines(state, token) {
  const { ends, ids, logprobs, ranks, entropies } = state.tokens;
  const text = JSON.stringify(state.data.text.slice(token ? ends[token - 1] : 0, ends[token]));
  const shown = text.replace(HIDDEN, code);
  const id = ids ? `, id ${ids[token]}` : "";
  const value = (number, digits) =>
    Number.isNaN(number) ? "unknown" : number.toFixed(digits).replace("-", "−");
  const lines = [line(`token ${token + 1} of ${ends.length}${id}  ${shown}`, "head")];
  for (const { name, values } of logprobs) {
    const chance = Math.exp(values[token]);
    const told = Number.isNaN(chance) ? "unknown" : `${value(values[token], 3)} (p ${chance.toPrecision(2)})`;
    const rank = ranks.get(name)?.[token]; // of all that this scorer could have said here
    const place = rank === undefined ? "" : `, rank ${rank > 0 ? rank : "unknown"}`;
    lines.push(line(`log p under ${name}: ${told}${place}`));
  }
  for (const { name, values } of entropies) {
    lines.push(line(`entropy under ${name}: ${value(values[token], 3)} nats`));
  }
  if (state.data.colour?.kind === "difference") {
    lines.push(line(`difference: ${value(state.measure(token), 3)} nats`));
  }
  return lines;
}

// Tokens from the most to the least surprising by what they are coloured by; unknown ones left out.
function surprises(state) {
  const kind = state.data.colour?.kind;
  const strength = (token) => {
    const value = state.measure(token);
    return kind === "difference" ? Math.abs(value) : kind === "logprob" ? -value : value;
  };
  const strengths = Float32Array.from(state.tokens.ends, (_, token) => strength(token));
  const known = Array.from(strengths.keys()).filter((token) => !Number.isNaN(strengths[token]));
  return known.sort((a, b) => strengths[b] - strengths[a] || a - b);
}

function legendNodes(state) {
  const { colour } = state.data;
  if (!colour) return [];
  const [first, second] = colour.scorers.map(
    (each) => state.tokens[colour.kind === "entropy" ? "entropies" : "logprobs"][each].name,
  );
  const scale = document.createElement("span");
  scale.className = `scale ${colour.kind}`;
  const texts = {
    logprob: [`log p under ${first}:  0`, "−6 or less (nats)"],
    entropy: [`entropy under ${first}:  0`, "3 or more (nats)"],
    difference: [`log p under ${first} − under ${second}:  −3 or less`, "3 or more (nats)"],
  }[colour.kind];
  const words = texts.map((each) => {
    const element = document.createElement("span");
    element.textContent = each;
    return element;
  });
  return [words[0], scale, words[1]];
}
