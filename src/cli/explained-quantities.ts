import type { Quantity } from '../model/quantity.ts';

/** What is measured, by the name without its phase, tariff or direction. */
const MEANINGS: Readonly<Record<string, string>> = {
  air_temperature: 'temperature of the air',
  surface_temperature: 'temperature of what the part is fixed to',
  soil_temperature: 'temperature of the soil',
  water_temperature: 'temperature of water',
  relative_humidity: 'humidity of the air against the most it can hold',
  air_pressure: 'pressure of the air where the part is, not reduced to sea level',
  pm: 'mass of dust in the air, of grains up to',
  particles_pm: 'number of dust particles in the air, up to',
  particles_over: 'number of dust particles in the air, larger than',
  particle_size: 'typical size of the dust',
  co2: 'carbon dioxide in the air',
  no2: 'nitrogen dioxide in the air',
  voc_index: 'volatile organic compounds against the usual air of the room, which is 100',
  nox_index: 'nitrogen oxides against the usual air of the room, which is 1',
  illuminance: 'light that falls on a surface',
  sound_level: 'sound, averaged over the interval',
  wind_speed: 'speed of the wind',
  wind_direction: 'where the wind comes from: 0 north, 90 east',
  rainfall: 'rain that has fallen, ever growing',
  rainfall_rate: 'rain that falls now',
  solar_irradiance: 'power of the sun on a surface',
  voltage: 'voltage of the mains',
  current: 'current, below 0 where it flows back',
  active_power: 'real power, below 0 where it is fed in',
  active_power_demand: 'mean power of the running quarter of an hour',
  active_power_demand_max: 'highest mean power of a quarter of an hour in this month',
  active_power_demand_max_last_month: 'highest mean power of a quarter of an hour in the month before',
  reactive_power: 'reactive power',
  apparent_power: 'apparent power',
  power_factor: 'real power against apparent power',
  phase_angle: 'angle between voltage and current',
  frequency: 'frequency of the mains',
  active_energy: 'energy, ever growing',
  active_energy_total: 'energy as the meter adds or balances both directions',
  active_energy_submeter: 'energy of a meter behind the meter, ever growing',
  reactive_energy: 'reactive energy, ever growing',
  reactive_energy_total: 'reactive energy as the meter adds or balances both directions',
  apparent_energy: 'apparent energy, ever growing',
  tariff: 'which tariff holds now',
  power_failures: 'failures of the mains that the meter has counted',
  power_failures_long: 'long failures of the mains that the meter has counted',
  voltage_sags: 'times that the voltage was too low',
  voltage_swells: 'times that the voltage was too high',
  gas_volume: 'gas taken, ever growing',
  water_volume: 'water taken, ever growing',
  hot_water_volume: 'hot water taken, ever growing',
  volume: 'volume that went through a heat or cooling meter, ever growing',
  volume_flow: 'volume that goes through now',
  heat_energy: 'heat taken, ever growing',
  cooling_energy: 'cold taken, ever growing',
  heat_power: 'heat taken now',
  cooling_power: 'cold taken now',
  flow_temperature: 'temperature of the water that arrives',
  return_temperature: 'temperature of the water that goes back',
  temperature_difference: 'what arrives against what goes back',
  occupancy: '1 while somebody is there, else 0',
  occupancy_duration: 'how long somebody was there, told at the end',
  occupancy_count: 'times that somebody came, ever growing',
  people_count: 'people inside, as counted at the door',
  people_in: 'people who came in, ever growing',
  people_out: 'people who went out, ever growing',
  passages_unclear: 'passages whose direction nobody can tell, ever growing',
  door_open: '1 while the door is open, else 0',
  door_duration: 'how long the door was open or shut, told at the change',
  door_openings: 'times that the door was opened, ever growing',
  motion_distance: 'distance to somebody who moves',
  motion_energy: 'strength of the echo of somebody who moves',
  still_distance: 'distance to somebody who is still',
  still_energy: 'strength of the echo of somebody who is still',
  light_level: 'light in steps of the part, without a unit',
  pulse_count: 'pulses counted, ever growing',
  pulse_rate: 'pulses that come now',
  cpu_temperature: 'temperature of the processor of the gateway',
  cpu_throttled: '1 while the processor is held back by heat or by its supply, else 0',
  under_voltage: '1 while the supply of the gateway is too low, else 0',
  under_voltage_seen: '1 where the supply was too low since it was switched on, as far as anybody saw, else 0',
  load_average: 'processes that run or wait for the disk, averaged over a minute; more than processors is too much',
  memory_available: 'memory that programs can still have',
  disk_free: 'room on the disk that the outbox is on',
  disk_written: 'what everybody has written to that disk since the machine started; falls to 0 with each start',
  disk_wear: 'how much of its life the disk has behind it, by its own estimate in tenths',
  outbox_depth: 'rows that wait for the platform that is furthest behind',
  uplinks_connected: 'platforms that are connected',
  uplinks_away: 'platforms that are not connected',
  bus_errors: 'attempts to read a device that failed since the program started; falls to 0 with each start',
  gateway_restarts: 'starts of the program after the first',
};

/** One line on what a quantity is; undefined for one that the table has forgotten. */
export function meaningOf(quantity: Quantity): string | undefined {
  if (MEANINGS[quantity]) return MEANINGS[quantity];
  const [, name = quantity, digits] = /^(pm|particles_pm|particles_over_)(\d+)$/.exec(quantity) ?? [];
  if (digits !== undefined) return `${MEANINGS[name.replace(/_$/, '')]} ${micrometres(digits)} µm`;
  const between = /^voltage_l(\d)_l(\d)$/.exec(quantity);
  if (between) return `voltage between phases ${between[1]} and ${between[2]}`;
  const words: string[] = [];
  const rest = quantity
    .replace(/_(l[123]|t[1-4]|n)$/, (_, which: string) => {
      words.push(which === 'n' ? 'of the neutral' : `${which.startsWith('l') ? 'of phase' : 'in tariff'} ${which[1]}`);
      return '';
    })
    .replace(/_(import|export)$/, (_, way: string) => {
      words.unshift(way === 'import' ? 'taken from the grid' : 'fed into the grid');
      return '';
    });
  const meaning = MEANINGS[rest];
  return meaning && [meaning, ...words].join(', ');
}

/** As names write them, without a point: 03 is 0.3, 25 is 2.5, 10 is 10. */
function micrometres(digits: string): string {
  return digits === '25' || digits.startsWith('0') ? `${digits[0]}.${digits[1]}` : digits;
}
