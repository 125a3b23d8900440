import cron from 'node-cron';
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

/**
 * Does `duty` whenever the calendar says so (a cron expression, local time), until aborted. Errors of the duty are the
 * caller's.
 */
export function onCalendar(expression: string, duty: () => void, signal: AbortSignal): void {
  const task = cron.schedule(expression, duty);
  signal.addEventListener('abort', () => void task.destroy(), { once: true });
}
