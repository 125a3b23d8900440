import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import type { Observation } from '../../src/model/observation.ts';
import { MemoryOutbox } from '../../src/store/memory-outbox.ts';
import { type Arrived, FakeUplink } from '../support/fake-uplink.ts';
import type { FeedObservation } from '../support/feed.ts';
import { Rig } from '../support/forwarding.ts';
import { ShapedLine, seededRandom } from '../support/shaped-line.ts';
import { demoConfig, startVillage } from '../support/village.ts';

const SHAPE = { bitsPerSecond: 64_000, roundTripMs: 600, lossPercent: 2 };
const MINUTE_MS = 60_000;
const STEP_MS = 100;
const DAY_MS = 24 * 60 * MINUTE_MS;
const TURN_MS = 10 * MINUTE_MS;

/** What the demo village measures in ten minutes. */
async function tenMinutes(): Promise<Observation[]> {
  const measured: Observation[] = [];
  const outbox = new (class extends MemoryOutbox {
    override append(observation: Observation): Promise<void> {
      measured.push(observation);
      return super.append(observation);
    }
  })(['city']);
  const village = await startVillage(demoConfig(), { outbox });
  const begin = village.clock.now();
  await village.clock.advance(TURN_MS + MINUTE_MS);
  await village.stop();
  const inside = measured.filter(({ instant: { at } }) => at >= begin + MINUTE_MS && at < begin + MINUTE_MS + TURN_MS);
  const since = (at: number) => at - begin - MINUTE_MS;
  return inside.map((one) => ({ ...one, instant: { ...one.instant, at: since(one.instant.at) } }));
}

/** The same as if it had begun at `begin`. */
const shifted = (observations: readonly Observation[], begin: number) =>
  observations.map((one) => ({ ...one, instant: { ...one.instant, at: begin + one.instant.at } }));

function observationsIn({ topic, payload }: Arrived): FeedObservation[] {
  const text = topic.endsWith('-deflate') ? String(inflateSync(Buffer.from(payload))) : String(payload);
  if (topic.endsWith('/obs')) return [JSON.parse(text) as FeedObservation];
  return topic.includes('/-/batch') ? (JSON.parse(text) as FeedObservation[]) : [];
}

/** What waited before the link came back is told beside what is new; gives, slowest first, how late the new came. */
async function drained(waitingMs: number, atLeastMs: number): Promise<{ late: number[]; tookMs: number }> {
  const turn = await tenMinutes();
  const clock = new VirtualClock(Date.UTC(2026, 10, 24, 12));
  const outbox = new MemoryOutbox(['city']);
  for (let begin = clock.now() - waitingMs; begin < clock.now(); begin += TURN_MS) {
    for (const observation of shifted(turn, begin)) await outbox.append(observation);
  }
  const { heads } = await outbox.stats();
  const uplink = new FakeUplink();
  uplink.line = { shape: new ShapedLine(SHAPE, clock, seededRandom(1)), clock };
  const rig = new Rig({ clock, outbox, uplink, batches: 'deflate', drainRate: { kind: 'bits', perSecond: 1e6 } });

  let live: Observation[] = [];
  for (let left = Number.POSITIVE_INFINITY; left > 20 || clock.uptimeMs() < atLeastMs; ) {
    await rig.advance(STEP_MS);
    if (live.length === 0) live = shifted(turn, clock.now());
    while (live[0] && live[0].instant.at <= clock.now()) await outbox.append(live.shift() as Observation);
    if (clock.uptimeMs() % MINUTE_MS === 0) left = await rig.backlog();
  }
  const tookMs = clock.uptimeMs();
  const bootAt = clock.now() - tookMs;
  const told = uplink.arrived.flatMap((message) => observationsIn(message).map((one) => ({ ...one, message })));
  for (const [device, head] of Object.entries((await outbox.stats()).heads)) {
    const numbers = told.filter(({ dev }) => dev === device).map(({ seq }) => seq);
    expect(new Set(numbers).size, 'nothing is told twice').toBe(numbers.length);
    expect(head - numbers.length, 'nothing is left').toBeLessThan(20);
  }
  await rig.end();
  const isNew = ({ dev, seq }: FeedObservation) => seq > (heads[dev] ?? 0);
  const delays = told.filter(isNew).map(({ t, message }) => bootAt + message.atMs - Date.parse(t));
  return { late: delays.toSorted((a, b) => b - a), tookMs };
}

/** So late came the slowest of a share of all. */
const within = (late: readonly number[], share: number) => late[Math.floor(late.length * (1 - share))];

describe('a line of 64 kbit/s, 600 ms there and back, that loses 2 % of its packets', () => {
  it('drains a day of the demo village while what is new arrives within its period', { timeout: 180_000 }, async () => {
    const alone = await drained(0, 30 * MINUTE_MS);
    const { late, tookMs } = await drained(DAY_MS, 0);
    // Two hours for a day: most of the line is the way there and back.
    expect(tookMs).toBeLessThan(2 * 60 * MINUTE_MS);
    expect(late.length).toBeGreaterThan(2000);
    // Most parts of the village are asked every two seconds, none more seldom than every five.
    expect(within(late, 0.95)).toBeLessThanOrEqual(2000);
    expect(late[0]).toBeLessThanOrEqual(5000);
    // What the line loses makes some late all the same; the backlog adds less than a second to that.
    expect(within(late, 0.99)).toBeLessThanOrEqual((within(alone.late, 0.99) ?? 0) + 1000);
  });
});
