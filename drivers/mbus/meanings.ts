/** Which quantity a record is, by what the meter measures; and the quirks of makers who say it in codes of their own. */
import type { Quantity } from '../../src/driver-kit.ts';
import type { DataRecord } from './records.ts';

export const kinds = ['heat', 'cooling', 'heat-cooling', 'water', 'gas', 'electricity'] as const;

/** What a meter measures, as the technician says it. */
export type Kind = (typeof kinds)[number];

/** "Device type identification": those that a kind may have. Others call themselves "other", "bus" or "unknown". */
export const MEDIA: Readonly<Record<Kind, readonly number[]>> = {
  heat: [0x04, 0x0c, 0x0d],
  cooling: [0x0a, 0x0b],
  'heat-cooling': [0x0d, 0x04, 0x0c],
  water: [0x06, 0x07, 0x15, 0x16, 0x17, 0x28],
  gas: [0x03],
  electricity: [0x02],
};
export const UNSAID_MEDIA: readonly number[] = [0x00, 0x0e, 0x0f];

/** What nearly every meter of a kind tells: for these a fault is told until the meter has said itself what it has. */
export const TOLD_BY_ALL: Readonly<Record<Kind, readonly Quantity[]>> = {
  heat: ['heat_energy', 'volume', 'volume_flow', 'heat_power', 'flow_temperature', 'return_temperature'],
  cooling: ['cooling_energy', 'volume', 'volume_flow', 'cooling_power', 'flow_temperature', 'return_temperature'],
  'heat-cooling': [
    'heat_energy',
    'cooling_energy',
    'volume',
    'volume_flow',
    'heat_power',
    'flow_temperature',
    'return_temperature',
  ],
  water: ['water_volume'],
  gas: ['gas_volume'],
  electricity: ['active_energy_import', 'active_power'],
};

/** By record name: the quantity where nothing qualifies the record, and where it says forward or backward. */
interface Directions {
  readonly plain: Quantity;
  readonly forward?: Quantity;
  readonly backward?: Quantity;
}

type Names = Readonly<Record<string, Directions>>;

const CARRIER: Names = {
  volume: { plain: 'volume', forward: 'volume' },
  'volume-flow': { plain: 'volume_flow' },
  'flow-temperature': { plain: 'flow_temperature' },
  'return-temperature': { plain: 'return_temperature' },
  'temperature-difference': { plain: 'temperature_difference' },
};

const HEAT: Names = {
  ...CARRIER,
  energy: { plain: 'heat_energy', forward: 'heat_energy', backward: 'cooling_energy' },
  power: { plain: 'heat_power' },
};

const NAMES: Readonly<Record<Kind, Names>> = {
  heat: HEAT,
  cooling: {
    ...CARRIER,
    energy: { plain: 'cooling_energy', forward: 'cooling_energy', backward: 'cooling_energy' },
    power: { plain: 'cooling_power' },
  },
  'heat-cooling': HEAT,
  water: {
    volume: { plain: 'water_volume', forward: 'water_volume' },
    'volume-flow': { plain: 'volume_flow' },
    'flow-temperature': { plain: 'flow_temperature' },
  },
  gas: {
    volume: { plain: 'gas_volume', forward: 'gas_volume' },
    'volume-flow': { plain: 'volume_flow' },
    'flow-temperature': { plain: 'flow_temperature' },
  },
  electricity: {
    energy: { plain: 'active_energy_import', forward: 'active_energy_import', backward: 'active_energy_export' },
    power: { plain: 'active_power', forward: 'active_power_import', backward: 'active_power_export' },
    voltage: { plain: 'voltage' },
    current: { plain: 'current' },
    frequency: { plain: 'frequency' },
    'reactive-energy': {
      plain: 'reactive_energy_import',
      forward: 'reactive_energy_import',
      backward: 'reactive_energy_export',
    },
    'reactive-power': { plain: 'reactive_power' },
    'apparent-energy': { plain: 'apparent_energy' },
    'apparent-power': { plain: 'apparent_power' },
  },
};

/** Quantities that have one of their own for a phase, a pair of phases, the neutral, or a tariff. */
const VARIANTS: ReadonlySet<Quantity> = new Set<Quantity>([
  ...(['voltage_l1', 'voltage_l2', 'voltage_l3', 'voltage_l1_l2', 'voltage_l2_l3', 'voltage_l3_l1'] as const),
  ...(['current_l1', 'current_l2', 'current_l3', 'current_n'] as const),
  ...(['active_power_l1', 'active_power_l2', 'active_power_l3'] as const),
  ...(['active_power_import_l1', 'active_power_import_l2', 'active_power_import_l3'] as const),
  ...(['active_power_export_l1', 'active_power_export_l2', 'active_power_export_l3'] as const),
  ...(['reactive_power_l1', 'reactive_power_l2', 'reactive_power_l3'] as const),
  ...(['apparent_power_l1', 'apparent_power_l2', 'apparent_power_l3'] as const),
  ...(['active_energy_import_l1', 'active_energy_import_l2', 'active_energy_import_l3'] as const),
  ...(['active_energy_export_l1', 'active_energy_export_l2', 'active_energy_export_l3'] as const),
  ...(['active_energy_import_t1', 'active_energy_import_t2', 'active_energy_import_t3'] as const),
  ...(['active_energy_export_t1', 'active_energy_export_t2', 'active_energy_export_t3'] as const),
  ...(['active_energy_import_t4', 'active_energy_export_t4'] as const),
]);

