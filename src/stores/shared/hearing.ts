/** What a connection that hears a channel tells. */

/** Who hears, and of what. */
export interface Hearing {
  heard(message: string): void;
  /** The connection was lost and is there again. */
  missed(): void;
}
