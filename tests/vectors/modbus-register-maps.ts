import { expect } from 'vitest';
import { registersOf as abbRegisters } from '../../drivers/abb-b/registers.ts';
import { registersOf as carloGavazziRegisters } from '../../drivers/carlo-gavazzi-em/registers.ts';
import { models as eastronModels, registersOf as eastronRegisters } from '../../drivers/eastron-sdm/registers.ts';
import { registersOf as schneiderRegisters } from '../../drivers/schneider-iem3000/registers.ts';
import { type Register, wordsIn } from '../../src/driver-kit.ts';
import type { Adapter, Vector } from './adapter.ts';

interface RegisterMap {
  readonly device: string;
  readonly function_code: string;
  readonly encoding: string;
  /** For all registers whose name holds one of the words of the key: type, order and divisor, in a few words. */
  readonly rules?: Readonly<Record<string, string>>;
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

/** Whose maps these are, the function that reads them, and ours of the same products. */
const OTHERS: readonly (readonly [RegExp, string, Readonly<Record<string, readonly Register[]>>])[] = [
  [/^ABB A\/B/, '03', { b23: abbRegisters('b23'), b24: abbRegisters('b24') }],
  [/^Carlo Gavazzi EM24$/, '04', { em24: carloGavazziRegisters('em24') }],
  [/^Carlo Gavazzi .*330\/340/, '04', { em330: carloGavazziRegisters('em330'), em340: carloGavazziRegisters('em340') }],
  [/iEM3000/, '03', { iem3250: schneiderRegisters('iem3250'), iem3255: schneiderRegisters('iem3255') }],
];

/** Where the maker's document says otherwise than they: their address, and what the document says of it. */
const THEIR_ERRORS: Readonly<Record<string, readonly [number, string]>> = {
  'em24 active_energy_import': [0x0042, 'KWh(+) PAR, which can be reset; TOT is at 003E'],
};

/**
 * Register maps of another project, named as it names them (`ApparentPowerL2`). Of Eastron's meters, each register that a
 * driver of ours reads must stand there, at the same address; of the others', each that stands there and that we read.
 * Registers that we leave out are left out here too.
 */
export const modbusRegisterMaps: Adapter = ({ json }) => {
  const map = json as RegisterMap;
  const [, functionCode, ours] = OTHERS.find(([device]) => device.test(map.device)) ?? [];
  if (ours) {
    const run = () => expect(map.function_code).toBe(functionCode);
    const vectors = Object.entries(ours).flatMap(([model, registers]) => sameRegisters(model, registers, map));
    return [{ name: `${map.device}: function ${functionCode}`, run }, ...vectors];
  }
  const product = map.device
    .replace(/^Eastron/, '')
    .replaceAll(' ', '')
    .toLowerCase();
  const model = eastronModels.find((known) => known === product);
  if (!model) {
    return [{ name: `${map.device}: not a model of ours`, run: () => expect(eastronModels).not.toContain(product) }];
  }
  return [...form(map), ...eastronRegisters(model).map((register) => sameAddress(model, register, map))];
};

function form(map: RegisterMap): Vector[] {
  const run = () => expect([map.function_code, map.encoding]).toEqual(['04', 'float32 ABCD']);
  return [{ name: `${map.device}: input registers, floats with the high word first`, run }];
}

function sameAddress(model: string, { quantity, address, type }: Register, { registers }: RegisterMap): Vector {
  const theirs = Object.entries(registers).find(([name]) => quantityOf(name) === quantity);
  const run = () => expect([type, address]).toEqual(['float32', theirs?.[1].address]);
  return { name: `${model}: ${quantity} is their ${theirs?.[0]}`, run };
}

function sameRegisters(model: string, ours: readonly Register[], { registers, rules = {} }: RegisterMap): Vector[] {
  return Object.entries(registers).flatMap(([name, { address }]): Vector[] => {
    const register = ours.find(({ quantity }) => quantity === quantityOf(name));
    if (!register) return [];
    const [theirError, why] = THEIR_ERRORS[`${model} ${register.quantity}`] ?? [];
    const run = () => {
      expect(address).toBe(theirError ?? register.address);
      expect(formOf(register)).toEqual(ruledForm(name, register, rules));
    };
    return [{ name: `${model}: ${register.quantity} is their ${name}${why ? `, but theirs is ${why}` : ''}`, run }];
  });
}

const formOf = ({ type, order = 'ABCD', scale = 1 }: Register) => [type, wordsIn(type) === 1 ? '' : order, scale];

/** What their rules say of a register: `int32 low-word-first /10`, `float32 ABCD in kW (x1000 -> W)`. */
function ruledForm(name: string, { type }: Register, rules: Readonly<Record<string, string>>): unknown[] {
  const words = (key: string) => key.replaceAll('*', '').replace('U/I/f', 'Voltage/Current/F').split(/\/|, /);
  const [, rule = ''] = Object.entries(rules).find(([key]) => words(key).some((word) => name.includes(word))) ?? [];
  const [, divisor = '1'] = /\/(\d+)/.exec(rule) ?? [];
  const [, factor = '1'] = /\(x(\d+)/.exec(rule) ?? [];
  const order = /low-word-first/.test(rule) ? 'CDAB' : 'ABCD';
  return [rule.split(' ')[0], wordsIn(type) === 1 ? '' : order, Number(factor) / Number(divisor)];
}

function quantityOf(name: string): string | undefined {
  const [, measurand = '', phase] = /^(.*?)(L[123])?$/.exec(name) ?? [];
  const known = MEASURANDS[measurand];
  return known && phase ? `${known}_${phase.toLowerCase()}` : known;
}
