import { nearest } from '../config/nearest.ts';
import type { DriverRegister } from '../driver-kit.ts';
import { OWN_QUANTITIES } from '../health/own-sensor.ts';
import { OWN_DEVICE } from '../model/own-device.ts';
import { isQuantity, type Kind, type Quantity, quantities, quantityNames } from '../model/quantity.ts';
import { parsed } from './arguments.ts';
import { type Command, UsageError } from './command.ts';
import { CODES } from './explained-codes.ts';
import { meaningOf } from './explained-quantities.ts';
import { FAULTS, LOSSES, QUALITIES, REFUSALS, WHYS } from './explained-words.ts';
import { JSON_OUT } from './options.ts';
import { folded } from './terminal.ts';

/** Every word that has an explanation, by what it is. */
export const EXPLAINED: readonly (readonly [is: string, words: Readonly<Record<string, string>>])[] = [
  ['a fault of a device', FAULTS],
  ['a quality', QUALITIES],
  ['a word beside a quality', WHYS],
  ['a code of the log', CODES],
  ['a reason of a loss', LOSSES],
  ['a refusal of a platform', REFUSALS],
];

/** One meaning of a word. */
export interface Explanation {
  readonly word: string;
  readonly is: string;
  readonly text: string;
}

export const explain: Command = {
  summary: 'Explains a quantity, or a word of an error, a quality or the log.',
  usage: 'dorpel explain QUANTITY|WORD [--json]',
  options: JSON_OUT,
  example: 'dorpel explain checksum',
  exitCodes: { 0: 'explained', 2: 'nobody knows the word' },
  async run(args, { stdout, drivers }) {
    const { values, positionals } = parsed(args, JSON_OUT);
    const [word] = positionals;
    if (word === undefined || positionals.length > 1) throw new UsageError('explain what? A word, such as checksum');
    const found = await explanationsOf(word, drivers.register);
    if (values.json) stdout.write(`${JSON.stringify(found)}\n`);
    else stdout.write(found.map((one) => shown(one, stdout.columns ?? 80)).join('\n'));
    return 0;
  },
};

/** All that a word means here. Throws a UsageError that names the nearest word where it means nothing. */
export async function explanationsOf(word: string, register: DriverRegister): Promise<readonly Explanation[]> {
  const found = EXPLAINED.flatMap(([is, words]) => {
    const text = Object.hasOwn(words, word) ? words[word] : undefined;
    return text === undefined ? [] : [{ word, is, text }];
  });
  if (isQuantity(word)) return [{ word, is: 'a quantity', text: await quantityText(word, register) }, ...found];
  if (found.length > 0) return found;
  const known = [...quantityNames, ...EXPLAINED.flatMap(([, words]) => Object.keys(words))];
  const meant = nearest(word, known);
  const elsewhere = 'words of one part stand in the README of its driver';
  throw new UsageError(`nothing is known of ${word}; ${meant ? `did you mean ${meant}?` : elsewhere}`);
}

const KINDS: Readonly<Record<Kind, string>> = {
  instant: 'as it is at the moment',
  mean: 'averaged over the interval',
  sum: 'what came together in the interval',
  counter: 'a counter, of which the differences count',
  state: 'a state, which holds until the next',
};

async function quantityText(quantity: Quantity, register: DriverRegister): Promise<string> {
  const { unit, decimals, min, max, kind } = quantities[quantity];
  const facts = [
    `${meaningOf(quantity) ?? quantity}.`,
    `Unit ${unit} (UCUM), ${decimals} decimals, ${KINDS[kind]}.`,
    `Plausible from ${min} to ${max}: what is beyond is told as out_of_range.`,
    `Measured by: ${(await measuring(quantity, register)).join(', ')}.`,
  ];
  return facts.join(' ');
}

/** Drivers that measure it; those that read whatever the config describes are named as such. */
async function measuring(quantity: Quantity, register: DriverRegister): Promise<readonly string[]> {
  const own = OWN_QUANTITIES.some((one) => one === quantity) ? [`the gateway itself (device ${OWN_DEVICE})`] : [];
  const loaded = await Promise.all(Object.values(register).map(async ([load]) => (await load()).driver));
  const any = loaded.filter(({ measures }) => measures === quantityNames).map(({ part }) => part);
  const named = loaded.filter(({ measures }) => measures !== quantityNames && measures.includes(quantity));
  const configured =
    any.length > 0 && own.length === 0 ? [`${any.join(', ')} (where a register is given in YAML)`] : [];
  return [...own, ...named.map(({ part }) => part), ...configured];
}

function shown({ word, is, text }: Explanation, columns: number): string {
  return `${word}: ${is}\n${folded(text, Math.max(40, Math.min(columns, 100) - 2))
    .map((line) => `  ${line}\n`)
    .join('')}`;
}
