import { expect } from 'vitest';
import { type Model, models, registersOf } from '../../drivers/eastron-sdm/registers.ts';
import type { Register } from '../../src/driver-kit.ts';
import type { Adapter, Vector } from './adapter.ts';

interface RegisterMap {
  readonly device: string;
  readonly function_code: string;
  readonly encoding: string;
  readonly registers: Readonly<Record<string, { readonly address: number }>>;
}

const MEASURANDS: Readonly<Record<string, string>> = {
  Voltage: 'voltage',
  Current: 'current',
  Power: 'active_power',
  ApparentPower: 'apparent_power',
  ReactivePower: 'reactive_power',
  Cosphi: 'power_factor',
  PhaseAngle: 'phase_angle',
  Frequency: 'frequency',
  Import: 'active_energy_import',
  Export: 'active_energy_export',
  Sum: 'active_energy_total',
  ReactiveImport: 'reactive_energy_import',
  ReactiveExport: 'reactive_energy_export',
  ReactiveSum: 'reactive_energy_total',
};

/**
 * Register maps of another project, named as it names them (`ApparentPowerL2`). Each register that a driver of ours
 * reads must stand there, at the same address; registers that we leave out are left out here too.
 */
export const modbusRegisterMaps: Adapter = ({ json }) => {
  const map = json as RegisterMap;
  const product = map.device
    .replace(/^Eastron/, '')
    .replaceAll(' ', '')
    .toLowerCase();
  const model = models.find((known) => known === product);
  if (!model) return [{ name: `${map.device}: not a model of ours`, run: () => expect(models).not.toContain(product) }];
  return [...form(map), ...registersOf(model).map((register) => sameAddress(model, register, map))];
};

function form(map: RegisterMap): Vector[] {
  const run = () => expect([map.function_code, map.encoding]).toEqual(['04', 'float32 ABCD']);
  return [{ name: `${map.device}: input registers, floats with the high word first`, run }];
}

function sameAddress(model: Model, { quantity, address, type }: Register, { registers }: RegisterMap): Vector {
  const theirs = Object.entries(registers).find(([name]) => quantityOf(name) === quantity);
  const run = () => expect([type, address]).toEqual(['float32', theirs?.[1].address]);
  return { name: `${model}: ${quantity} is their ${theirs?.[0]}`, run };
}

function quantityOf(name: string): string | undefined {
  const [, measurand = '', phase] = /^(.*?)(L[123])?$/.exec(name) ?? [];
  const known = MEASURANDS[measurand];
  return known && phase ? `${known}_${phase.toLowerCase()}` : known;
}
