import { type Cable, layCable } from '../support/cable.ts';
import { type Site, type Storage, writeConfig } from '../support/gateway.ts';
import { countingMeter } from '../support/telegram.ts';

/** Two lines on which meters count, and the config of a gateway that listens to them. */
export interface Meters {
  readonly lines: readonly [Cable, Cable];
  /** Writes the config of a gateway whose data are in `folder`. */
  config(folder: string, uplink: object, storage?: Storage): string;
}

/** Lays two cables and lets a meter speak on each, four times in a second; the gateway keeps one sample a second. */
export async function startMeters(): Promise<Meters> {
  const lines = await Promise.all([layCable(), layCable()]);
  for (const line of lines) line.speak(250, countingMeter());
  const [left, right] = lines;
  const site: Pick<Site, 'buses' | 'devices'> = {
    buses: { left: { kind: 'serial', path: left.near }, right: { kind: 'serial', path: right.near } },
    devices: {
      left: { driver: 'dsmr-p1', bus: 'left', period: '1s' },
      right: { driver: 'dsmr-p1', bus: 'right', period: '1s' },
    },
  };
  return {
    lines,
    config: (folder, uplink, storage = {}) => writeConfig(folder, { ...site, uplinks: { city: uplink }, storage }),
  };
}
