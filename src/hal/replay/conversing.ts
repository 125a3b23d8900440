import type { Sensor, StreamingSensor } from '../../driver-kit.ts';
import type { Clock } from '../clock.ts';
import { type Conversation, heard, isStreaming, type Made, made, polled, type RecordedPoll } from './conversation.ts';
import type { Recording } from './recording.ts';

/** A device that is recorded: for how many polls or samples, how far apart, and who wants to know of each. */
export interface Recorded {
  /** On a bus that `recording` writes down. */
  readonly sensor: Sensor | StreamingSensor;
  readonly recording: Recording;
  readonly clock: Clock;
  readonly polls: number;
  readonly periodMs: number;
  told(what: string, made: Made): void;
}

/** What was said in a conversation, and what the driver made of it. */
export type Talk = Pick<Conversation, 'start' | 'identity' | 'polls' | 'samples' | 'expect' | 'error'>;

/** Starts the part and asks it, or listens, until enough was heard, it failed to start, or `stop` ends it. */
export async function conversation(recorded: Recorded, stop: AbortSignal): Promise<Talk> {
  const { sensor, recording, told } = recorded;
  const over = AbortSignal.any([stop, recording.signal]);
  const begun = await made(() => sensor.start(over), over);
  const start = recording.take();
  told('start', begun);
  if (begun.expect === undefined) return { start, ...begun };
  const talk = { start, identity: begun.expect };
  if (isStreaming(sensor)) return { ...talk, ...(await listened(sensor, recorded, over)) };
  return { ...talk, polls: await asked(sensor, recorded, stop) };
}

async function listened(sensor: StreamingSensor, { recording, polls, told }: Recorded, over: AbortSignal) {
  let count = 0;
  const said = await heard(sensor, over, (sample) => {
    count += 1;
    told(`sample ${count}`, { expect: sample });
    if (count >= polls) recording.enough();
  });
  if (said.error) told(`sample ${count + 1}`, { error: said.error });
  return { samples: recording.take(), ...said };
}

async function asked(sensor: Sensor, recorded: Recorded, stop: AbortSignal): Promise<RecordedPoll[]> {
  const { recording, clock, polls, periodMs, told } = recorded;
  const turns: RecordedPoll[] = [];
  const beganMs = clock.uptimeMs();
  while (turns.length < polls && !stop.aborted) {
    const at = recording.beginTurn();
    const turn = await oneTurn(sensor, recorded, turns.at(-1)?.error !== undefined, stop);
    turns.push({ at, ...turn });
    told(`poll ${turns.length}`, turn);
    if (turns.length === polls) break;
    const dueMs = beganMs + turns.length * periodMs;
    // Ends early when stopped; the loop sees it.
    await clock.sleep(Math.max(0, dueMs - clock.uptimeMs()), stop).catch(() => undefined);
  }
  return turns;
}

async function oneTurn(sensor: Sensor, { recording }: Recorded, isBroken: boolean, stop: AbortSignal) {
  const begun = isBroken ? await made(() => sensor.start(stop), stop) : undefined;
  const start = begun ? { start: recording.take() } : {};
  if (begun && begun.expect === undefined) return { ...start, ...begun };
  const said = await made(() => polled(sensor), stop);
  return { ...start, poll: recording.take(), ...said };
}
