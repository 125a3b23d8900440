import { describe, expect, it } from 'vitest';
import { milliseconds } from '../src/config/fields.ts';
import type { Driver, Sample, Simulation } from '../src/driver-kit.ts';
import { faulty, reading } from '../src/model/observation.ts';
import type { Quantity } from '../src/model/quantity.ts';
import { Counters } from '../src/pipeline/counters.ts';
import { isStreaming, optionsOf } from './support/drivers.ts';
import { drivers } from './support/every-driver.ts';
import { type Bench, bench } from './support/simulated.ts';

const STEPS = 8;

/** The next sample that mirrors what the world is now: a streaming part may have one under way already. */
async function nextSample({ sensor, settle }: Bench, stream: AsyncIterator<Sample> | undefined): Promise<Sample> {
  if (!isStreaming(sensor)) return settle(sensor.poll());
  if (!stream) throw new Error('no stream');
  await settle(stream.next());
  const next = await settle(stream.next());
  if (next.done) throw new Error('the stream ended');
  return next.value;
}

async function following(driver: Driver, simulation: Simulation, variant: object): Promise<void> {
  const rig = bench(driver, simulation, variant);
  const over = new AbortController();
  await rig.settle(rig.sensor.start());
  const stream = isStreaming(rig.sensor) ? rig.sensor.samples(over.signal)[Symbol.asyncIterator]() : undefined;
  const options = optionsOf(driver, variant);
  const streams = driver.streams?.(options) ?? driver.measures;
  const spans = Object.entries(simulation.spans).filter(([name]) => streams.includes(name as Quantity));
  expect(spans.length, 'quantities that the simulated part follows').toBeGreaterThan(0);

  // Ascending, so that counters may take part.
  for (let step = 0; step <= STEPS; step += 1) {
    for (const [name, { min, max }] of spans) rig.truths.set(name as Quantity, min + ((max - min) * step) / STEPS);
    if (simulation.settleMs) await rig.clock.advance(simulation.settleMs);
    const sample = await nextSample(rig, stream);
    for (const [name, { resolution }] of spans) {
      const given = sample[name as Quantity];
      if (given === undefined) throw new Error(`${name} is not in the sample`);
      const { value } = reading(given);
      const truth = rig.truths.get(name as Quantity) ?? Number.NaN;
      expect(Math.abs((value ?? Number.NaN) - truth), `${name} at ${truth}, read ${value}`).toBeLessThanOrEqual(
        resolution,
      );
    }
  }
  over.abort();
  await rig.settle(rig.sensor.stop?.() ?? Promise.resolve());
  await rig.end();
}

async function failing(driver: Driver, simulation: Simulation, fault: 'gone' | 'corrupt'): Promise<string> {
  const rig = bench(driver, simulation, simulation.variants?.[0]);
  const over = new AbortController();
  await rig.settle(rig.sensor.start());
  rig.breakBus?.(fault);
  const attempt: Promise<unknown> = isStreaming(rig.sensor)
    ? rig.sensor.samples(over.signal)[Symbol.asyncIterator]().next()
    : rig.sensor.poll();
  const outcome = await rig.settle(attempt).then(
    (sample) => `a value: ${JSON.stringify(sample)}`,
    (error: unknown) => (error as { kind?: string }).kind ?? String(error),
  );
  over.abort();
  await rig.end();
  return outcome;
}

/** What the gateway tells of a sample with the fault, after one without: that a counter fell is known by its past. */
async function fallen(rig: Bench, next: () => Promise<Sample>, fault: string): Promise<unknown> {
  for (const name of rig.truths.keys()) rig.truths.set(name, 100);
  const counters = new Counters();
  const told = (sample: Sample) =>
    Object.entries(sample).map(([name, given]) => {
      return [name, counters.followed(name as Quantity, reading(given), rig.clock.uptimeMs())];
    });
  told(await next());
  rig.show(fault);
  return Object.fromEntries(told(await next()));
}

/** What the driver makes of a fault that its part shows from the start, or from the first sample on. */
async function showing(driver: Driver, simulation: Simulation, fault: string): Promise<unknown> {
  const told = simulation.faults?.[fault];
  const rig = bench(driver, simulation, simulation.variants?.[0]);
  const over = new AbortController();
  const samples = async () => {
    await rig.settle(rig.sensor.start());
    if (simulation.settleMs) await rig.clock.advance(simulation.settleMs);
    const stream = isStreaming(rig.sensor) ? rig.sensor.samples(over.signal)[Symbol.asyncIterator]() : undefined;
    if (told && 'why' in told && told.why === 'fell') return fallen(rig, () => nextSample(rig, stream), fault);
    rig.show(fault);
    if (told && 'serialNumber' in told) return rig.settle(rig.sensor.start());
    if (told && 'why' in told) return nextSample(rig, stream);
    // A part may have a few polls' patience; what it tells meanwhile are no values.
    for (let polls = 0; polls < 5; polls += 1) {
      expect(Object.values(await nextSample(rig, stream)).filter((given) => reading(given).value !== null)).toEqual([]);
      await rig.clock.advance(60_000);
    }
    return 'no error';
  };
  if (told && 'error' in told && told.at === 'start') rig.show(fault);
  const outcome = await samples().catch((error: unknown) => (error as { kind?: string }).kind ?? String(error));
  over.abort();
  await rig.end();
  return outcome;
}

describe.each(drivers.map((entry) => ({ part: entry.driver.part, ...entry })))('$part', ({ driver, simulation }) => {
  it('reads what its simulated part measures, over the whole range', async () => {
    const part = await simulation();
    for (const variant of part.variants ?? [{}]) await following(driver, part, variant);
  });

  it('tells every fault that the part shows by itself', async () => {
    const part = await simulation();
    for (const [fault, told] of Object.entries(part.faults ?? {})) {
      const outcome = await showing(driver, part, fault);
      if ('error' in told) expect(outcome, fault).toBe(told.error);
      else if ('serialNumber' in told) expect(outcome, fault).toMatchObject(told);
      else for (const stream of told.streams) expect(outcome, fault).toMatchObject({ [stream]: faulty(told.why) });
    }
  });

  it('is started and asked well within its deadline', async () => {
    const part = await simulation();
    for (const variant of part.variants ?? [{}]) {
      const rig = bench(driver, part, variant);
      const { sensor } = rig;
      await rig.settle(sensor.start());
      if (!isStreaming(sensor)) await rig.settle(sensor.poll());
      expect(rig.clock.uptimeMs()).toBeLessThan(milliseconds(driver.deadline ?? '10s') / 3);
      await rig.end();
    }
  });

  // A GPIO line has no address and no bytes: nothing on it can fall silent or be damaged.
  if (driver.bus === 'gpio') return;

  it('says so when the part falls silent', async () => {
    expect(await failing(driver, await simulation(), 'gone')).toMatch(/^(no-acknowledge|timeout)$/);
  });

  it('yields no value from damaged bytes', async () => {
    const part = await simulation();
    // What such a part's driver makes of damaged frames is in a test of its own.
    if (part.bus === 'serial' && part.isUnchecked) return;
    expect(await failing(driver, part, 'corrupt')).toMatch(/^(checksum|timeout|implausible|not-ready)$/);
  });
});
