// Text of a model as nodes of a page. It only ever becomes textContent, never HTML.

// What is not seen but changes what is: control characters, directions, parts of characters, and
// marks in numbers that no writing has, which fonts take seconds to pile up.
const UNSEEN =
  "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5" +
  "\\u180b-\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0" +
  "\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}\\p{Cs}]";
const PILED = /\p{M}{33,}/gu;
const HIDDEN = new RegExp(`${UNSEEN}{33,}|${UNSEEN}|${PILED.source}`, "gu");

// Names, not the pictures of control characters, which many fonts lack.
const NAMES = (
  "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM" +
  " SUB ESC FS GS RS US"
).split(" ");

function number(found) {
  return `U+${found.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

// Many in a row are told by their number.
function code(found) {
  const many = found.length > 32 ? `${found.length} × ` : "";
  return many + (NAMES[found.codePointAt(0)] ?? number(found)) + (many && "…");
}

// A symbol in its place. The character itself is not put into the page, where it would act; others
// that do nothing, as long as it, keep places right.
function hidden(found) {
  const symbol = document.createElement("span");
  symbol.className = "control";
  symbol.dataset.name = code(found);
  symbol.title = number(found);
  symbol.textContent = "\ufffd".repeat(found.length);
  return symbol;
}

function textNodes(text) {
  const nodes = [];
  let last = 0;
  for (const { 0: found, index } of text.matchAll(HIDDEN)) {
    if (index > last) nodes.push(document.createTextNode(text.slice(last, index)));
    nodes.push(hidden(found));
    last = index + found.length;
  }
  if (last < text.length) nodes.push(document.createTextNode(text.slice(last)));
  return nodes;
}

// Places at which a long text is cut into pieces that are laid out only when they are seen: after
// a line, or else a word.
function cuts(text, start, end, size) {
  const places = [start];
  let at = start;
  while (end - at > size) {
    const next = text.slice(at, at + size);
    const last = next.lastIndexOf("\n");
    at += (last < 0 ? next.lastIndexOf(" ") : last) + 1 || size;
    if (/[\udc00-\udfff]/.test(text[at])) at += 1;
    places.push(at);
  }
  return [...places, end];
}

// The text from start to end, of which from `marked[0]` to `marked[1]` is marked.
function markedNodes(text, start, end, marked) {
  const [from, to] = marked ?? [end, end];
  const [a, b] = [Math.min(Math.max(from, start), end), Math.min(Math.max(to, start), end)];
  if (a >= b) return textNodes(text.slice(start, end));
  const mark = document.createElement("mark");
  mark.append(...textNodes(text.slice(a, b)));
  return [...textNodes(text.slice(start, a)), mark, ...textNodes(text.slice(b, end))];
}
