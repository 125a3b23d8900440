import { SensorError } from '../../model/errors.ts';
import { bytes, hex } from '../../protocol/hex.ts';
import type { Edge, GpioDevice } from '../gpio.ts';
import type { I2cDevice } from '../i2c.ts';
import type { OneWireDevice } from '../onewire.ts';
import type { SerialDevice } from '../serial.ts';
import { Script, type Step } from './steps.ts';

const same = (expected: string, did: Uint8Array) => hex(bytes(expected)) === hex(did);

/** The near end of a played conversation: throws an Error at the first step that the driver does otherwise. */
export interface Playback<D> {
  readonly device: D;
  /** Aborted when a driver that listens for ever has heard all. */
  readonly signal: AbortSignal;
  /** Lets time pass until `uptimeMs`, and plays these steps then. Throws if earlier ones are left. */
  follow(steps: readonly Step[], uptimeMs: number): void;
  /** Throws if steps are left. */
  done(): void;
}

/** Plays an I2C conversation. Time is virtual: it passes in sleeps, and in nothing else. */
export function playI2c(steps: readonly Step[]): Playback<I2cDevice> {
  const script = new Script(steps);
  let uptimeMs = 0;
  const device: I2cDevice = {
    write: async (sent) => takeWrite(script, sent),
    async read(length) {
      failIfTold(script);
      const { read } = script.take('read', `{"read":${length} bytes}`, (step) => bytes(step.read).length === length);
      return bytes(read);
    },
    async writeRead(sent, length) {
      failIfTold(script);
      const did = `{"writeRead":["${hex(sent)}",${length} bytes]}`;
      const [, read] = script.take('writeRead', did, ({ writeRead: [write, read] }) => {
        return same(write, sent) && bytes(read).length === length;
      }).writeRead;
      return bytes(read);
    },
    sleep: async (milliseconds) => {
      takeSleep(script, milliseconds);
      uptimeMs += milliseconds;
    },
    uptimeMs: () => uptimeMs,
  };
  const follow = (steps: readonly Step[], toMs: number) => {
    script.follow(steps);
    uptimeMs = Math.max(uptimeMs, toMs);
  };
  return { device, signal: new AbortController().signal, follow, done: () => script.done() };
}

/**
 * Plays a serial conversation. A `read` step gives its bytes at once, or `after` so many milliseconds; a `silence` step
 * lets the driver's read time out. Time is virtual: it passes in sleeps, in silences and until the bytes come, and in
 * nothing else. When the steps are over, `signal` is aborted: a part that talks unasked would now talk for ever.
 */
export function playSerial(steps: readonly Step[], facts = { address: 1, baudRate: 9600 }): Playback<SerialDevice> {
  const script = new Script(steps);
  const over = new AbortController();
  let uptimeMs = 0;
  const device: SerialDevice = {
    ...facts,
    write: async (sent) => takeWrite(script, sent),
    async read(withinMs) {
      failIfTold(script);
      if (script.isOver) end(over);
      const heard = listen(script, withinMs);
      uptimeMs += heard.afterMs;
      if (!heard.bytes) throw new SensorError('timeout', `silence for ${withinMs} ms`);
      return heard.bytes;
    },
    discard: () => undefined,
    sleep: async (milliseconds, signal) => {
      if (signal && script.isOver) end(over);
      takeSleep(script, milliseconds);
      uptimeMs += milliseconds;
    },
    uptimeMs: () => uptimeMs,
  };
  const follow = (steps: readonly Step[], toMs: number) => {
    script.follow(steps);
    uptimeMs = Math.max(uptimeMs, toMs);
  };
  return { device, signal: over.signal, follow, done: () => script.done() };
}

function end(over: AbortController): void {
  over.abort(new Error('the played conversation is over'));
  over.signal.throwIfAborted();
}

function listen(script: Script, withinMs: number): { readonly bytes?: Uint8Array; readonly afterMs: number } {
  const did = `{"silence":${withinMs}}`;
  const step = script.peek();
  if (step && 'silence' in step) {
    script.take('silence', did, ({ silence }) => silence === withinMs);
    return { afterMs: withinMs };
  }
  const { read, after = 0 } = script.take('read', did, ({ after = 0 }) => after <= withinMs);
  return { bytes: bytes(read), afterMs: after };
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
    async level(line = 0) {
      failIfTold(script);
      return script.take('level', `a look at the level of line ${line}`, (step) => (step.line ?? 0) === line).level;
    },
    async edge(withinMs): Promise<Edge | undefined> {
      failIfTold(script);
      const step = script.peek();
      if (!step && withinMs > 0) end(over);
      if (step && 'edge' in step && step.at <= uptimeMs + withinMs) {
        script.take('edge', 'a wait for an edge');
        uptimeMs = Math.max(uptimeMs, step.at);
        return { level: step.edge, uptimeMs: step.at, ...(step.line ? { line: step.line } : {}) };
      }
      const isForTime = !step || 'edge' in step || 'quiet' in step;
      if (!isForTime && withinMs > 0) throw script.mismatch(`a wait of ${withinMs} ms for an edge`);
      uptimeMs += withinMs;
      if (step && 'quiet' in step && step.quiet <= uptimeMs) script.take('quiet', 'a wait for an edge');
      return undefined;
    },
    uptimeMs: () => uptimeMs,
  };
  const follow = (steps: readonly Step[], toMs: number) => {
    script.follow(steps);
    uptimeMs = Math.max(uptimeMs, toMs);
  };
  return { device, signal: over.signal, follow, done: () => script.done() };
}

/** Plays a 1-Wire conversation: files of one part that are read. Unless it is told, the first of them says which part. */
export function playOneWire(steps: readonly Step[], id = idIn(steps)): Playback<OneWireDevice> {
  const script = new Script(steps);
  const device: OneWireDevice = {
    id,
    async read(name) {
      failIfTold(script);
      const file = `${id}/${name}`;
      return script.take('file', JSON.stringify({ file }), (step) => step.file === file).text ?? undefined;
    },
  };
  const follow = (steps: readonly Step[]) => script.follow(steps);
  return { device, signal: new AbortController().signal, follow, done: () => script.done() };
}

function idIn(steps: readonly Step[]): string {
  const [first] = steps.flatMap((step) => ('file' in step ? [step.file] : []));
  return first?.split('/')[0] ?? '28-000000000000';
}

function failIfTold(script: Script): void {
  const kind = script.failure();
  if (kind) throw new SensorError(kind, `played: ${kind}`);
}

function takeWrite(script: Script, sent: Uint8Array): void {
  failIfTold(script);
  script.take('write', `{"write":"${hex(sent)}"}`, ({ write }) => same(write, sent));
}

function takeSleep(script: Script, milliseconds: number): void {
  script.take('sleep', `{"sleep":${milliseconds}}`, ({ sleep }) => sleep === milliseconds);
}
