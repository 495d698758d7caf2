// Trees made on the server (app/markdown.py, app/mathematics.py) as elements. Only what is listed
// is made, with attributes that are listed: nothing here loads, links or runs.
const MATHML = "http://www.w3.org/1998/Math/MathML";
const HTML_TAGS = new Set(
  ("p em strong s code pre blockquote ul ol li table thead tbody tr th td hr br span").split(" "),
);
const MATH_TAGS = new Set(
  ("math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow" +
    " mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none").split(" "),
);
const MATH_ATTRIBUTES = new Set(
  ("accent accentunder columnalign columnlines columnspacing depth display displaystyle fence form" +
    " height largeop linethickness lspace mathbackground mathcolor mathvariant maxsize minsize" +
    " movablelimits notation rowlines rowspacing rspace scriptlevel separator stretchy symmetric" +
    " voffset width").split(" "),
);
const LEVELS = 120; // of elements; the server makes fewer

function mathElement(tag, attributes) {
  const element = document.createElementNS(MATHML, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (MATH_ATTRIBUTES.has(name)) element.setAttribute(name, value);
  }
  return element;
}

function htmlElement(tag, attributes) {
  const element = document.createElement(tag);
  if (attributes.class) element.className = attributes.class;
  if (attributes.title) element.title = attributes.title;
  if (attributes.start !== undefined) element.setAttribute("start", attributes.start);
  return element;
}

function treeNodes(tree, level = 0) {
  if (typeof tree === "string") return textNodes(tree);
  const [tag, attributes, children] = tree;
  const known = MATH_TAGS.has(tag) ? mathElement : HTML_TAGS.has(tag) ? htmlElement : null;
  if (known === null || level > LEVELS) return children.flatMap((each) => treeNodes(each, level));
  const element = known(tag, attributes);
  if (known === mathElement && children.length === 1 && typeof children[0] === "string") {
    element.textContent = children[0].replace(HIDDEN, "\ufffd"); // no element may be within these
  } else element.append(...children.flatMap((each) => treeNodes(each, level + 1)));
  return [element];
}

// A place in Python's characters as one in the browser's.
function unitsOf(source, place, wide) {
  return wide ? Array.from(source).slice(0, place).join("").length : place;
}

// One block; its elements know which characters of the text they show.
function blockNodes(state, index) {
  const { text, edges, trees, wide } = state.data;
  const start = edges[index];
  const source = text.slice(start, edges[index + 1]);
  return JSON.parse(trees[index]).flatMap((tree) => {
    const nodes = treeNodes(tree);
    if (typeof tree === "string" || tree[1].from === undefined) return nodes;
    const [from, to] = [tree[1].from, tree[1].to].map((at) => start + unitsOf(source, at, wide));
    nodes[0].dataset.start = from;
    nodes[0].dataset.end = to;
    const marked = state.marked !== null && state.marked[0] < to && state.marked[1] > from;
    nodes[0].classList.toggle("decides", marked);
    return nodes;
  });
}
