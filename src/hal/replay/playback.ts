import { SensorError } from '../../model/errors.ts';
import { bytes, hex } from '../../protocol/hex.ts';
import type { Edge, GpioDevice } from '../gpio.ts';
import type { I2cDevice } from '../i2c.ts';
import type { SerialDevice } from '../serial.ts';
import { Script, type Step } from './steps.ts';

const same = (expected: string, did: Uint8Array) => hex(bytes(expected)) === hex(did);

/** The near end of a played conversation: throws an Error at the first step that the driver does otherwise. */
export interface Playback<D> {
  readonly device: D;
  /** Aborted when a driver that listens for ever has heard all. */
  readonly signal: AbortSignal;
  /** Throws if steps are left. */
  done(): void;
}

/** Plays an I2C conversation. */
export function playI2c(steps: readonly Step[]): Playback<I2cDevice> {
  const script = new Script(steps);
  const device: I2cDevice = {
    async write(sent) {
      failIfTold(script);
      const did = `{"write":"${hex(sent)}"}`;
      const { write } = script.take('write', did);
      if (!same(write, sent)) throw new Error(`expected {"write":"${write}"}, driver did ${did}`);
    },
    async read(length) {
      failIfTold(script);
      return answer(script.take('read', `a read of ${length} bytes`).read, length);
    },
    async writeRead(sent, length) {
      failIfTold(script);
      const did = `{"writeRead":["${hex(sent)}", ${length} bytes]}`;
      const [write, read] = script.take('writeRead', did).writeRead;
      if (!same(write, sent)) throw new Error(`expected to send "${write}", driver did ${did}`);
      return answer(read, length);
    },
    sleep: async (milliseconds) => takeSleep(script, milliseconds),
  };
  return { device, signal: new AbortController().signal, done: () => script.done() };
}

/**
 * Plays a serial conversation. A `read` step gives its bytes at once; a `silence` step lets the driver's read time out.
 * When the steps are over, `signal` is aborted: a part that talks unasked would now talk for ever.
 */
export function playSerial(steps: readonly Step[], facts = { address: 1, baudRate: 9600 }): Playback<SerialDevice> {
  const script = new Script(steps);
  const over = new AbortController();
  const device: SerialDevice = {
    ...facts,
    async write(sent) {
      failIfTold(script);
      const did = `{"write":"${hex(sent)}"}`;
      const { write } = script.take('write', did);
      if (!same(write, sent)) throw new Error(`expected {"write":"${write}"}, driver did ${did}`);
    },
    async read(withinMs) {
      failIfTold(script);
      if (script.isOver) {
        over.abort(new Error('the played conversation is over'));
        over.signal.throwIfAborted();
      }
      const step = script.peek();
      if (step && 'silence' in step) {
        if (step.silence !== withinMs)
          throw new Error(`expected {"silence":${step.silence}}, driver waited ${withinMs}`);
        script.take('silence', 'a read');
        throw new SensorError('timeout', `silence for ${withinMs} ms`);
      }
      return bytes(script.take('read', `a read within ${withinMs} ms`).read);
    },
    discard: () => undefined,
    sleep: async (milliseconds) => takeSleep(script, milliseconds),
  };
  return { device, signal: over.signal, done: () => script.done() };
}

/**
 * Plays what happens on a GPIO line. `at` and `quiet` are milliseconds since the start: an edge comes then, or nothing
 * comes until then. When the steps are over, `signal` is aborted.
 */
export function playGpio(steps: readonly Step[]): Playback<GpioDevice> {
  const script = new Script(steps);
  const over = new AbortController();
  let uptimeMs = 0;
  const device: GpioDevice = {
    async level() {
      failIfTold(script);
      return script.take('level', 'a look at the level').level;
    },
    async edge(withinMs): Promise<Edge | undefined> {
      failIfTold(script);
      const step = script.peek();
      if (!step && withinMs > 0) {
        over.abort(new Error('the played conversation is over'));
        over.signal.throwIfAborted();
      }
      if (step && 'edge' in step && step.at <= uptimeMs + withinMs) {
        script.take('edge', 'a wait for an edge');
        uptimeMs = Math.max(uptimeMs, step.at);
        return { level: step.edge, uptimeMs: step.at };
      }
      uptimeMs += withinMs;
      if (step && 'quiet' in step && step.quiet <= uptimeMs) script.take('quiet', 'a wait for an edge');
      return undefined;
    },
    uptimeMs: () => uptimeMs,
  };
  return { device, signal: over.signal, done: () => script.done() };
}

function failIfTold(script: Script): void {
  const kind = script.failure();
  if (kind) throw new SensorError(kind, `played: ${kind}`);
}

function takeSleep(script: Script, milliseconds: number): void {
  const did = `{"sleep":${milliseconds}}`;
  const { sleep } = script.take('sleep', did);
  if (sleep !== milliseconds) throw new Error(`expected {"sleep":${sleep}}, driver did ${did}`);
}

function answer(read: string, length: number): Uint8Array {
  const all = bytes(read);
  if (all.length !== length) throw new Error(`expected a read of ${all.length} bytes, driver asked for ${length}`);
  return all;
}
