// Keys of a page: press a button of it, enter a field, or tell its components by a CustomEvent.
const TYPED = new Set([
  "text", "search", "url", "email", "password", "number", "tel", "date", "time", "month", "week",
  "datetime-local",
]);
const SHOWN = {
  ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "Space", Escape: "Esc",
};
const PATIENCE = 1500; // ms, after which a press that started nothing is taken as done
const LATEST = 4000; // ms, after which a press is forgotten
const listeners = new WeakMap();

function app() {
  return document.querySelector('[data-testid="stApp"]');
}

function atWork() {
  return app()?.dataset.testScriptState !== "notRunning";
}

// As Streamlit makes a class of a widget's key. With * at the end it is the first that begins so.
function widget(key) {
  const begins = key.endsWith("*");
  const name = `st-key-${key.trim().replace(/[*]$/, "").replace(/[^a-zA-Z0-9_-]/g, "-")}`;
  return document.querySelector(begins ? `[class*="${name}"]` : `.${name}`);
}

function isTyping(element) {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable || element.matches("textarea, select, [role=textbox]")) return true;
  return element instanceof HTMLInputElement && TYPED.has(element.type) && !element.readOnly;
}

// What the element in focus does itself with this key.
function usesItself(element, key) {
  if (!(element instanceof HTMLElement)) return false;
  if (key === "Enter" || key === " ") return element.matches("button, a, summary, input, [role]");
  return key.startsWith("Arrow") && element.matches("input, [role=slider], [role=tab], [role=option]");
}

// Between a press and the script's start nothing tells that it is at work.
const pressed = { since: null, watcher: null };
// The button that was pressed last while the page was at work: it is due when the page is done.
const due = { name: null, since: null, timer: null };

function waiting() {
  return pressed.since !== null && performance.now() - pressed.since < PATIENCE;
}

function pressedNow() {
  pressed.watcher?.disconnect();
  pressed.since = performance.now();
  let started = false;
  pressed.watcher = new MutationObserver(() => {
    started ||= atWork();
    if (!started || atWork()) return;
    pressed.since = null;
    pressed.watcher.disconnect();
  });
  pressed.watcher.observe(app(), { attributeFilter: ["data-test-script-state"] });
}

function press(name) {
  const place = widget(name);
  const button = place?.querySelector("button");
  if (!button || button.disabled) return;
  if (atWork() || waiting()) return pressSoon(place);
  pressedNow();
  button.click();
}

// The button is known by its key, which names what it is about: where the page has gone on to
// something else it is not there any more, and the press is forgotten.
function pressSoon(place) {
  const own = [...place.classList].find((name) => name.startsWith("st-key-"));
  due.name = own.slice("st-key-".length);
  due.since = performance.now();
  due.timer ??= setInterval(pressDue, 20);
}

function pressDue() {
  const late = performance.now() - due.since > LATEST;
  if (!late && (atWork() || waiting())) return;
  clearInterval(due.timer);
  due.timer = null;
  if (!late) press(due.name);
}

const ACTIONS = {
  button: press,
  focus: (name) => widget(name)?.querySelector("input, textarea, [tabindex]")?.focus(),
  event: (name) => document.dispatchEvent(new CustomEvent(`passband:${name}`)),
};

function act(target) {
  const cut = target.indexOf(":");
  ACTIONS[target.slice(0, cut)]?.(target.slice(cut + 1));
}

function row([key, does]) {
  const line = document.createElement("tr");
  const [name, told] = [document.createElement("td"), document.createElement("td")];
  const cap = document.createElement("kbd");
  cap.textContent = SHOWN[key] ?? key;
  name.append(cap);
  told.textContent = does;
  line.append(name, told);
  return line;
}

const OWN = [["?", "Lists the keys."], ["Escape", "Closes this list, or leaves a field."]];

function onKey(event, keys, dialog) {
  const focused = event.composedPath()[0];
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  if (dialog.open) {
    if (event.key === "?") dialog.close();
    return;
  }
  if (isTyping(focused)) {
    if (event.key === "Escape") focused.blur();
    return;
  }
  if (event.key === "?") dialog.showModal();
  else if (keys.has(event.key) && !usesItself(focused, event.key)) {
    if (!event.repeat || event.key.startsWith("Arrow")) act(keys.get(event.key));
  } else return;
  event.preventDefault();
}

export default function ({ data, parentElement }) {
  listeners.get(parentElement)?.abort();
  const stop = new AbortController();
  listeners.set(parentElement, stop);
  const dialog = parentElement.querySelector("dialog");
  parentElement.querySelector("tbody").replaceChildren(...[...data.keys, ...OWN].map(row));
  parentElement.querySelector(".open").onclick = (event) => {
    event.currentTarget.blur();
    dialog.showModal();
  };
  const keys = new Map(data.keys.map(([key, , target]) => [key, target]));
  document.addEventListener("keydown", (event) => onKey(event, keys, dialog), {
    signal: stop.signal,
  });
  return () => listeners.get(parentElement)?.abort();
}
