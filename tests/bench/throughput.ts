import type { LoadOptions } from './load-gateway.ts';
import { alike, READINGS } from './load-part.ts';
import { inDirectory, runLoad, withBroker } from './processes.ts';
import { type Measured, megabytes } from './row.ts';

/** From `samples()` to PUBACK at a mosquitto with its defaults, as fast as it goes. */
export async function throughput(): Promise<Measured> {
  const measured = async (batches: LoadOptions['batches']) =>
    withBroker((port) =>
      inDirectory(async (directory) => {
        const load = { directory, port, loads: alike(4, 0), commitMs: 1000, batches };
        return runLoad({ ...load, warmUpSeconds: 3, seconds: 12 });
      }),
    );
  const together = await measured('backlog');
  const single = await measured('never');
  const perSecond = (result: typeof together) => result.observations / result.seconds;
  const rows = [
    { what: 'observations per second, end to end', value: perSecond(together).toFixed(0), goal: '' },
    { what: 'readings per second, end to end', value: (perSecond(together) * READINGS).toFixed(0), goal: '≥ 20000' },
    { what: '  the same with one message per observation', value: (perSecond(single) * READINGS).toFixed(0), goal: '' },
    { what: 'RSS under that load, MB (peak)', value: megabytes(together.peakRssKib), goal: '' },
  ];
  return { rows };
}

/** CPU time of the whole process, its threads included, at a village's pace. */
export function processorTime(): Promise<Measured> {
  return withBroker((port) =>
    inDirectory(async (directory) => {
      const load = { directory, port, loads: alike(8, 5), commitMs: 1000, batches: 'backlog' } as const;
      const result = await runLoad({ ...load, warmUpSeconds: 5, seconds: 60 });
      const rate = (result.readings / result.seconds).toFixed(0);
      const per100k = (result.cpuSeconds / result.readings) * 100_000;
      const what = `CPU seconds per 100,000 readings at ${rate} readings/s`;
      return { rows: [{ what, value: per100k.toFixed(1), goal: '≤ 17' }] };
    }),
  );
}
