import type { Config, Measured } from './config/config.ts';
import type { Machine } from './hal/machine.ts';
import { OWN_QUANTITIES, OwnSensor, type OwnSources } from './health/own-sensor.ts';
import type { SourceFor } from './measure.ts';
import { OWN_DEVICE } from './model/own-device.ts';
import { BusQueue } from './sampling/bus-queue.ts';
import type { Outbox } from './store/outbox.ts';

interface Around {
  readonly config: Pick<Config, 'health'>;
  readonly machine?: Machine;
  readonly outbox: Outbox;
}

/** The gateway as a device of its own, on no bus; undefined where the config, or the board, has it otherwise. */
export function ownDevice(
  { config: { health }, machine, outbox }: Around,
  sources: Pick<OwnSources, 'uplinks' | 'failures'>,
): { readonly device: Measured; readonly sourceFor: SourceFor } | undefined {
  if (!health || !machine) return undefined;
  const sensor = new OwnSensor({ ...sources, machine, outbox }, outbox.memory(OWN_DEVICE));
  const device: Measured = {
    name: OWN_DEVICE,
    driver: { part: OWN_DEVICE, measures: OWN_QUANTITIES, streams: () => sensor.streams },
    bus: '',
    part: 'Dorpel gateway',
    options: {},
    // It says how the gateway is, and goes before what the gateway is for.
    priority: 'low',
    rules: {},
    ...health,
  };
  return { device, sourceFor: () => ({ sensor, queue: new BusQueue() }) };
}
