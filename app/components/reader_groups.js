// Samples by final answer. What a model said only ever becomes textContent, never HTML.
const MARKS = { correct: "✓", incorrect: "✗", no_answer: "∅", error: "!", unverified: "?" };

function element(name, kind, text) {
  const made = document.createElement(name);
  made.className = kind;
  made.textContent = text;
  return made;
}

function row(group, pick) {
  const button = element("button", `group ${group.outcome}`, "");
  const said = group.outcome.replace("_", " ");
  const answer = element("span", "answer", group.answer ?? `(${said})`);
  answer.classList.toggle("absent", group.answer === null);
  const mark = element("span", "mark", MARKS[group.outcome]);
  mark.ariaHidden = "true";
  button.append(mark, answer, element("span", "count", group.samples));
  button.title = `${said}: ${group.answer ?? "no answer"}`;
  button.setAttribute("aria-label", `${said}, answer ${group.answer ?? "none"}, ${group.samples} samples`);
  button.setAttribute("aria-current", group.current);
  button.onclick = () => pick(group.first);
  return button;
}

function number(value, current, pick) {
  const button = element("button", "number", value);
  button.setAttribute("aria-label", `Sample ${value}`);
  button.setAttribute("aria-current", value === current);
  button.onclick = () => pick(value);
  return button;
}

// Within a list that scrolls, without moving the page.
function reveal(now, list) {
  if (!list) return;
  const [inner, outer] = [now, list].map((each) => each.getBoundingClientRect());
  if (inner.bottom > outer.bottom) list.scrollTop += inner.bottom - outer.bottom;
  if (inner.top < outer.top) list.scrollTop -= outer.top - inner.top;
}

// What each list showed last. A new one is shown from its top, where the right answers are; it
// follows the sample once the reader has gone on to another.
const listed = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const pick = (value) => setTriggerValue("picked", value);
  const parts = data.groups.flatMap((group) => {
    const item = element("div", "", "");
    item.role = "listitem";
    item.append(row(group, pick));
    if (group.current) {
      const numbers = element("div", "numbers", "");
      numbers.append(...data.numbers.map((value) => number(value, data.sample, pick)));
      item.append(numbers);
    }
    return [item];
  });
  const groups = parentElement.querySelector(".groups");
  const answers = JSON.stringify(data.groups.map((group) => [group.answer, group.samples]));
  const last = listed.get(groups);
  listed.set(groups, { answers, sample: data.sample });
  groups.replaceChildren(...parts);
  if (last?.answers !== answers) groups.scrollTop = 0;
  for (const now of groups.querySelectorAll('[aria-current="true"]')) {
    reveal(now, now.closest(".numbers"));
    if (last?.answers === answers && last.sample !== data.sample) reveal(now, groups);
  }
}
