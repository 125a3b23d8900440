import { alike, READINGS } from './load-part.ts';
import { inDirectory, prepareBroker, Talker } from './processes.ts';
import { type Measured, median } from './row.ts';
import type { Told, ToldOptions } from './told-gateway.ts';

const DEVICES = 4;
const OBSERVATIONS = 80_000;
const RUNS = 3;

/** How fast a backlog of 400,000 readings goes once the broker is back: from the connect until nothing is left. */
export async function drain(): Promise<Measured> {
  const together = await drainRate('backlog');
  const single = await drainRate('never');
  const readings = (OBSERVATIONS * READINGS).toLocaleString('en');
  return {
    rows: [
      { what: `readings per second that drain of ${readings} after an outage`, value: together, goal: '≥ 20000' },
      { what: '  the same with one message per observation', value: single, goal: '' },
    ],
  };
}

async function drainRate(batches: ToldOptions['batches']): Promise<string> {
  const rates: number[] = [];
  for (let run = 0; run < RUNS; run += 1) rates.push(await drained(batches));
  return median(rates).toFixed(0);
}

function drained(batches: ToldOptions['batches']): Promise<number> {
  return inDirectory(async (directory) => {
    const broker = await prepareBroker(directory);
    const loads = alike(DEVICES, 0).map((load) => ({ ...load, count: OBSERVATIONS / DEVICES }));
    const options: ToldOptions = { directory, port: broker.port, commitMs: 1000, batches, random: 0.05, loads };
    const gateway = new Talker<Told>('told-gateway.js', options);
    try {
      await gateway.until(({ kept }) => kept === OBSERVATIONS);
      await broker.start();
      const connected = await gateway.until(({ code }) => code === 'uplink-connected');
      const done = await gateway.until(({ backlog }) => backlog === 0);
      return (OBSERVATIONS * READINGS) / ((done.at - connected.at) / 1000);
    } finally {
      await gateway.end();
      await broker.end();
    }
  });
}
