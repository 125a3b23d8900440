import type { LineSettings } from '../hal/serial.ts';
import type { Found } from './scan.ts';

/** A bus as it stands in YAML. */
export interface NamedBus {
  readonly name: string;
  readonly kind: 'i2c' | 'serial' | 'onewire' | 'gpio';
  /** The device file, or the chip's label. */
  readonly path: string;
}

const NAME_LENGTH = 40;

/**
 * The `buses:` and `devices:` of what was found, as a config holds them. A device of which something is left to say is
 * written as a comment. Names are made of part and place; none is of `taken`.
 */
export function yamlOf(found: readonly Found[], buses: readonly NamedBus[], taken: Iterable<string> = []): string {
  const names = new Set(taken);
  const used = buses.filter(({ name }) => found.some(({ bus }) => bus === name));
  const busLines = used.map((bus) => busLine(bus, found.find((one) => one.bus === bus.name && one.line)?.line));
  const isI2c = ({ bus }: Found) => used.some(({ name, kind }) => name === bus && kind === 'i2c');
  const deviceLines = found.flatMap((one) => deviceOf(one, nameOf(one, isI2c(one), names), isI2c(one)));
  const areAllOpen = found.every(({ unsaid }) => unsaid !== undefined);
  return [
    `buses:${used.length === 0 ? ' {}' : ''}`,
    ...busLines,
    '',
    `devices:${areAllOpen ? ' {}' : ''}`,
    ...deviceLines,
    '',
  ].join('\n');
}

function busLine({ name, kind, path }: NamedBus, line: LineSettings | undefined): string {
  return `  ${name}: ${flow({ kind, [kind === 'gpio' ? 'chip' : 'path']: path, ...line })}`;
}

function deviceOf(one: Found, name: string, isI2c: boolean): string[] {
  const { driver, bus, address, id, options, unsaid } = one;
  const facts = { driver, bus, ...(address !== undefined && { address }), ...(id !== undefined && { id }) };
  const entry = `${name}: ${flow({ ...facts, ...(options && { options }) }, isI2c)}`;
  const told = Object.entries(one.identity).map(([fact, value]) => `${FACTS[fact] ?? fact} ${value}`);
  const comment = told.length > 0 ? [`  # ${told.join(', ')}`] : [];
  return unsaid === undefined ? [...comment, `  ${entry}`] : [...comment, `  # ${unsaid}`, `  #${entry}`];
}

const FACTS: Readonly<Record<string, string>> = { part: 'says that it is', serialNumber: 'number' };

/** `sht4x-i2c-1-44`: what it is, its bus, and where it is there. Numbered where another is called so. */
function nameOf(
  { driver, bus, address, id, identity, options = {} }: Found,
  isI2c: boolean,
  names: Set<string>,
): string {
  const place = id?.slice(-6) ?? (address === undefined ? identity.serialNumber : address.toString(isI2c ? 16 : 10));
  const end = place === undefined ? '' : `-${plain(place)}`;
  // Where a driver serves several parts, its options say which.
  const begin = `${options['model'] ?? options['part'] ?? driver}-${bus}`;
  for (let count = 1; ; count += 1) {
    const tail = count === 1 ? end : `${end}-${count}`;
    const name = `${plain(begin.slice(0, NAME_LENGTH - tail.length))}${tail}`;
    if (names.has(name)) continue;
    names.add(name);
    return name;
  }
}

/** What can stand in a name. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
}

/** `{ key: value }` on one line; an I2C address in hexadecimal, as its datasheet writes it. */
function flow(facts: Readonly<Record<string, unknown>>, isI2c = false): string {
  const shown = Object.entries(facts).map(([key, value]) => {
    if (key === 'address' && isI2c) return `address: 0x${Number(value).toString(16).padStart(2, '0')}`;
    return `${key}: ${typeof value === 'object' && value !== null ? flow({ ...value }) : scalar(value)}`;
  });
  return `{ ${shown.join(', ')} }`;
}

/** A text without quotes only where nobody can take it for anything else. */
function scalar(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  const isPlain =
    /^([a-z/][a-z0-9/._:-]*|[0-9a-f]{2}-[0-9a-f]{12})$/i.test(value) &&
    !/^(true|false|null|yes|no|on|off)$/i.test(value);
  return isPlain && !value.endsWith(':') ? value : JSON.stringify(value);
}
