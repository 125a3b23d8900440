/** How a value relates to time: a snapshot, an average, an amount over `dur`, an ever-growing total, or a state that holds. */
export type Kind = 'instant' | 'mean' | 'sum' | 'counter' | 'state';

/** What is fixed about a quantity, wherever it is measured. */
export interface QuantityFacts {
  /** UCUM, https://ucum.org (case-sensitive form). */
  readonly unit: string;
  /** Digits after the point that leave the gateway. */
  readonly decimals: number;
  /** Plausible range in `unit`; a value outside it is told, but flagged `out_of_range`. */
  readonly min: number;
  readonly max: number;
  readonly kind: Kind;
  /** A counter that may go back by right: some meters count what goes out against what comes in; some begin at 0 with each start. */
  readonly mayFall?: true;
}

const facts = (unit: string, decimals: number, min: number, max: number, kind: Kind = 'instant'): QuantityFacts => ({
  unit,
  decimals,
  min,
  max,
  kind,
});

// Ranges span what a village can show, not what a part can say: 999.9 µg/m3 is an SDS011's way to say "too much".
const temperature = facts('Cel', 2, -40, 85);
const particulate = facts('ug/m3', 1, 0, 999);
const particles = facts('/cm3', 1, 0, 100_000);
const particlesOver = facts('/cm3', 2, 0, 100_000);
const gasIndex = facts('1', 0, 1, 500);
const voltage = facts('V', 1, 0, 500);
const current = facts('A', 2, -6000, 6000);
const activePower = facts('W', 1, -4e6, 4e6);
const powerOneWay = facts('W', 0, 0, 4e6);
const reactivePower = facts('var', 1, -4e6, 4e6);
const apparentPower = facts('V.A', 1, -4e6, 4e6);
const powerFactor = facts('1', 3, -1, 1);
const phaseAngle = facts('deg', 1, -360, 360);
const activeEnergy = facts('kW.h', 3, 0, 1e9, 'counter');
const reactiveEnergy = facts('kV.A.h{reactive}', 3, 0, 1e9, 'counter');
// A meter can be set to tell import less export here.
const activeBalance = { ...activeEnergy, mayFall: true } as const;
const reactiveBalance = { ...reactiveEnergy, mayFall: true } as const;
const volume = facts('m3', 3, 0, 1e8, 'counter');
const thermalPower = facts('W', 0, -1e8, 1e8);
const events = facts('1', 0, 0, 1e12, 'counter');
const seconds = facts('s', 0, 0, 1e9);
// Counted by the machine or the program, and begun at 0 by every start of it.
const sinceStart = (counter: QuantityFacts): QuantityFacts => ({ ...counter, mayFall: true });

/**
 * The closed table of what Dorpel can measure. A quantity never changes its unit: platforms store by name.
 * A phase (`_l1`), a tariff (`_t1`) or a direction (`_import`: taken from the grid) is part of the name.
 */
