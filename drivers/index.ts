/** The register: one line per driver, with the simulated part that is loaded only when asked for. */
import type { Driver, Simulation } from '../src/driver-kit.ts';
import { bme280 } from './bme280/bme280.ts';
import { dsmrP1 } from './dsmr-p1/dsmr-p1.ts';
import { eastronSdm } from './eastron-sdm/eastron-sdm.ts';
import { pir } from './pir/pir.ts';
import { pulse } from './pulse/pulse.ts';
import { sds011 } from './sds011/sds011.ts';
import { sht4x } from './sht4x/sht4x.ts';

/** A driver and the part that stands in for the real one. */
export interface Registered {
  readonly driver: Driver;
  simulation(): Promise<Simulation>;
}

export const drivers: readonly Registered[] = [
  { driver: bme280, simulation: async () => (await import('./bme280/bme280.sim.ts')).simulation },
  { driver: dsmrP1, simulation: async () => (await import('./dsmr-p1/dsmr-p1.sim.ts')).simulation },
  { driver: eastronSdm, simulation: async () => (await import('./eastron-sdm/eastron-sdm.sim.ts')).simulation },
  { driver: pir, simulation: async () => (await import('./pir/pir.sim.ts')).simulation },
  { driver: pulse, simulation: async () => (await import('./pulse/pulse.sim.ts')).simulation },
  { driver: sds011, simulation: async () => (await import('./sds011/sds011.sim.ts')).simulation },
  { driver: sht4x, simulation: async () => (await import('./sht4x/sht4x.sim.ts')).simulation },
];
