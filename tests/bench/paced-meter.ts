/**
 * An SDM630 on a line that has a pace: every byte takes its time, to a tenth of a millisecond. It is a process of its own
 * that blocks while it waits, because timers of whole milliseconds would hide what is measured. It prints one line of JSON
 * per answer.
 */
import { constants, openSync, readSync, writeSync } from 'node:fs';
import { registersOf } from '../../drivers/eastron-sdm/registers.ts';
import { answerTo } from '../../src/protocol/modbus-server.ts';

/** What line it stands on, and how fast it is. */
export interface PacedMeterOptions {
  readonly path: string;
  /** One character of this line, with its start and stop bits. */
  readonly characterMs: number;
  /** From the silence after a request to the first byte of its answer. */
  readonly responseMs: number;
}

/** One answer. */
export interface Answered {
  /** The line was silent for so long before the request; undefined before the first one. */
  readonly silentMs?: number;
}

const UNIT = 1;
const REQUEST_BYTES = 8;
/** "2.5.1.1 MODBUS Message RTU Framing" of _MODBUS over Serial Line_. */
const GAP_CHARACTERS = 3.5;

const { path, characterMs, responseMs } = JSON.parse(process.argv[2] ?? '{}') as PacedMeterOptions;
const line = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
const last = Math.max(...registersOf('sdm630').map(({ address }) => address + 1));
// Also where no value stands: which holes a meter reads along is not what is measured.
const words = new Map(Array.from({ length: last + 1 }, (_, address) => [address, 50]));
const cell = new Int32Array(new SharedArrayBuffer(4));

function waitUntil(ms: number): void {
  const left = ms - performance.now();
  if (left > 0) Atomics.wait(cell, 0, 0, left);
}

function nextRequest(): { readonly request: Uint8Array; readonly atMs: number } {
  const buffer = Buffer.alloc(REQUEST_BYTES);
  let length = readSync(line, buffer);
  const atMs = performance.now(); // when its first byte goes over the line
  while (length < REQUEST_BYTES) length += readSync(line, buffer, length, REQUEST_BYTES - length, null);
  return { request: buffer, atMs };
}

let silentFromMs: number | undefined;
for (;;) {
  const { request, atMs } = nextRequest();
  const silentMs = silentFromMs === undefined ? {} : { silentMs: atMs - silentFromMs };
  const answer = answerTo(request, UNIT, { responseMs, words: () => words });
  if (!answer) continue;
  const beginMs = atMs + (REQUEST_BYTES + GAP_CHARACTERS) * characterMs + responseMs;
  for (const [index, byte] of answer.entries()) {
    waitUntil(beginMs + (index + 1) * characterMs);
    writeSync(line, Uint8Array.of(byte));
  }
  silentFromMs = performance.now();
  process.stdout.write(`${JSON.stringify(silentMs)}\n`);
}
