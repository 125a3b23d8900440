import type { Config, Measured } from './config/config.ts';
import type { Clock } from './hal/clock.ts';
import type { Machine } from './hal/machine.ts';
import { OWN_QUANTITIES, OwnSensor, type OwnSources } from './health/own-sensor.ts';
import type { SourceFor } from './measure.ts';
import { OWN_DEVICE } from './model/own-device.ts';
import { BusQueue } from './sampling/bus-queue.ts';
import { BusWatch } from './sampling/bus-watch.ts';
import { Grip } from './sampling/grip.ts';
import type { Outbox } from './store/outbox.ts';

interface Around {
  readonly config: Pick<Config, 'health'>;
  readonly machine?: Machine;
  readonly outbox: Outbox;
  readonly clock: Clock;
}

const PERIOD = { default: '60s', least: '1s' } as const;

/** The gateway as a device of its own, on no bus; undefined where the config, or the board, has it otherwise. */
export function ownDevice(
  { config: { health }, machine, outbox, clock }: Around,
  sources: Pick<OwnSources, 'uplinks' | 'failures'>,
): { readonly device: Measured; readonly sourceFor: SourceFor } | undefined {
  if (!health || !machine) return undefined;
  const sensor = new OwnSensor({ ...sources, machine, outbox }, outbox.memory(OWN_DEVICE));
  const device: Measured = {
    name: OWN_DEVICE,
    driver: { part: OWN_DEVICE, measures: OWN_QUANTITIES, streams: () => sensor.streams, period: PERIOD },
    bus: '',
    part: 'Dorpel gateway',
    options: {},
    // It says how the gateway is, and goes before what the gateway is for.
    priority: 'low',
    deadlineMs: 10_000,
    rules: {},
    ...health,
  };
  // On no bus it waits for nobody, and nobody can hold it up.
  const watch = new BusWatch({ name: '', devices: () => 1, isOpenDrain: false }, clock, () => undefined);
  const bus = { queue: new BusQueue(clock), watch };
  return { device, sourceFor: () => ({ bus, create: () => ({ sensor, grip: new Grip() }) }) };
}