export const quantities = {
  air_temperature: temperature,
  surface_temperature: facts('Cel', 2, -40, 125),
  soil_temperature: temperature,
  water_temperature: facts('Cel', 2, -5, 110),
  relative_humidity: facts('%', 1, 0, 100),
  air_pressure: facts('hPa', 2, 300, 1100),
  pm1: particulate,
  pm25: particulate,
  pm4: particulate,
  pm10: particulate,
  particles_pm05: particles,
  particles_pm1: particles,
  particles_pm25: particles,
  particles_pm4: particles,
  particles_pm10: particles,
  particles_over_03: particlesOver,
  particles_over_05: particlesOver,
  particles_over_1: particlesOver,
  particles_over_25: particlesOver,
  particles_over_5: particlesOver,
  particles_over_10: particlesOver,
  particle_size: facts('um', 2, 0, 10),
  co2: facts('[ppm]', 0, 300, 40_000),
  no2: facts('ug/m3', 1, 0, 2000),
  voc_index: gasIndex,
  nox_index: gasIndex,
  illuminance: facts('lx', 1, 0, 200_000),
  sound_level: facts('dB', 1, 20, 140, 'mean'),
  wind_speed: facts('m/s', 1, 0, 75),
  wind_direction: facts('deg', 0, 0, 360),
  rainfall: facts('mm', 2, 0, 1e6, 'counter'),
  rainfall_rate: facts('mm/h', 1, 0, 400),
  solar_irradiance: facts('W/m2', 0, 0, 1600),

  voltage,
  voltage_l1: voltage,
  voltage_l2: voltage,
  voltage_l3: voltage,
  voltage_l1_l2: facts('V', 1, 0, 900),
  voltage_l2_l3: facts('V', 1, 0, 900),
  voltage_l3_l1: facts('V', 1, 0, 900),
  current,
  current_l1: current,
  current_l2: current,
  current_l3: current,
  current_n: current,
  active_power: activePower,
  active_power_l1: activePower,
  active_power_l2: activePower,
  active_power_l3: activePower,
  active_power_import: powerOneWay,
  active_power_import_l1: powerOneWay,
  active_power_import_l2: powerOneWay,
  active_power_import_l3: powerOneWay,
  active_power_export: powerOneWay,
  active_power_export_l1: powerOneWay,
  active_power_export_l2: powerOneWay,
  active_power_export_l3: powerOneWay,
  active_power_demand: activePower,
  active_power_demand_max: activePower,
  active_power_demand_max_last_month: activePower,
  reactive_power: reactivePower,
  reactive_power_l1: reactivePower,
  reactive_power_l2: reactivePower,
  reactive_power_l3: reactivePower,
  reactive_power_import: facts('var', 0, 0, 4e6),
  reactive_power_export: facts('var', 0, 0, 4e6),
  reactive_power_import_l1: facts('var', 0, 0, 4e6),
  reactive_power_import_l2: facts('var', 0, 0, 4e6),
  reactive_power_import_l3: facts('var', 0, 0, 4e6),
  reactive_power_export_l1: facts('var', 0, 0, 4e6),
  reactive_power_export_l2: facts('var', 0, 0, 4e6),
  reactive_power_export_l3: facts('var', 0, 0, 4e6),
  apparent_power: apparentPower,
  apparent_power_l1: apparentPower,
  apparent_power_l2: apparentPower,
  apparent_power_l3: apparentPower,
  power_factor: powerFactor,
  power_factor_l1: powerFactor,
  power_factor_l2: powerFactor,
  power_factor_l3: powerFactor,
  phase_angle: phaseAngle,
  phase_angle_l1: phaseAngle,
  phase_angle_l2: phaseAngle,
  phase_angle_l3: phaseAngle,
  frequency: facts('Hz', 2, 45, 65),
  active_energy_import: activeEnergy,
  active_energy_import_l1: activeEnergy,
  active_energy_import_l2: activeEnergy,
  active_energy_import_l3: activeEnergy,
  active_energy_import_t1: activeEnergy,
  active_energy_import_t2: activeEnergy,
  active_energy_import_t3: activeEnergy,
  active_energy_import_t4: activeEnergy,
  active_energy_export: activeEnergy,
  active_energy_export_l1: activeEnergy,
  active_energy_export_l2: activeEnergy,
  active_energy_export_l3: activeEnergy,
  active_energy_export_t1: activeEnergy,
  active_energy_export_t2: activeEnergy,
  active_energy_export_t3: activeEnergy,
  active_energy_export_t4: activeEnergy,
  active_energy_total: activeBalance,
  active_energy_submeter: activeEnergy,
  reactive_energy_import: reactiveEnergy,
  reactive_energy_export: reactiveEnergy,
  reactive_energy_total: reactiveBalance,
  apparent_energy: facts('kV.A.h', 3, 0, 1e9, 'counter'),
  tariff: facts('1', 0, 0, 9, 'state'),
  power_failures: events,
  power_failures_long: events,
  voltage_sags_l1: events,
  voltage_sags_l2: events,
  voltage_sags_l3: events,
  voltage_swells_l1: events,
  voltage_swells_l2: events,
  voltage_swells_l3: events,

  gas_volume: volume,
  water_volume: volume,
  hot_water_volume: volume,
  volume_flow: facts('m3/h', 3, -1000, 1000),
  heat_energy: facts('GJ', 3, 0, 1e8, 'counter'),
  cooling_energy: facts('GJ', 3, 0, 1e8, 'counter'),
  volume,
  heat_power: thermalPower,
  cooling_power: thermalPower,
  flow_temperature: facts('Cel', 2, -20, 180),
  return_temperature: facts('Cel', 2, -20, 180),
  temperature_difference: facts('K', 2, -180, 180),

  occupancy: facts('1', 0, 0, 1, 'state'),
  occupancy_duration: seconds,
  occupancy_count: events,
  people_count: facts('1', 0, 0, 100_000),
  people_in: events,
  people_out: events,
  passages_unclear: events,
  door_open: facts('1', 0, 0, 1, 'state'),
  door_duration: seconds,
  door_openings: events,
  motion_distance: facts('m', 2, 0, 20),
  motion_energy: facts('%', 0, 0, 100),
  still_distance: facts('m', 2, 0, 20),
  still_energy: facts('%', 0, 0, 100),
  light_level: facts('1', 0, 0, 255),
  pulse_count: events,
  pulse_rate: facts('Hz', 3, 0, 10_000),

  cpu_temperature: facts('Cel', 1, -40, 125),
  cpu_throttled: facts('1', 0, 0, 1, 'state'),
  under_voltage: facts('1', 0, 0, 1, 'state'),
  under_voltage_seen: facts('1', 0, 0, 1, 'state'),
  load_average: facts('1', 2, 0, 10_000),
  memory_available: facts('MBy', 0, 0, 1e7),
  disk_free: facts('MBy', 0, 0, 1e9),
  disk_written: sinceStart(facts('MBy', 0, 0, 1e12, 'counter')),
  disk_wear: facts('%', 0, 0, 110),
  outbox_depth: facts('1', 0, 0, 1e9),
  uplinks_connected: facts('1', 0, 0, 1000),
  uplinks_away: facts('1', 0, 0, 1000),
  bus_errors: sinceStart(events),
  gateway_restarts: events,
} as const satisfies Record<string, QuantityFacts>;

/** The name of a quantity: a key of the closed table. */
export type Quantity = keyof typeof quantities;

/** The table's names, in its order. */
export const quantityNames = Object.keys(quantities) as readonly Quantity[];

/** True if `name` stands in the closed table. */
export function isQuantity(name: string): name is Quantity {
  return Object.hasOwn(quantities, name);
}

/** Rounds `value` to the decimals that the quantity leaves the gateway with; never yields -0. */
export function rounded(quantity: Quantity, value: number): number {
  const scale = 10 ** quantities[quantity].decimals;
  return Math.round(value * scale) / scale + 0;
}
