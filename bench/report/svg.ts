/** Charts as SVG text: bars and lines, nothing else. */

const WIDTH = 760;
const FONT = "system-ui, sans-serif";
/** Ours is green, whatever it is with; the floor is pale; the peers take the rest in turn. */
const OURS = ["#0b7a75", "#5fb3ae", "#a5d6d3"];
const FLOOR = "#d9dce6";
const PEERS = ["#8d99ae", "#c9ada7", "#d8a25e", "#b0a8d0"];

function colorsOf(names: readonly string[]): Map<string, string> {
  const counts = { ours: 0, peers: 0 };
  return new Map(names.map((name) => {
    if (name === "floor") return [name, FLOOR];
    if (name.startsWith("websession")) return [name, OURS[counts.ours++ % OURS.length]!];
    return [name, PEERS[counts.peers++ % PEERS.length]!];
  }));
}

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
  /** Linear axes instead of logarithmic ones. @default {false} */
  readonly plain?: boolean;
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

/** The legend in as many lines as it needs, and the y below it. */
function legend(colors: ReadonlyMap<string, string>): { items: string[]; below: number } {
  const items: string[] = [];
  let [x, y] = [16, 66];
  for (const [name, color] of colors) {
    const width = 30 + name.length * 6.8;
    if (x + width > WIDTH) [x, y] = [16, y + 18];
    items.push(
      `<rect x="${x.toFixed(1)}" y="${y - 9}" width="10" height="10" rx="2" fill="${color}"/>`,
    );
    items.push(text(x + 15, y, name));
    x += width;
  }
  return { items, below: y + 18 };
}

/** Horizontal bars in groups; each group has a scale of its own, for costs differ by thousands. */
export function barChart({ title, subtitle, unit, groups }: Bars): string {
  const names = [
    ...new Set(groups.flatMap(({ bars }) => bars.map(({ name }) => name))),
  ];
  const colors = colorsOf(names);
  const left = 200;
  const room = WIDTH - left - 110;
  const { items: body, below } = legend(colors);
  let y = below;
  for (const { name, bars } of groups) {
    const most = Math.max(...bars.map(({ value }) => value));
    body.push(text(16, y + bars.length * 8 + 4, name, 'font-weight="600"'));
    for (const bar of bars) {
      const width = Math.max(1.5, room * Math.max(0, bar.value) / most);
      const color = colors.get(bar.name);
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

/** Lines over logarithmic axes, or over plain ones that begin at zero. */
export function lineChart(chart: Lines): string {
  const { title, subtitle, xName, yName, ticks, lines, plain = false } = chart;
  const colors = colorsOf(lines.map(({ name }) => name));
  const { items: body, below } = legend(colors);
  const [left, top, right, bottom] = [70, below + 22, WIDTH - 44, below + 300];
  const scale = plain
    ? (value: number) => value
    : (value: number) => Math.log10(Math.max(value, 0.1));
  const xs = ticks.map(({ at }) => scale(at));
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const values = lines.flatMap(({ points }) => points.map(([, y]) => scale(y)));
  const low = plain ? 0 : Math.floor(Math.min(...values));
  const high = Math.ceil(Math.max(...values));
  const px = (x: number): number =>
    left + (right - left) * (scale(x) - first) / (last - first || 1);
  const height = (y: number): number => bottom - (bottom - top) * (y - low) / (high - low || 1);
  const grid = plain
    ? Array.from({ length: 5 }, (_, index) => high * index / 4)
    : Array.from({ length: high - low + 1 }, (_, index) => low + index);
  for (const place of grid) {
    const y = height(place).toFixed(1);
    body.push(`<line x1="${left}" x2="${right}" y1="${y}" y2="${y}" stroke="#e3e5ee"/>`);
    const name = short(plain ? place : 10 ** place);
    body.push(text(left - 8, Number(y) + 4, name, 'text-anchor="end" font-size="11"'));
  }
  for (const { at, name } of ticks) {
    body.push(text(px(at), bottom + 18, name, 'text-anchor="middle" font-size="11"'));
  }
  body.push(text((left + right) / 2, bottom + 38, xName, 'text-anchor="middle"'));
  body.push(text(16, top - 10, yName, 'font-size="11" fill="#5c6078"'));
  for (const { name, points } of lines) {
    const places = points.map(([x, y]) => [px(x).toFixed(1), height(scale(y)).toFixed(1)] as const);
    const color = colors.get(name);
    const path = places.map((place) => place.join(",")).join(" ");
    body.push(`<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>`);
    for (const [x, y] of places) body.push(`<circle cx="${x}" cy="${y}" r="3" fill="${color}"/>`);
  }
  return page(bottom + 54, title, subtitle, body);
}

/** Three digits are enough for anybody. */
export function short(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1).replace(/\.0$/, "") : value.toFixed(1);
}
