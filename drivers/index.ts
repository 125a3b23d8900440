/** The register: one line per driver, with the simulated part that is loaded only when asked for. */
import type { Driver, Simulation } from '../src/driver-kit.ts';
import { sht4x } from './sht4x/sht4x.ts';

/** A driver and the part that stands in for the real one. */
export interface Registered {
  readonly driver: Driver;
  simulation(): Promise<Simulation>;
}

export const drivers: readonly Registered[] = [
  { driver: sht4x, simulation: async () => (await import('./sht4x/sht4x.sim.ts')).simulation },
];
