/** The register: one line per driver, with the simulated part that is loaded only when asked for. */
import type { Driver, Simulation } from '../src/driver-kit.ts';
import { abbB } from './abb-b/abb-b.ts';
import { beamCounter } from './beam-counter/beam-counter.ts';
import { bme280 } from './bme280/bme280.ts';
import { carloGavazziEm } from './carlo-gavazzi-em/carlo-gavazzi-em.ts';
import { doorContact } from './door-contact/door-contact.ts';
import { ds18b20 } from './ds18b20/ds18b20.ts';
import { dsmrP1 } from './dsmr-p1/dsmr-p1.ts';
import { eastronSdm } from './eastron-sdm/eastron-sdm.ts';
import { ld2410 } from './ld2410/ld2410.ts';
import { mbus } from './mbus/mbus.ts';
import { mhZ19 } from './mh-z19/mh-z19.ts';
import { modbus } from './modbus/modbus.ts';
import { pir } from './pir/pir.ts';
import { pms5003 } from './pms5003/pms5003.ts';
import { pulse } from './pulse/pulse.ts';
import { scd4x } from './scd4x/scd4x.ts';
import { scd30 } from './scd30/scd30.ts';
import { schneiderIem3000 } from './schneider-iem3000/schneider-iem3000.ts';
import { sds011 } from './sds011/sds011.ts';
import { sen5x } from './sen5x/sen5x.ts';
import { senseairS8 } from './senseair-s8/senseair-s8.ts';
import { sht3x } from './sht3x/sht3x.ts';
import { sht4x } from './sht4x/sht4x.ts';
import { sps30 } from './sps30/sps30.ts';
import { sps30Uart } from './sps30-uart/sps30-uart.ts';

/** A driver and the part that stands in for the real one. */
export interface Registered {
  readonly driver: Driver;
  simulation(): Promise<Simulation>;
}

export const drivers: readonly Registered[] = [
  { driver: abbB, simulation: async () => (await import('./abb-b/abb-b.sim.ts')).simulation },
  { driver: bme280, simulation: async () => (await import('./bme280/bme280.sim.ts')).simulation },
  {
    driver: carloGavazziEm,
    simulation: async () => (await import('./carlo-gavazzi-em/carlo-gavazzi-em.sim.ts')).simulation,
  },
  { driver: ds18b20, simulation: async () => (await import('./ds18b20/ds18b20.sim.ts')).simulation },
  { driver: dsmrP1, simulation: async () => (await import('./dsmr-p1/dsmr-p1.sim.ts')).simulation },
  { driver: eastronSdm, simulation: async () => (await import('./eastron-sdm/eastron-sdm.sim.ts')).simulation },
  { driver: mbus, simulation: async () => (await import('./mbus/mbus.sim.ts')).simulation },
  { driver: beamCounter, simulation: async () => (await import('./beam-counter/beam-counter.sim.ts')).simulation },
  { driver: doorContact, simulation: async () => (await import('./door-contact/door-contact.sim.ts')).simulation },
  { driver: ld2410, simulation: async () => (await import('./ld2410/ld2410.sim.ts')).simulation },
  { driver: mhZ19, simulation: async () => (await import('./mh-z19/mh-z19.sim.ts')).simulation },
  { driver: pms5003, simulation: async () => (await import('./pms5003/pms5003.sim.ts')).simulation },
  { driver: senseairS8, simulation: async () => (await import('./senseair-s8/senseair-s8.sim.ts')).simulation },
  { driver: modbus, simulation: async () => (await import('./modbus/modbus.sim.ts')).simulation },
  { driver: pir, simulation: async () => (await import('./pir/pir.sim.ts')).simulation },
  { driver: pulse, simulation: async () => (await import('./pulse/pulse.sim.ts')).simulation },
  { driver: scd30, simulation: async () => (await import('./scd30/scd30.sim.ts')).simulation },
  { driver: scd4x, simulation: async () => (await import('./scd4x/scd4x.sim.ts')).simulation },
  {
    driver: schneiderIem3000,
    simulation: async () => (await import('./schneider-iem3000/schneider-iem3000.sim.ts')).simulation,
  },
  { driver: sds011, simulation: async () => (await import('./sds011/sds011.sim.ts')).simulation },
  { driver: sen5x, simulation: async () => (await import('./sen5x/sen5x.sim.ts')).simulation },
  { driver: sht3x, simulation: async () => (await import('./sht3x/sht3x.sim.ts')).simulation },
  { driver: sht4x, simulation: async () => (await import('./sht4x/sht4x.sim.ts')).simulation },
  { driver: sps30, simulation: async () => (await import('./sps30/sps30.sim.ts')).simulation },
  { driver: sps30Uart, simulation: async () => (await import('./sps30-uart/sps30-uart.sim.ts')).simulation },
];
