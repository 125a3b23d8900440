import { onTestFinished } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import type { Hal } from '../../src/hal/hal.ts';
import type { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { measure, type SourceFor } from '../../src/measure.ts';
import type { Observation } from '../../src/model/observation.ts';
import { deviceOn, openBus } from '../../src/sampling/buses.ts';
import type { Report } from '../../src/sampling/fault-watch.ts';
import { startsOf } from '../../src/sampling/stagger.ts';
import { MemoryOutbox } from '../../src/store/memory-outbox.ts';

/** The devices of a config, measured as the gateway measures them, without anything behind the outbox. */
export function startedOn(config: Config, { hal, clock }: { readonly hal: Hal; readonly clock: VirtualClock }) {
  const { devices } = config;
  const events: Parameters<Report>[0][] = [];
  const report: Report = (event) => void events.push(event);
  const seen: Observation[] = [];
  const over = new AbortController();
  const starts = startsOf(devices);
  const devicesOn = (bus: string) => devices.filter((device) => device.bus === bus).length;
  const buses = config.buses.map((bus) => openBus(bus, { hal, clock, devices: devicesOn, report }));
  const shared = {
    clock,
    outbox: new MemoryOutbox([]),
    signal: over.signal,
    report,
    kept: () => undefined,
    startsAfterMs: (device: string) => starts.get(device) ?? 0,
    watch: (observation: Observation) => void seen.push(observation),
  };
  const measuring = Promise.all(
    devices.map((device) => {
      const sourceFor: SourceFor = (memory) => deviceOn(buses, device, { memory, clock });
      return measure(device, sourceFor, shared);
    }),
  );
  const stop = async () => {
    let isStopped = false;
    over.abort();
    void measuring.finally(() => {
      isStopped = true;
    });
    while (!isStopped) await clock.advance(100);
    await measuring;
  };
  onTestFinished(() => over.abort());
  return { events, stop, of: (device: string) => seen.filter((observation) => observation.device === device) };
}
