import type { World } from '../../driver-kit.ts';
import { type Quantity, quantities } from '../../model/quantity.ts';
import type { Clock } from '../clock.ts';

/** Where a simulated part stands; two parts with the same `seed` see the same world. */
export interface Spot {
  readonly seed: string;
  readonly placement: 'indoor' | 'outdoor';
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const COUNTED_FROM = Date.UTC(2026, 0, 1);
const VISITORS_A_DAY = 280;
const STAY_MS = 1.5 * HOUR_MS;

/**
 * A November day in a Dutch village: temperatures and dust follow the sun and the stoves, power follows breakfast and
 * supper. The same moment and seed give the same truth, whoever asks and however often.
 */
export function villageWorld({ seed, placement }: Spot, clock: Clock): World {
  const wave = (name: string, hours: number, at: number) => drift(`${seed}/${name}`, hours, at);

  const truth = (quantity: Quantity, at: number): number => {
    const between = /_l[123]_l[123]$/.test(quantity); // two phases: a quantity of its own
    const family = between ? quantity : quantity.replace(/_(l[123]|t[1-4]|n)$/, '');
    const phase = /_l([123])/.exec(quantity)?.[1] ?? '';
    switch (family) {
      case 'air_temperature':
        return placement === 'outdoor'
          ? 6 + 3 * sun(at) + 2 * wave('weather', 60, at)
          : 19.5 + 1.2 * daytime(at) + 0.4 * wave('room', 5, at);
      case 'surface_temperature':
      case 'soil_temperature':
      case 'water_temperature':
        return 11 + 2 * wave(quantity, 30, at);
      case 'relative_humidity':
        return placement === 'outdoor' ? 86 - 9 * sun(at) + 5 * wave('damp', 30, at) : 47 + 5 * wave('damp', 9, at);
      case 'air_pressure':
        return 1012 + 9 * drift('weather', 70, at);
      case 'pm1':
        return 5 + 7 * evening(at) + 2 * wave('dust', 3, at);
      case 'pm25':
        return 7 + 9 * evening(at) + 3 * wave('dust', 3, at);
      case 'pm4':
        return 9 + 11 * evening(at) + 3.5 * wave('dust', 3, at);
      case 'pm10':
        return 12 + 13 * evening(at) + 4 * wave('dust', 3, at);
      case 'co2':
        return 470 + 500 * daytime(at) + 40 * wave('air', 2, at);
      case 'voc_index':
        return 100 + 80 * daytime(at) + 30 * wave('air', 2, at);
      case 'nox_index':
        return 2 + 10 * evening(at);
      case 'particle_size':
        return 0.6 + 0.1 * wave('dust', 3, at);
      case 'occupancy':
        return daytime(at) + 0.8 * wave('people', 1, at) > 0.7 ? 1 : 0;
      case 'people_in':
        return Math.floor(visited(at));
      case 'people_out':
        return Math.floor(visited(at - STAY_MS));
      case 'door_open':
        return daytime(at) > 0.3 && wave('door', 0.4, at) > 0.6 ? 1 : 0;
      case 'light_level':
        return placement === 'outdoor' ? 250 * sun(at) : 40 + 150 * daytime(at);
      case 'voltage':
        return 230 + 2.5 * wave(`u${phase}`, 4, at);
      case 'voltage_l1_l2':
      case 'voltage_l2_l3':
      case 'voltage_l3_l1':
        return Math.sqrt(3) * (230 + 2.5 * wave(family, 4, at));
      case 'frequency':
        return 50 + 0.02 * wave('hz', 0.2, at);
      case 'active_power':
      case 'active_power_import':
        return load(seed, at) / (phase === '' ? 1 : 3);
      case 'current':
        return load(seed, at) / (phase === '' ? 1 : 3) / 230 / 0.97;
      case 'apparent_power':
        return load(seed, at) / (phase === '' ? 1 : 3) / 0.97;
      case 'reactive_power':
        return (load(seed, at) / (phase === '' ? 1 : 3)) * 0.25;
      case 'power_factor':
        return 0.97 + 0.01 * wave('pf', 1, at);
      case 'phase_angle':
        return 14 + 3 * wave('pf', 1, at);
      case 'tariff':
        return daytime(at) > 0.3 ? 2 : 1;
      case 'active_power_export':
      case 'active_energy_export':
      case 'reactive_energy_export':
        return family.startsWith('active_power') ? 0 : counted(quantity, at, 0);
      case 'active_energy_import':
      case 'active_energy_total':
      case 'apparent_energy':
      case 'reactive_energy_import':
      case 'reactive_energy_total':
        return counted(quantity, at, phase === '' ? 0.9 : 0.3);
      case 'heat_energy':
      case 'cooling_energy':
        return counted(quantity, at, 0.05);
      case 'volume':
        return counted(quantity, at, 0.3);
      case 'heat_power':
        return 9000 + 5000 * evening(at) - 4000 * sun(at);
      case 'volume_flow':
        return 0.4 + 0.2 * evening(at);
      case 'flow_temperature':
        return 66 + 3 * wave('supply', 12, at);
      case 'return_temperature':
        return 41 + 2 * wave('supply', 12, at);
      case 'temperature_difference':
        return 25 + wave('supply', 12, at);
      case 'gas_volume':
      case 'water_volume':
        return counted(quantity, at, 0.4);
      case 'rainfall':
        return counted(quantity, at, 0.1);
      default:
        if (quantities[quantity].kind === 'counter') return counted(quantity, at, 0.2);
        return ordinary(quantity, wave(quantity, 6, at));
    }
  };

  /** A total that grows evenly by the mean of what flows, so that it goes on after a restart. */
  const counted = (quantity: Quantity, at: number, perHour: number): number =>
    500 + 4000 * share(`${seed}/${quantity}`) + (perHour * (at - COUNTED_FROM)) / HOUR_MS;

  /** How many have come, ever: from 8 to 22 h, for at night a building is empty. */
  const visited = (at: number): number => {
    const open = Math.min(Math.max(((at % DAY_MS) / HOUR_MS - 8) / 14, 0), 1);
    return 4000 * share(`${seed}/people`) + VISITORS_A_DAY * (Math.floor((at - COUNTED_FROM) / DAY_MS) + open);
  };

  return {
    truth: (quantity) => truth(quantity, clock.now()),
    now: () => clock.now(),
    uptimeMs: () => clock.uptimeMs(),
    sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
  };
}

/** 0 at night, 1 at noon. */
function sun(at: number): number {
  return Math.max(0, Math.sin((((at % DAY_MS) / HOUR_MS - 7) / 10) * Math.PI));
}

/** About 1 in the hours in which people are about, about 0 otherwise. */
function daytime(at: number): number {
  return bell(at, 13, 5);
}

function evening(at: number): number {
  return bell(at, 19, 2.5);
}

function bell(at: number, hour: number, width: number): number {
  const distance = Math.abs((((at % DAY_MS) / HOUR_MS - hour + 36) % 24) - 12);
  return Math.exp(-((distance / width) ** 2));
}

/** What a building takes, in watts: what is always on, breakfast, the day, supper, and a kettle now and then. */
function load(seed: string, at: number): number {
  const size = 1 + 3 * share(seed);
  const kettle = drift(`${seed}/kettle`, 0.3, at) > 0.75 ? 1800 : 0;
  return size * (180 + 900 * bell(at, 7.5, 1) + 400 * daytime(at) + 1300 * bell(at, 18.5, 1.5)) + kettle;
}

/** A slow, smooth, aimless movement between -1 and 1, about once per `hours`. */
function drift(name: string, hours: number, at: number): number {
  const turn = (at / (hours * HOUR_MS)) * 2 * Math.PI;
  const begin = share(name) * 100;
  return (Math.sin(turn + begin) + Math.sin(turn * 1.618 + begin * 2) + Math.sin(turn * 4.236 + begin * 3)) / 3;
}

/** A number between 0 and 1 that belongs to a name (FNV-1a). */
function share(name: string): number {
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return hash / 2 ** 32;
}

/** For quantities without a story: a little above the bottom of what is plausible. */
function ordinary(quantity: Quantity, wave: number): number {
  const { min, max } = quantities[quantity];
  const bottom = Math.max(min, 0);
  return bottom + Math.min(100, max - bottom) * (0.2 + 0.1 * wave);
}
