import type { Sensor, StreamingSensor } from '../../driver-kit.ts';
import type { Clock } from '../clock.ts';
import {
  type Conversation,
  heard,
  isStreaming,
  type Outcome,
  outcomeOf,
  polled,
  type RecordedPoll,
} from './conversation.ts';
import type { Recording } from './recording.ts';

/** A device that is recorded: for how many polls or samples, how far apart, and who wants to know of each. */
export interface Recorded {
  /** On a bus that `recording` writes down. */
  readonly sensor: Sensor | StreamingSensor;
  readonly recording: Recording;
  readonly clock: Clock;
  readonly polls: number;
  readonly periodMs: number;
  told(what: string, outcome: Outcome): void;
}

/** What was said in a conversation, and what the driver made of it. */
export type Talk = Pick<Conversation, 'start' | 'identity' | 'polls' | 'samples' | 'expect' | 'error'>;

/** Starts the part and asks it, or listens, until enough was heard, it failed to start, or `stop` ends it. */
export async function conversation(recorded: Recorded, stop: AbortSignal): Promise<Talk> {
  const { sensor, recording, told } = recorded;
  const over = AbortSignal.any([stop, recording.signal]);
  const begun = await outcomeOf(() => sensor.start(over), over);
  const start = recording.take();
  told('start', begun);
  if (begun.made.expect === undefined) return { start, ...begun.made };
  const talk = { start, identity: begun.made.expect };
  if (isStreaming(sensor)) return { ...talk, ...(await listened(sensor, recorded, over)) };
  return { ...talk, polls: await asked(sensor, recorded, stop) };
}

async function listened(sensor: StreamingSensor, { recording, polls, told }: Recorded, over: AbortSignal) {
  let count = 0;
  const { made, why = '' } = await heard(sensor, over, (sample) => {
    count += 1;
    told(`sample ${count}`, { made: { expect: sample } });
    if (count >= polls) recording.enough();
  });
  if (made.error) told(`sample ${count + 1}`, { made: { error: made.error }, why });
  return { samples: recording.take(), ...made };
}

async function asked(sensor: Sensor, recorded: Recorded, stop: AbortSignal): Promise<RecordedPoll[]> {
  const { recording, clock, polls, periodMs, told } = recorded;
  const turns: RecordedPoll[] = [];
  const beganMs = clock.uptimeMs();
  while (!stop.aborted) {
    const at = recording.beginTurn();
    const isBroken = turns.at(-1)?.error !== undefined;
    const { steps, outcome } = await oneTurn(sensor, { recording, isBroken });
    turns.push({ at, ...steps, ...outcome.made });
    told(`poll ${turns.length}`, outcome);
    if (turns.length === polls) break;
    const dueMs = beganMs + turns.length * periodMs;
    // Ends early when stopped; the loop sees it.
    await clock.sleep(Math.max(0, dueMs - clock.uptimeMs()), stop).catch(() => undefined);
  }
  return turns;
}

/** As the gateway does it: a part that failed is started again before it is asked. */
async function oneTurn(sensor: Sensor, { recording, isBroken }: { recording: Recording; isBroken: boolean }) {
  const begun = isBroken ? await outcomeOf(() => sensor.start()) : undefined;
  const start = begun ? { start: recording.take() } : {};
  if (begun?.made.error) return { steps: start, outcome: begun };
  const outcome = await outcomeOf(() => polled(sensor));
  return { steps: { ...start, poll: recording.take() }, outcome };
}
