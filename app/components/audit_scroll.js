// The main part of a page scrolls in itself, and a key scrolls it only while it has the focus.
const SHARE = 0.8; // of what is seen, so that a few lines stay in sight

let shown = null; // the sample on the screen

const main = () => document.querySelector('[data-testid="stMain"]');
const down = () => main()?.scrollBy({ top: SHARE * main().clientHeight });
const up = () => main()?.scrollBy({ top: -SHARE * main().clientHeight });

// The response lies in a component with a document of its own.
function enterText() {
  for (const part of document.querySelectorAll('[class*="st-key-audit_response_"] *')) {
    const text = part.shadowRoot?.querySelector(".text") ?? (part.matches(".text") ? part : null);
    if (text) return text.focus();
  }
}

function toTop() {
  const work = document.querySelector(".st-key-audit_work");
  if (!work || !main()) return;
  const above = work.getBoundingClientRect().top - main().getBoundingClientRect().top;
  if (above < 0) main().scrollBy({ top: above });
}

export default function ({ data }) {
  document.addEventListener("passband:down", down);
  document.addEventListener("passband:up", up);
  document.addEventListener("passband:text", enterText);
  if (shown !== null && shown !== data.name) toTop();
  shown = data.name;
  return () => {
    document.removeEventListener("passband:down", down);
    document.removeEventListener("passband:up", up);
    document.removeEventListener("passband:text", enterText);
  };
}
