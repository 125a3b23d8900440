/** Dorpel with one part that says the numbers that come on standard input: one observation of one reading each. */
import { createInterface } from 'node:readline';
import { settleForASmallHeap } from '../../src/hal/linux/small-heap.ts';
import { clockAt, type Setup, startBenchGateway } from './bench-gateway.ts';
import type { Taken } from './level-program.ts';
import { streamingDevice } from './load-part.ts';

/** What to run. */
export interface NumberedOptions extends Setup {
  /** Whether it says which numbers are durable. */
  readonly isTold: boolean;
}

// As the program does.
settleForASmallHeap();
const options = JSON.parse(process.argv[2] ?? '{}') as NumberedOptions;
const say = (taken: Taken) => process.stdout.write(`${JSON.stringify(taken)}\n`);
const source = streamingDevice('source', ['pulse_count'], async function* (signal) {
  for await (const line of createInterface({ input: process.stdin, signal })) yield { pulse_count: Number(line) };
});
await startBenchGateway(options, {
  devices: [source],
  clock: clockAt(1),
  opened: (outbox) => {
    if (!options.isTold) return;
    const append = outbox.append.bind(outbox);
    outbox.append = async (...asked) => {
      await append(...asked);
      say({ kept: asked[0].readings[0]?.value ?? Number.NaN });
    };
  },
});
say('ready');
