/**
 * The register: one line per driver, its name, how it is loaded, and its simulated part. Neither is loaded before a
 * config, or a test, asks for it.
 */
import type { DriverRegister } from '../src/driver-kit.ts';

export const register: DriverRegister = {
  'abb-b': [() => import('./abb-b/abb-b.ts'), () => import('./abb-b/abb-b.sim.ts')],
  'beam-counter': [() => import('./beam-counter/beam-counter.ts'), () => import('./beam-counter/beam-counter.sim.ts')],
  bme280: [() => import('./bme280/bme280.ts'), () => import('./bme280/bme280.sim.ts')],
  'carlo-gavazzi-em': [
    () => import('./carlo-gavazzi-em/carlo-gavazzi-em.ts'),
    () => import('./carlo-gavazzi-em/carlo-gavazzi-em.sim.ts'),
  ],
  'door-contact': [() => import('./door-contact/door-contact.ts'), () => import('./door-contact/door-contact.sim.ts')],
  ds18b20: [() => import('./ds18b20/ds18b20.ts'), () => import('./ds18b20/ds18b20.sim.ts')],
  'dsmr-p1': [() => import('./dsmr-p1/dsmr-p1.ts'), () => import('./dsmr-p1/dsmr-p1.sim.ts')],
  'eastron-sdm': [() => import('./eastron-sdm/eastron-sdm.ts'), () => import('./eastron-sdm/eastron-sdm.sim.ts')],
  ld2410: [() => import('./ld2410/ld2410.ts'), () => import('./ld2410/ld2410.sim.ts')],
  mbus: [() => import('./mbus/mbus.ts'), () => import('./mbus/mbus.sim.ts')],
  'mh-z19': [() => import('./mh-z19/mh-z19.ts'), () => import('./mh-z19/mh-z19.sim.ts')],
  modbus: [() => import('./modbus/modbus.ts'), () => import('./modbus/modbus.sim.ts')],
  pir: [() => import('./pir/pir.ts'), () => import('./pir/pir.sim.ts')],
  pms5003: [() => import('./pms5003/pms5003.ts'), () => import('./pms5003/pms5003.sim.ts')],
  pulse: [() => import('./pulse/pulse.ts'), () => import('./pulse/pulse.sim.ts')],
  scd30: [() => import('./scd30/scd30.ts'), () => import('./scd30/scd30.sim.ts')],
  scd4x: [() => import('./scd4x/scd4x.ts'), () => import('./scd4x/scd4x.sim.ts')],
  'schneider-iem3000': [
    () => import('./schneider-iem3000/schneider-iem3000.ts'),
    () => import('./schneider-iem3000/schneider-iem3000.sim.ts'),
  ],
  sds011: [() => import('./sds011/sds011.ts'), () => import('./sds011/sds011.sim.ts')],
  sen5x: [() => import('./sen5x/sen5x.ts'), () => import('./sen5x/sen5x.sim.ts')],
  'senseair-s8': [() => import('./senseair-s8/senseair-s8.ts'), () => import('./senseair-s8/senseair-s8.sim.ts')],
  sht3x: [() => import('./sht3x/sht3x.ts'), () => import('./sht3x/sht3x.sim.ts')],
  sht4x: [() => import('./sht4x/sht4x.ts'), () => import('./sht4x/sht4x.sim.ts')],
  sps30: [() => import('./sps30/sps30.ts'), () => import('./sps30/sps30.sim.ts')],
  'sps30-uart': [() => import('./sps30-uart/sps30-uart.ts'), () => import('./sps30-uart/sps30-uart.sim.ts')],
};
