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

/** CPU time of the whole process, its threads included, at a village's pace: each device at its own moment, or all at one. */
export async function processorTime(): Promise<Measured> {
  const eight = alike(8, 5);
  const apart = await seconds(eight);
  const together = await seconds(eight.map((load) => ({ ...load, phase: 0 })));
  const what = 'CPU seconds per 100,000 readings at 200 readings/s';
  return {
    rows: [
      { what: `${what}, each device at its own moment`, value: apart, goal: '≤ 17' },
      { what: '  the same, eight devices at one moment', value: together, goal: '' },
    ],
  };
}

function seconds(loads: LoadOptions['loads']): Promise<string> {
  return withBroker((port) =>
    inDirectory(async (directory) => {
      const load = { directory, port, loads, commitMs: 1000, batches: 'backlog' } as const;
      const { cpuSeconds, readings } = await runLoad({ ...load, warmUpSeconds: 5, seconds: 60 });
      return ((cpuSeconds / readings) * 100_000).toFixed(1);
    }),
  );
}
