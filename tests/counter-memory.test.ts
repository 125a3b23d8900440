import { expect, it } from 'vitest';
import { CounterMemory } from '../src/counter-memory.ts';
import { VirtualClock } from '../src/hal/sim/virtual-clock.ts';
import { MemoryOutbox } from '../src/store/memory-outbox.ts';
import { testMemory } from './support/drivers.ts';
import { demoConfig } from './support/village.ts';

const HOUR_MS = 3_600_000;

it('What counters read is saved once an hour, at once when they begin again, and at the end.', async () => {
  const clock = new VirtualClock();
  const memory = testMemory();
  const saved: string[] = [];
  const outbox = Object.assign(new MemoryOutbox([]), {
    memory: () => ({
      load: memory.load,
      save: async (text: string) => {
        saved.push(text);
        await memory.save(text);
      },
    }),
  });
  const [device] = demoConfig().devices;
  if (!device) throw new Error('the demo has no devices');
  const counted = await CounterMemory.of(device, { outbox, clock });
  const sample = async (value: number) => {
    counted.counters.followed('gas_volume', { value, quality: 'ok' }, clock.uptimeMs());
    await counted.saveIfDue();
    await clock.advance(10_000);
  };
  // A day of a counter that grows with every sample.
  for (let at = 0; at < 24 * HOUR_MS; at += 10_000) await sample(1000 + at / 1e6);
  expect(saved.length).toBe(24);
  for (let times = 0; times < 7; times += 1) await sample(3);
  expect(saved.length).toBe(26); // the hour, and the restart
  await sample(4);
  expect(saved.length).toBe(26);
  await counted.save();
  expect(saved.at(-1)).toBe('{"gas_volume":4}');
  await counted.save();
  expect(saved.length).toBe(27);
});
