import { parse } from 'node-cron';
import type { Clock } from '../hal/clock.ts';

/**
 * Ticks every `periodMs`, the first at once, until aborted. Ticks that the taker was too busy for are skipped, not
 * made up for: a device that answers slowly is asked less often.
 */
export async function* ticks(clock: Clock, periodMs: number, signal: AbortSignal): AsyncGenerator<void> {
  const startMs = clock.uptimeMs();
  for (let count = 0; !signal.aborted; ) {
    yield;
    const elapsed = Math.floor((clock.uptimeMs() - startMs) / periodMs);
    count = Math.max(count, elapsed) + 1;
    try {
      await clock.sleep(startMs + count * periodMs - clock.uptimeMs(), signal);
    } catch (cause) {
      if (signal.aborted) return;
      throw cause;
    }
  }
}

const MINUTE_MS = 60_000;

/**
 * Does `duty` in each minute that a cron expression names (local time), until aborted; errors of the duty are the
 * caller's. Every minute is looked at by itself: a plan for the next one would be worth nothing after a step of the
 * clock (node-cron's own plan runs through every day since 1970, or waits for the old year to come again). Throws a
 * RangeError where the expression names days by more than numbers.
 */
export async function onCalendar(
  expression: string,
  duty: () => void,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const isNamed = calendar(expression);
  let minute = Math.floor(clock.now() / MINUTE_MS);
  while (!signal.aborted) {
    // Ends early when aborted; the loop sees it.
    await clock.sleep(MINUTE_MS - (clock.now() % MINUTE_MS), signal).catch(() => undefined);
    const now = Math.floor(clock.now() / MINUTE_MS);
    // A timer may wake a moment early, in a minute that was looked at already.
    if (now !== minute && !signal.aborted && isNamed(new Date(now * MINUTE_MS))) duty();
    minute = now;
  }
}

/**
 * Which minutes an expression names. node-cron reads it; its own match would load ICU, 8 MB for as long as the program
 * runs, to know what a Date knows of the local time.
 */
function calendar(expression: string): (minute: Date) => boolean {
  const { minute, hour, dayOfMonth, month, dayOfWeek } = parse(expression);
  if ([...dayOfMonth, ...dayOfWeek].some((day) => typeof day !== 'number')) {
    throw new RangeError(`${expression}: days must be numbers here`);
  }
  return (date) =>
    minute.includes(date.getMinutes()) &&
    hour.includes(date.getHours()) &&
    dayOfMonth.includes(date.getDate()) &&
    month.includes(date.getMonth() + 1) &&
    dayOfWeek.includes(date.getDay());
}
