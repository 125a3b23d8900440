import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** The topic under which a contender's readings reach the platform; Dorpel's own batches come under another. */
export function topicOf(owner: string): string {
  return `feed/v1/${owner}/bench/source/obs`;
}

const EPOCH = '5f0c7c1e-6a0e-4b5e-9a53-3d1f5a0a7c11';

/** Reading `number` as a peer sends it: byte for byte as long as ours, so that the same is carried. */
export function numbered(number: number): string {
  return (
    `{"v":1,"gw":"bench","dev":"source","epoch":"${EPOCH}","seq":${number},"t":"${new Date().toISOString()}",` +
    `"clk":"ntp","obs":[{"n":"pulse_count","v":${number},"u":"1","q":"ok"}]}`
  );
}

/** The numbers in what a platform heard, single or in batches. */
export function numbersIn(text: string): number[] {
  return Array.from(text.matchAll(/"n":"pulse_count","v":(\d+)/g), ([, number]) => Number(number));
}

const LINES_AT_ONCE = 1000;

/** Pours a line for 1, 2, 3 … into a program, as fast as it drinks, until it ends. */
export async function pour(into: NodeJS.WritableStream, line: (number: number) => string): Promise<void> {
  function* lines() {
    for (let from = 1; ; from += LINES_AT_ONCE) {
      yield Array.from({ length: LINES_AT_ONCE }, (_, index) => `${line(from + index)}\n`).join('');
    }
  }
  await pipeline(Readable.from(lines(), { highWaterMark: 2 }), into).catch(() => undefined); // it was killed
}
