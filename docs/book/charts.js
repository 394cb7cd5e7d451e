// Flow charts, drawn anew when the reader changes between light and dark.
let drawn = Promise.resolve();

async function draw() {
  const charts = document.querySelectorAll("pre.mermaid");
  for (const chart of charts) {
    chart.dataset.source ??= chart.textContent;
    chart.textContent = chart.dataset.source;
    chart.removeAttribute("data-processed");
  }
  mermaid.initialize({
    startOnLoad: false,
    theme: document.documentElement.dataset.theme === "dark" ? "dark" : "neutral",
    fontFamily: getComputedStyle(document.body).fontFamily,
    flowchart: { rankSpacing: 28, nodeSpacing: 28 },
  });
  await mermaid.run({ nodes: charts });
  for (const svg of document.querySelectorAll("pre.mermaid svg")) // narrower, it could not be read
    svg.style.minWidth = `${Math.min(parseFloat(svg.style.maxWidth), 600)}px`;
}

// One after the other: two at once would take each other's text away.
const drawAgain = () => (drawn = drawn.then(draw));
drawAgain();
new MutationObserver(drawAgain).observe(document.documentElement, { attributeFilter: ["data-theme"] });
