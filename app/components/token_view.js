// Text of a model, token by token. It only ever becomes textContent, never HTML.
const LOWEST = -6; // nats, at which the colour is full

function colour(logprob) {
  const strength = Math.min(1, Math.max(0, logprob / LOWEST));
  return `rgba(213, 101, 28, ${(0.8 * strength).toFixed(3)})`;
}

function said(token, position, names) {
  const values = names.map((name, scorer) => {
    const value = token[1][scorer];
    return value === null
      ? `${name}: unknown`
      : `${name}: log p ${value.toFixed(3)}, p ${Math.exp(value).toPrecision(2)}`;
  });
  return [`token ${position + 1} ${JSON.stringify(token[0])}`, ...values].join("  ·  ");
}

function span(token, position, data) {
  const element = document.createElement("span");
  const value = token[1][data.scorer];
  element.className = token[0] === "" ? "token empty" : "token";
  element.textContent = token[0];
  element.dataset.position = position;
  element.title = said(token, position, data.names);
  if (value === null) element.classList.add("undefined");
  else element.style.backgroundColor = colour(value);
  return element;
}

export default function ({ data, parentElement }) {
  const text = parentElement.querySelector(".text");
  const told = parentElement.querySelector(".told");
  parentElement.querySelector(".legend").hidden = data.names.length === 0;
  parentElement.querySelector(".legend").style.display = data.names.length ? "" : "none";
  parentElement.querySelector(".scorer").textContent = data.names[data.scorer] ?? "";
  told.style.display = data.names.length ? "" : "none";
  told.textContent = "Point at a token for its values.";
  const parts = data.names.length
    ? data.tokens.map((token, position) => span(token, position, data))
    : [document.createTextNode(data.text)];
  text.replaceChildren(...parts);
  text.onmouseover = (event) => {
    if (event.target.title) told.textContent = event.target.title;
  };
}
