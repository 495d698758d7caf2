// What a reader sees of a page: whether it is drawn, what is wrong with it, its data, its controls.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const shortened = (text) => {
    const line = text.replace(/\s+/g, " ").trim();
    return line.length > 48 ? `${line.slice(0, 45)}…` : line;
  };

  const KINDS = {
    stSelectbox: "select",
    stMultiSelect: "multiselect",
    stButtonGroup: "buttons",
    stCheckbox: "toggle",
    stSlider: "slider",
    stNumberInput: "number",
  };
  const LABELS = ".gtitle, .gtitle-subtitle, .xtick text, .ytick text, .xtitle, .ytitle, .legendtext";

  // The corners of a text as it lies on the screen, without the air above and below its letters.
  const corners = (text) => {
    const box = text.getBBox();
    const matrix = text.getScreenCTM();
    const [left, right] = [box.x + 1, box.x + box.width - 1];
    const [top, bottom] = [box.y + 0.15 * box.height, box.y + 0.85 * box.height];
    return [[left, top], [right, top], [right, bottom], [left, bottom]].map(([x, y]) => [
      matrix.a * x + matrix.c * y + matrix.e,
      matrix.b * x + matrix.d * y + matrix.f,
    ]);
  };

  // Whether a line parallel to an edge of one of two rectangles lies between them.
  const apart = (one, two) =>
    [one, two].some((shape) =>
      [0, 1].some((edge) => {
        const normal = [shape[edge + 1][1] - shape[edge][1], shape[edge][0] - shape[edge + 1][0]];
        const [a, b] = [one, two].map((s) => s.map(([x, y]) => x * normal[0] + y * normal[1]));
        return Math.max(...a) <= Math.min(...b) || Math.max(...b) <= Math.min(...a);
      }),
    );

  const shown = (element) => {
    const style = getComputedStyle(element);
    const seen = Number(style.opacity) > 0.02 && Number(style.fillOpacity) > 0.02;
    return seen && style.visibility !== "hidden" && element.getClientRects().length > 0;
  };

  const textsOf = (plot) =>
    all(".main-svg text", plot)
      .filter((text) => text.textContent.trim() && shown(text) && !text.closest(".hoverlayer"))
      .map((text) => ({ text: text.textContent.trim(), at: corners(text), element: text }));

  const overlaps = (texts) => {
    const found = [];
    texts.forEach((one, i) =>
      texts.slice(i + 1).forEach((two) => {
        if (!apart(one.at, two.at)) {
          found.push(`texts overlap: "${shortened(one.text)}" and "${shortened(two.text)}"`);
        }
      }),
    );
    return found;
  };

  const outside = (plot, texts) => {
    const edge = plot.querySelector(".main-svg").getBoundingClientRect();
    const leaves = ([x, y]) =>
      x < edge.left - 1 || x > edge.right + 1 || y < edge.top - 1 || y > edge.bottom + 1;
    return texts
      .filter(({ at }) => at.some(leaves))
      .map(({ text }) => `text leaves its figure: "${shortened(text)}"`);
  };

  const luminance = (colour) => {
    const parts = colour.match(/[\d.]+/g).slice(0, 3);
    const [red, green, blue] = parts.map((part) => {
      const value = Number(part) / 255;
      return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };

  const pale = (plot) => {
    const app = document.querySelector('[data-testid="stApp"]');
    const ground = luminance(getComputedStyle(app).backgroundColor);
    return all(LABELS, plot)
      .filter((text) => text.textContent.trim() && shown(text))
      .filter((text) => {
        const ink = luminance(getComputedStyle(text).fill);
        return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05) < 3;
      })
      .map((text) => `text hardly shows on its ground: "${shortened(text.textContent)}"`);
  };

  const tiny = (texts) =>
    texts
      .filter(({ element }) => parseFloat(getComputedStyle(element).fontSize) < 10)
      .map(({ text }) => `text is smaller than 10 pixels: "${shortened(text)}"`);

  const COUNT = /n = \d|\d[\d,.–]* (more |of \d[\d,]* )?(problem|sample|value)/;

  const unstated = (plot) => {
    const said = plot.layout.title?.subtitle?.text ?? "";
    return COUNT.test(said) ? [] : [`its subtitle does not say n: "${said}"`];
  };

  const faultsOfFigure = (plot) => {
    const texts = textsOf(plot);
    const found = [overlaps(texts), outside(plot, texts), pale(plot), tiny(texts), unstated(plot)];
    const name = plot.layout.title?.text ?? "a figure";
    return found.flatMap((some) => {
      const more = some.length > 3 ? [`… and ${some.length - 3} more such`] : [];
      return [...some.slice(0, 3), ...more].map((fault) => `${name}: ${fault}`);
    });
  };

  const width = (main) => {
    const more = main.scrollWidth - main.clientWidth;
    return more > 0 ? [`the page is ${more} pixels wider than the window`] : [];
  };

  // Numbers beyond the edge of a table, which nothing shows to be there: no bar that is always seen.
  const barred = (box) => getComputedStyle(box, "::-webkit-scrollbar").height === "9px";
  const cut = (main) =>
    all('[data-testid="stTable"]', main)
      .filter((table) => shown(table) && !table.closest("details:not([open])"))
      .flatMap((table) => [table, ...table.querySelectorAll("div")])
      .filter((box) => box.scrollWidth > box.clientWidth + 1 && !barred(box))
      .map((box) => `a table is cut off: "${shortened(box.innerText.trim())}"`);

  // Blocks of the page that lie on one another.
  const blocks = (main) => {
    const found = all('[data-testid="stElementContainer"]', main)
      .filter((block) => shown(block) && !block.closest("details:not([open])"))
      .filter((block) => block.getBoundingClientRect().height > 1)
      .map((block) => ({ block, at: block.getBoundingClientRect() }));
    const crossing = (a, b) =>
      Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
      Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
    return found.flatMap((one, i) =>
      found
        .slice(i + 1)
        .filter(({ block, at }) => !one.block.contains(block) && crossing(one.at, at))
        .map(({ block }) => {
          const names = [one.block, block].map((each) => shortened(each.innerText.trim()));
          return `blocks overlap: "${names[0]}" and "${names[1]}"`;
        }),
    );
  };

  // Notices are sentences, and a page without a figure says something.
  const notices = (main) => {
    const said = all('[data-testid="stAlert"]', main).map((alert) => alert.innerText.trim());
    return said
      .filter((text) => !/^[A-ZΔ\d"“'‘‚(].*[.!?]$/su.test(text))
      .map((text) => `a notice is no sentence: "${shortened(text)}"`);
  };

  const silent = (main) => {
    const said = all('[data-testid="stAlert"], [data-testid="stCaptionContainer"]', main).slice(1);
    const something = all(".js-plotly-plot, [data-testid=stTable]", main).length > 0;
    const sentence = said.some((each) => /\p{L}{3}.*\.$/su.test(each.innerText.trim()));
    return something || sentence ? [] : ["the page shows nothing and does not say why"];
  };

  // Names with two dollars are no formulas; the definitions, which may hold some, are closed.
  const formulas = (main) =>
    all(".katex", main)
      .slice(0, 3)
      .map((each) => `text is set as a formula: "${shortened(each.parentElement.textContent)}"`);

  const faults = () => {
    const main = document.querySelector('[data-testid="stMain"]');
    const boxes = all('[data-testid="stException"]').map((box) => `exception: ${box.innerText}`);
    const figures = all(".js-plotly-plot", main).flatMap(faultsOfFigure);
    const rest = [width, cut, blocks, notices, silent, formulas].flatMap((look) => look(main));
    return [...boxes, ...figures, ...rest];
  };

  const drawn = () => {
    const app = document.querySelector('[data-testid="stApp"]');
    const busy = app?.dataset.testScriptState !== "notRunning";
    if (busy || document.querySelector('[data-testid="stSkeleton"]')) return false;
    return all('[data-testid="stPlotlyChart"]').every((chart) => {
      const svg = chart.querySelector(".main-svg");
      const [one, two] = [svg, chart].map((each) => each?.getBoundingClientRect().width ?? 0);
      return svg && Math.abs(one - two) < 2;
    });
  };

  const axes = (layout) =>
    Object.entries(layout)
      .filter(([name]) => /^[xy]axis\d*$/.test(name))
      .map(([name, axis]) => [name, axis.type, axis.title?.text]);

  const figureData = (plot) => {
    const { title, barmode, shapes, annotations } = plot.layout;
    const words = (annotations ?? []).map(({ text, x, y }) => [text, x, y]);
    return [plot.data, title, barmode, shapes, words, axes(plot.layout)];
  };

  // As JSON: the last digits of a sum depend on the order of its terms.
  const listed = (_, value) => {
    if (ArrayBuffer.isView(value)) return Array.from(value);
    return typeof value === "number" ? Number(value.toPrecision(9)) : value;
  };

  const data = () => {
    const main = document.querySelector('[data-testid="stMain"]');
    const texts = (selector) => all(selector, main).map((each) => each.textContent);
    return JSON.stringify(
      [
        all(".js-plotly-plot", main).map(figureData),
        texts('[data-testid="stTable"], [data-testid="stCaptionContainer"]'),
        texts('[data-testid="stDataFrame"]'),
        texts('[data-testid="stCode"], [data-testid="stBidiComponentRegular"]'),
        texts('[data-testid="stBidiComponentIsolated"]'),
      ],
      listed,
    );
  };

  const keyOf = (block) =>
    [...block.classList].find((name) => name.startsWith("st-key-"))?.slice("st-key-".length);

  const controls = (place) =>
    all(`[data-testid="${place}"] [class*="st-key-"]`).flatMap((block) => {
      const kind = KINDS[block.querySelector("[data-testid]")?.dataset.testid];
      const off = block.querySelector("input:disabled, button[role=radio]:disabled");
      return kind && !off ? [[keyOf(block), kind]] : [];
    });

  window.look = { faults, drawn, data, controls };
})();
