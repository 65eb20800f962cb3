/** What the page shows beside an application's usual work. */
import { fileURLToPath } from "node:url";
import { makePhone } from "./phone.ts";
import { makeRaces, type Races } from "./races/race.ts";
import type { Setup } from "./setup.ts";

export interface Extras {
  readonly races: Races;
  /** Logs a user in on another device. */
  readonly phone: (user: string) => Promise<void>;
  /** The folder with the style and the script. */
  readonly assets: string;
}

export function makeExtras(setup: Setup): Extras {
  return {
    races: makeRaces({ secret: setup.secret, store: setup.store }),
    phone: makePhone(setup),
    assets: fileURLToPath(new URL("assets", import.meta.url)),
  };
}
