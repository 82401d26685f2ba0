// What all charts share: type, grid, margins; and how a token's name becomes the colour of today's theme.
const isPlain = (value) => value && typeof value === "object" && !Array.isArray(value);

export const merge = (base, over) => {
  const out = { ...base };
  for (const [key, value] of Object.entries(over)) out[key] = isPlain(value) && isPlain(base[key]) ? merge(base[key], value) : value;
  return out;
};

const axis = () => ({
  gridcolor: "--chart-grid", linecolor: "--line-strong", zerolinecolor: "--line-strong", zeroline: false, showline: false, ticks: "outside", ticklen: 6, tickcolor: "rgba(0,0,0,0)", automargin: true,
  tickfont: { size: 11, color: "--text-3" }, title: { font: { size: 11, color: "--text-3" }, standoff: 8 }, fixedrange: true,
});

export const frame = () => ({
  paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
  font: { family: "Inter, system-ui, sans-serif", size: 12, color: "--text-2" },
  margin: { l: 8, r: 8, t: 8, b: 8 }, hovermode: "closest", dragmode: false, bargap: 0.3,
  xaxis: merge(axis(), { showgrid: false }), yaxis: merge(axis(), { rangemode: "tozero" }),
  legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { size: 12, color: "--text-2" } },
  hoverlabel: { bgcolor: "--raised", bordercolor: "--line-strong", font: { size: 12, color: "--text", family: "Inter, system-ui, sans-serif" }, align: "left" },
  colorway: Array.from({ length: 12 }, (_, at) => `--topic-${at + 1}`),
});

// Every text that names a token ("--accent", "--accent/0.2") becomes rgb(); the browser computes light-dark() for us.
export const resolve = (host, spec) => {
  const probe = host.appendChild(document.createElement("i"));
  probe.hidden = true;
  const seen = new Map();
  const color = (name) => {
    if (!seen.has(name)) {
      const [token, alpha] = name.split("/");
      probe.style.color = alpha ? `color-mix(in srgb, var(${token}) ${100 * alpha}%, transparent)` : `var(${token})`;
      const found = getComputedStyle(probe).color;
      const parts = found.match(/^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)(?: \/ ([\d.]+))?\)$/);
      seen.set(name, parts ? `rgba(${parts.slice(1, 4).map((part) => Math.round(part * 255)).join(",")},${parts[4] ?? 1})` : found);
    }
    return seen.get(name);
  };
  const walk = (value) => {
    if (typeof value === "string") return /^--[\w-]+(\/[\d.]+)?$/.test(value) ? color(value) : value;
    if (Array.isArray(value)) return value.map(walk);
    return isPlain(value) ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, walk(part)])) : value;
  };
  try { return walk(spec); } finally { probe.remove(); }
};
