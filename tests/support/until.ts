import { setTimeout as wait } from 'node:timers/promises';

const LOOK_EVERY_MS = 25;
/** Far more than anything here takes: only a busy machine or a failure comes near it. */
export const PATIENCE_MS = 60_000;

/** Looks until `found` gives something true, and gives that; throws when `what` has not come about in time. */
export async function until<T>(
  what: string,
  found: () => T | Promise<T>,
  withinMs: number = PATIENCE_MS,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await found();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs / 1000} s`);
    await wait(LOOK_EVERY_MS);
  }
}
