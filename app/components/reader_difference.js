// Where two texts differ. Text only ever becomes textContent, never HTML.
const ELEMENT = { both: "span", first: "del", second: "ins" };

function drawn([of, text]) {
  const element = document.createElement(ELEMENT[of]);
  element.textContent = text;
  return element;
}

export default function ({ data, parentElement }) {
  parentElement.querySelector(".text").replaceChildren(...data.pieces.map(drawn));
  const same = data.pieces.every(([of]) => of === "both");
  parentElement.querySelector(".told").textContent = same ? "The two texts are the same." : "";
}
