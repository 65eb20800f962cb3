/** The types that options are made of. */
export type { BeforeCreate } from "../core/before_create.ts";
export type { DataOptions, StandardSchema } from "../core/data_schema.ts";
export type { OnStoreError, StoreErrorOutcome } from "../core/on_store_error.ts";
