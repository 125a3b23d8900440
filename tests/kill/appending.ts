/** Appends numbered observations to an outbox and prints each that is durable, until it is killed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import { openSqliteOutbox } from '../../src/store/sqlite-outbox.ts';

const [path = '', first = '1', pace = 'loaded'] = process.argv.slice(2);
const clock = systemClock(() => 'ntp');
const memoryDirectory = `${path}-memory`;
const outbox = await openSqliteOutbox({
  ...{ path, commitMs: 20, uplinks: ['city'], bootId: 'kill', clock, memoryDirectory },
});
process.stdout.write(`epoch ${outbox.epoch}\n`);
const never = new AbortController().signal;
for (let number = Number(first); ; number += 1) {
  const instant = { at: number, uptimeMs: number, clock: 'ntp' } as const;
  const readings = [{ quantity: 'air_temperature', value: number, quality: 'ok' }] as const;
  void outbox.append({ device: 'a', instant, readings }).then(() => process.stdout.write(`kept ${number}\n`));
  if (pace === 'idle') await sleep(50);
  else if (number % 50 === 0) await sleep(1);
  if (number % 500 !== 0) continue;
  const rows = await outbox.lease('city', 'live', 100, never);
  outbox.acknowledge(
    'city',
    rows.map(({ id }) => id),
  );
}
