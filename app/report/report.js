// Draws the figures from the data beside them; in light, in dark, and, to be printed, in light at the width of paper.
(() => {
  "use strict";
  const PAPER = 680; // pixels
  const BODY = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
  const HEADING = '"Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, serif';
  const CONFIG = {
    displaylogo: false,
    responsive: true,
    typesetMath: false, // names of others may have dollars in them
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    toImageButtonOptions: { format: "svg" },
  };
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function template(isDark) {
    const text = isDark ? "#e6e4df" : "#1e1e1e";
    const page = isDark ? "#1e2126" : "#ffffff";
    const axis = { linecolor: text, tickcolor: text, zerolinecolor: "rgba(136,136,136,0.4)", automargin: true };
    return {
      layout: {
        font: { color: text, family: BODY },
        title: { font: { family: HEADING, color: text, weight: 600 } },
        hoverlabel: { bgcolor: page, bordercolor: "#888888", font: { color: text, family: BODY }, align: "left" },
        modebar: { bgcolor: "rgba(0,0,0,0)", color: "#888888", activecolor: text },
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        xaxis: axis,
        yaxis: axis,
      },
      data: { scatter: [{ marker: { line: { width: 0 } } }] },
    };
  }

  const shown = [];
  function draw(one, isDark, width) {
    const size = width ? { width, autosize: false } : { width: undefined, autosize: true };
    const layout = { ...structuredClone(one.layout), ...size, template: template(isDark) };
    return window.Plotly.react(one.place, one.data, layout, CONFIG);
  }
  const drawAll = (isDark, width) => Promise.all(shown.map((one) => draw(one, isDark, width)));

  for (const place of document.querySelectorAll("[data-figure]")) {
    const { data, layout } = JSON.parse(document.getElementById(place.dataset.figure).textContent);
    shown.push({ place, data, layout });
  }
  const drawn = () => document.documentElement.setAttribute("data-drawn", shown.length);
  drawAll(dark.matches).then(drawn);
  dark.addEventListener("change", () => drawAll(dark.matches));
  window.addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
    drawAll(false, PAPER);
  });
  window.addEventListener("afterprint", () => drawAll(dark.matches));
})();