/** All that an M-Bus meter may tell here. */
export const measures: readonly Quantity[] = [
  ...new Set([
    ...Object.values(NAMES)
      .flatMap((names) => Object.values(names))
      .flatMap(({ plain, forward, backward }) => [plain, forward ?? plain, backward ?? plain]),
    ...VARIANTS,
  ]),
];

/** A quantity in its own unit is a record's value times this. A calorie is 4.1868 J here ("Mcal" of EN 13757-3). */
const FACTORS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  GJ: { Wh: 3.6e-6, J: 1e-9, cal: 4.1868e-9 },
  'kW.h': { Wh: 1e-3, J: 1 / 3.6e6, cal: 4.1868 / 3.6e6 },
  W: { W: 1, 'J/h': 1 / 3600 },
  m3: { m3: 1, ft3: 0.028316846592 },
  'm3/h': { 'm3/h': 1, 'm3/min': 60, 'm3/s': 3600 },
  // Makers without a code for it count reactive energy in Wh.
  'kV.A.h{reactive}': { varh: 1e-3, Wh: 1e-3 },
  'kV.A.h': { VAh: 1e-3 },
  var: { var: 1 },
  'V.A': { VA: 1 },
};

/** The factor from a record's unit to a quantity's; undefined where the one is not a unit of the other. */
export function factorOf(recordUnit: string, quantityUnit: string): number | undefined {
  return recordUnit === quantityUnit ? 1 : FACTORS[quantityUnit]?.[recordUnit];
}

const PHASES: readonly string[] = ['l1', 'l2', 'l3', 'n', 'l1-l2', 'l2-l3', 'l3-l1'];
/** What narrows a gas volume but leaves it the volume that is billed. */
const CONDITIONS: readonly string[] = ['base-conditions', 'uncorrected'];

/** The quantity that a record is the value of, whatever its storage; undefined where it is none of ours. */
export function quantityOf(record: DataRecord, kind: Kind, manufacturer = ''): Quantity | undefined {
  const { name, qualifiers, tariff, subunit } = standardised(record, manufacturer);
  const directions = NAMES[kind][name];
  if (!directions || subunit !== 0) return undefined;
  const others = qualifiers.filter((q) => q !== 'forward' && q !== 'backward' && !CONDITIONS.includes(q));
  const phase = others.length === 1 ? others[0] : undefined;
  if (others.length > 0 && !(phase && PHASES.includes(phase))) return undefined;
  const direction = qualifiers.find((q) => q === 'forward' || q === 'backward') ?? 'plain';
  const base = directions[direction as keyof Directions];
  if (!base || (!phase && tariff === 0)) return base;
  // A value of one tariff of one phase has no name.
  if (phase && tariff !== 0) return undefined;
  const variant = `${base}_${phase ? phase.replace('-', '_') : `t${tariff}`}`;
  return [...VARIANTS].find((known) => known === variant);
}

/**
 * Makers with a code of their own (behind VIFE `ff`) for the phase: 1, 2 and 3, with 0 for all of them. ABB: _A43/A44
 * User Manual_, "manufacturer specific VIFE"; EMU and Saia-Burgess: as third-party vectors show.
 */
const WITH_PHASE_CODES: readonly string[] = ['ABB', 'EMU', 'SBC'];

/** ABB counts what was fed in and what is reactive in subunits: _A43/A44 User Manual_, "DIFE … unit 3". */
const ABB_SUBUNITS: Readonly<Record<number, readonly [isReactive: boolean, direction: string]>> = {
  1: [false, 'backward'],
  2: [true, 'forward'],
  3: [true, 'backward'],
};

/** The record as it would be without its maker's quirks. */
function standardised(record: DataRecord, manufacturer: string): DataRecord {
  const phased = WITH_PHASE_CODES.includes(manufacturer) ? withStandardPhase(record) : record;
  const subunit = manufacturer === 'ABB' && phased.name === 'energy' ? ABB_SUBUNITS[phased.subunit] : undefined;
  if (!subunit) return phased;
  const [isReactive, direction] = subunit;
  const name = isReactive ? 'reactive-energy' : phased.name;
  return { ...phased, name, subunit: 0, qualifiers: [...phased.qualifiers, direction] };
}

function withStandardPhase(record: DataRecord): DataRecord {
  const { qualifiers, manufacturerCodes } = record;
  const [code = -1, ...rest] = manufacturerCodes;
  // ABB ends the codes with a 0, which says that there is no error.
  if (code < 0 || code > 3 || rest.some((other) => other !== 0)) return record;
  const others = qualifiers.filter((q) => q !== 'manufacturer');
  return { ...record, qualifiers: code === 0 ? others : [...others, `l${code}`], manufacturerCodes: [] };
}
