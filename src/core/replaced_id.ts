/** An id that others have replaced while a request had it. */
interface Knowing {
  readonly replaced: readonly [id: string, by: string] | undefined;
}

/** The id a browser is to be told in place of this one: what a request has stored was stored there. */
export function newestId({ replaced }: Knowing, id: string): string {
  return replaced?.[0] === id ? replaced[1] : id;
}
