/** Charts as SVG text: bars and lines, nothing else. */

const WIDTH = 760;
const FONT = "system-ui, sans-serif";
/** Ours first; the rest in the order they come. */
const COLORS = [
  "#0b7a75",
  "#8d99ae",
  "#c9ada7",
  "#d8a25e",
  "#b0a8d0",
  "#9dbf9e",
];

export interface Bars {
  readonly title: string;
  readonly subtitle: string;
  readonly unit: string;
  readonly groups: readonly {
    readonly name: string;
    readonly bars: readonly { readonly name: string; readonly value: number }[];
  }[];
}

export interface Lines {
  readonly title: string;
  readonly subtitle: string;
  readonly xName: string;
  readonly yName: string;
  readonly ticks: readonly { readonly at: number; readonly name: string }[];
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(
    ">",
    "&gt;",
  );
}

function text(x: number, y: number, words: string, more = ""): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(words)}</text>`;
}

function page(
  height: number,
  title: string,
  subtitle: string,
  body: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${
      escaped(title).replaceAll('"', "&quot;")
    }" font-family="${FONT}" font-size="12" fill="#2b2d42">`,
    `<rect width="${WIDTH}" height="${height}" rx="6" fill="#ffffff"/>`,
    text(16, 26, title, 'font-size="16" font-weight="600"'),
    text(16, 44, subtitle, 'font-size="11" fill="#5c6078"'),
    ...body,
    "</svg>",
    "",
  ].join("\n");
}

function legend(names: readonly string[], y: number): string[] {
  let x = 16;
  return names.flatMap((name, index) => {
    const items = [
      `<rect x="${x}" y="${y - 9}" width="10" height="10" rx="2" fill="${
        COLORS[index % COLORS.length]
      }"/>`,
      text(x + 15, y, name),
    ];
    x += 30 + name.length * 6.8;
    return items;
  });
}

/** Horizontal bars in groups; each group has a scale of its own, for costs differ by thousands. */
export function barChart({ title, subtitle, unit, groups }: Bars): string {
  const names = [
    ...new Set(groups.flatMap(({ bars }) => bars.map(({ name }) => name))),
  ];
  const left = 150;
  const room = WIDTH - left - 110;
  const body = legend(names, 66);
  let y = 84;
  for (const { name, bars } of groups) {
    const most = Math.max(...bars.map(({ value }) => value));
    body.push(text(16, y + bars.length * 8 + 4, name, 'font-weight="600"'));
    for (const bar of bars) {
      const width = Math.max(1.5, room * Math.max(0, bar.value) / most);
      const color = COLORS[names.indexOf(bar.name) % COLORS.length];
      body.push(
        `<rect x="${left}" y="${y}" width="${
          width.toFixed(1)
        }" height="12" rx="2" fill="${color}"/>`,
        text(
          left + width + 6,
          y + 10,
          `${short(bar.value)} ${unit}`,
          'font-size="11"',
        ),
      );
      y += 16;
    }
    y += 12;
  }
  return page(y + 6, title, subtitle, body);
}

/** Lines over a logarithmic x and a logarithmic y. */
export function lineChart(
  { title, subtitle, xName, yName, ticks, lines }: Lines,
): string {
  const [left, top, right, bottom] = [70, 90, WIDTH - 24, 360];
  const xs = ticks.map(({ at }) => Math.log10(at));
  const values = lines.flatMap(({ points }) => points.map(([, y]) => Math.max(y, 0.1)));
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.ceil(Math.log10(Math.max(...values)));
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const px = (x: number): number =>
    left + (right - left) * (Math.log10(x) - first) / (last - first);
  const py = (y: number): number =>
    bottom -
    (bottom - top) * (Math.log10(Math.max(y, 0.1)) - low) / (high - low || 1);
  const body = legend(lines.map(({ name }) => name), 66);
  for (let power = low; power <= high; power++) {
    const y = py(10 ** power);
    body.push(
      `<line x1="${left}" x2="${right}" y1="${y.toFixed(1)}" y2="${
        y.toFixed(1)
      }" stroke="#e3e5ee"/>`,
      text(
        left - 8,
        y + 4,
        short(10 ** power),
        'text-anchor="end" font-size="11"',
      ),
    );
  }
  for (const { at, name } of ticks) {
    body.push(
      text(px(at), bottom + 18, name, 'text-anchor="middle" font-size="11"'),
    );
  }
  body.push(
    text((left + right) / 2, bottom + 38, xName, 'text-anchor="middle"'),
  );
  body.push(text(16, top - 8, yName, 'font-size="11" fill="#5c6078"'));
  lines.forEach(({ points }, index) => {
    const color = COLORS[index % COLORS.length];
    const path = points.map(([x, y]) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`).join(" ");
    body.push(
      `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>`,
    );
    for (const [x, y] of points) {
      body.push(
        `<circle cx="${px(x).toFixed(1)}" cy="${py(y).toFixed(1)}" r="3" fill="${color}"/>`,
      );
    }
  });
  return page(bottom + 54, title, subtitle, body);
}

/** Three digits are enough for anybody. */
export function short(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1).replace(/\.0$/, "") : value.toFixed(1);
}
