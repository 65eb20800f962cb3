/** A text that counts how many of its characters are looked at: work, which no busy machine changes. */
export class CountedText {
  looked = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get length(): number {
    return this.text.length;
  }

  charCodeAt(index: number): number {
    this.looked++;
    return this.text.charCodeAt(index);
  }

  indexOf(part: string, from = 0): number {
    const found = this.text.indexOf(part, from);
    this.looked += (found < 0 ? this.text.length : found + part.length) - Math.max(from, 0);
    return found;
  }

  startsWith(part: string): boolean {
    this.looked += part.length;
    return this.text.startsWith(part);
  }

  /** What is cut out is a plain text again: whoever reads it reads it once. */
  slice(from: number, to?: number): string {
    const cut = this.text.slice(from, to);
    this.looked += cut.length;
    return cut;
  }
}
