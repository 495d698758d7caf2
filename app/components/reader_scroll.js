// The main part of a page scrolls in itself, and a key scrolls it only while it has the focus.
const SHARE = 0.8; // of what is seen, so that a few lines stay in sight

let shown = null; // what is on the screen

const main = () => document.querySelector('[data-testid="stMain"]');
const down = () => main()?.scrollBy({ top: SHARE * main().clientHeight });
const up = () => main()?.scrollBy({ top: -SHARE * main().clientHeight });

function toTop(block) {
  const place = document.querySelector(`.st-key-${block}`);
  if (!place || !main()) return;
  const above = place.getBoundingClientRect().top - main().getBoundingClientRect().top;
  if (above < 0) main().scrollBy({ top: above });
}

export default function ({ data }) {
  document.addEventListener("passband:down", down);
  document.addEventListener("passband:up", up);
  if (shown !== null && shown !== data.name) toTop(data.block);
  shown = data.name;
  return () => {
    document.removeEventListener("passband:down", down);
    document.removeEventListener("passband:up", up);
  };
}
