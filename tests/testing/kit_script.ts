import { passed } from "./kit_everywhere.ts";

console.log(await passed());
