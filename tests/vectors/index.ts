import type { Adapter } from './adapter.ts';
import { sht4x } from './sht4x.ts';

/** Which adapter reads which folder of vectors. A folder without a driver of ours is left alone. */
export const adapters: Readonly<Record<string, Adapter>> = {
  sht4x,
};
