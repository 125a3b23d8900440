import { isDeepStrictEqual } from 'node:util';
import type { Driver, Sensor, StreamingSensor } from '../../driver-kit.ts';
import type { Memory } from '../memory.ts';
import {
  type Conversation,
  heard,
  isStreaming,
  type Made,
  type Outcome,
  outcomeOf,
  polled,
  type RecordedPoll,
} from './conversation.ts';
import { type Playback, playGpio, playI2c, playOneWire, playSerial } from './playback.ts';
import { Mismatch, type Step } from './steps.ts';

/** A driver at the near end of a played conversation. */
export interface Played {
  readonly sensor: Sensor | StreamingSensor;
  readonly playback: Playback<unknown>;
}

/** What a driver is given beside its bus: its options as its schema yields them, and what the device remembers. */
export interface Given {
  readonly options: object;
  readonly memory: Memory;
  readonly line?: Conversation['line'];
}

/** The driver on a bus that plays these steps. */
export function played(driver: Driver, steps: readonly Step[], { options, memory, line }: Given): Played {
  switch (driver.bus) {
    case 'i2c': {
      const playback = playI2c(steps);
      return { playback, sensor: driver.create(playback.device, options, memory) };
    }
    case 'serial': {
      const factory = { address: driver.addresses?.[0] ?? 0, baudRate: driver.line.baudRate };
      const playback = playSerial(steps, line ?? factory);
      return { playback, sensor: driver.create(playback.device, options, memory) };
    }
    case 'onewire': {
      const playback = playOneWire(steps);
      return { playback, sensor: driver.create(playback.device, options, memory) };
    }
    case 'gpio': {
      const playback = playGpio(steps);
      return { playback, sensor: driver.create(playback.device, options, memory) };
    }
  }
}

/** A part of a conversation that was played. */
export interface Replayed {
  /** `start`, `poll 1`, `samples`. */
  readonly what: string;
  /** What the driver makes of it, and why it is an error. */
  readonly now: Made;
  readonly why?: string;
  /** What is written; undefined where nothing is: the recording was cut short, or it is of no interest. */
  readonly written: Made | undefined;
}

/** True where the driver makes of it what is written, as far as anything is. */
export function isAsWritten({ now, written }: Replayed): boolean {
  if (!written) return true;
  if (now.error !== written.error) return false;
  return written.expect === undefined || isDeepStrictEqual(now.expect, written.expect);
}

/**
 * Plays a conversation, part by part, with the driver's options as its schema yields them. Throws a Mismatch that names
 * the step where the driver does otherwise.
 */
export async function* replayed(driver: Driver, conversation: Conversation, options: object): AsyncGenerator<Replayed> {
  const { start, poll, samples, polls = [], line, memory } = conversation;
  const steps = [...(start ?? []), ...(poll ?? []), ...(samples ?? [])];
  const given = { options, memory: memoryOf(memory), ...(line ? { line } : {}) };
  const { sensor, playback } = played(driver, steps, given);
  if (start) {
    const begun = shown(await outcomeOf(() => sensor.start(playback.signal), playback.signal));
    yield { what: 'start', ...begun, written: writtenOfStart(conversation, begun.now) };
    if (begun.now.error) return playback.done();
  }
  const written = writtenOf(conversation);
  if (isStreaming(sensor)) {
    if (poll || polls.length > 0) throw new Mismatch(`${driver.part} talks unasked: write samples, not poll`);
    if (samples) yield { what: 'samples', ...shown(await heard(sensor, playback.signal)), written };
  } else {
    if (samples) throw new Mismatch(`${driver.part} does not talk unasked: write poll, not samples`);
    if (poll) yield { what: 'poll', ...shown(await outcomeOf(() => polled(sensor))), written };
    for (const [index, turn] of polls.entries()) {
      yield { what: `poll ${index + 1}`, ...shown(await turned(sensor, playback, turn)), written: writtenOf(turn) };
    }
  }
  playback.done();
}

function shown({ made: now, why }: Outcome): Pick<Replayed, 'now' | 'why'> {
  return why === undefined ? { now } : { now, why };
}

function memoryOf(text: string | undefined): Memory {
  let kept = text;
  return {
    load: async () => kept,
    save: async (text) => {
      kept = text;
    },
  };
}

async function turned(sensor: Sensor, playback: Playback<unknown>, turn: RecordedPoll): Promise<Outcome> {
  playback.follow([...(turn.start ?? []), ...(turn.poll ?? [])], turn.at);
  return outcomeOf(async () => {
    if (turn.start) await sensor.start(playback.signal);
    return polled(sensor);
  });
}

/** Where nothing follows, or where it fails, the start is what the conversation is about. */
function writtenOfStart(conversation: Conversation, now: Made): Made | undefined {
  const { poll, samples, polls, identity } = conversation;
  if (!poll && !samples && !polls) return writtenOf(conversation);
  if (now.error) return writtenOf(conversation) ?? { expect: identity };
  return identity === undefined ? undefined : { expect: identity };
}

function writtenOf({ expect, error }: Made): Made | undefined {
  if (expect === undefined && error === undefined) return undefined;
  return { ...(expect === undefined ? {} : { expect }), ...(error ? { error } : {}) };
}
