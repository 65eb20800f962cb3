/** What a list of devices calls a browser: short, and in words its owner knows. */

/** The first that is named counts: Edge and Opera call themselves Chrome as well, and Chrome Safari. */
const BROWSERS = [
  ["Edge", /Edg/],
  ["Opera", /OPR\//],
  ["Firefox", /Firefox\/|FxiOS/],
  ["Chrome", /Chrome\/|CriOS/],
  ["Safari", /Safari\//],
] as const;

/** Phones name the system that theirs was made from. */
const SYSTEMS = [
  ["iPhone", /iPhone/],
  ["iPad", /iPad/],
  ["Android", /Android/],
  ["Windows", /Windows/],
  ["Mac", /Mac OS X/],
  ["Linux", /Linux/],
] as const;

export function deviceLabel(userAgent = ""): string {
  const [browser] = BROWSERS.find(([, pattern]) => pattern.test(userAgent)) ?? ["A browser"];
  const [system] = SYSTEMS.find(([, pattern]) => pattern.test(userAgent)) ?? [undefined];
  return system === undefined ? browser : `${browser} on ${system}`;
}
