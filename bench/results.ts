/** What a run has found out. */
import type { Contention } from "./contention/run.ts";
import type { GroupRow } from "./in_process/run.ts";
import type { BlockingRow } from "./scale/blocking.ts";
import type { GrowthRow } from "./scale/growth.ts";
import type { MemoryRow } from "./scale/memory.ts";
import type { Physical } from "./scale/physical.ts";
import type { CrowdRow, ServerRow } from "./server/section.ts";
import type { SoakResult } from "./server/soak.ts";
import type { Target } from "./targets.ts";

export interface Results {
  readonly date: string;
  readonly command: string;
  /** `wall` or `cpu`: what the in-process rows are measured by. */
  readonly clock: string;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  physical?: Physical;
  readonly groups: Record<string, GroupRow[]>;
  servers?: ServerRow[];
  crowd?: CrowdRow[];
  counts?: GrowthRow[];
  sizes?: GrowthRow[];
  memory?: MemoryRow[];
  blocking?: BlockingRow[];
  soak?: SoakResult;
  contention?: Contention;
  targets?: Target[];
}
