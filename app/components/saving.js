// Saves a Plotly figure as a picture for white paper. The browser draws it; no server is needed.
const TEXT = "#262730";
const PAPER = "#ffffff";
const GRID = "#e6e9ef";
const FAMILY = "Arial, Helvetica, sans-serif"; // a file cannot rely on the page's own font

function plotOf(figure) {
  const name = figure.replace(/[^a-zA-Z0-9_-]/g, "-"); // as Streamlit makes a class of a key
  return document.querySelector(`.st-key-${name} .js-plotly-plot`);
}

function onPaper(key, value, within) {
  if (key === "color" && within.endsWith("font")) return TEXT;
  if (key === "family") return FAMILY;
  if (key.endsWith("bgcolor")) return PAPER;
  if (["gridcolor", "zerolinecolor", "tickcolor"].includes(key)) return GRID;
  return forPaper(value, key);
}

// A template is where Streamlit puts the theme's colours; those of the figure itself suit both.
function forPaper(value, within = "") {
  if (Array.isArray(value)) return value.map((item) => forPaper(item, within));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, inner]) => [key, onPaper(key, inner, within)]));
}

function printed({ data, layout }) {
  const template = forPaper(layout.template ?? {});
  return { data, layout: { ...layout, template, paper_bgcolor: PAPER, plot_bgcolor: PAPER } };
}

async function picture(plot, format) {
  const { width, height } = plot._fullLayout;
  const size = { format, width, height, scale: format === "png" ? 3 : 1 };
  const address = await window.Plotly.toImage(printed(plot), size);
  return (await fetch(address)).blob();
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function save(figure, format, told) {
  told.textContent = "";
  try {
    download(await picture(plotOf(figure), format), `${figure}.${format}`);
  } catch (error) {
    told.textContent = `The picture could not be made: ${error.message}`;
  }
}

export default function ({ data, parentElement }) {
  const told = parentElement.querySelector(".told");
  for (const button of parentElement.querySelectorAll("button")) {
    button.onclick = () => save(data.figure, button.dataset.format, told);
  }
}
