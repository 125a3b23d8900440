import * as v from 'valibot';
import { didYouMean } from './nearest.ts';
import type { Shape } from './shape.ts';

/** What was probably meant by `input`, which `schema` refuses: the first cure that it takes, or one of `words` like it. */
export function suggestion(input: unknown, schema: Shape, words: readonly string[]): string | undefined {
  const cured = cures(input).find(({ value }) => v.is(schema, value));
  return cured?.hint ?? didYouMean(String(input), words);
}

interface Cure {
  readonly value: unknown;
  readonly hint: string;
}

function cures(input: unknown): Cure[] {
  if (typeof input === 'number') {
    return [
      { value: String(input), hint: `in quotes: '${input}'` },
      ...UNITS.map((unit) => ({ value: input + unit, hint: `with its unit, such as ${input}${unit}` })),
    ];
  }
  if (typeof input === 'boolean') return [{ value: String(input), hint: `in quotes: '${input}'` }];
  if (typeof input !== 'string') return [];
  const text = input.trim().toLowerCase();
  const packed = text.replace(/\s/g, '');
  const meant = [text, asName(text), packed, text.replace(/\s*m(inutes?)?$/, 'min'), ...withUnits(packed)];
  const isMeant = YES_AND_NO[text];
  return [
    ...(text === '' ? [] : [{ value: Number(text), hint: `without quotes: ${text}` }]),
    ...(isMeant === undefined ? [] : [{ value: isMeant, hint: `write ${isMeant}` }]),
    ...meant.map((value) => ({ value, hint: `did you mean ${value}?` })),
  ];
}

const UNITS = ['s', 'MiB', 'kbit/s'];

/** As units are written, of a text in small letters and without spaces. */
function withUnits(text: string): string[] {
  const size = /^([\d.]+)([kmg])(i?)b?$/.exec(text);
  const line = /^([\d.]+)([km])(?:bit\/s|bits|b\/s|bps|bit)$/.exec(text);
  const [, amount = '', prefix = '', binary] = size ?? line ?? [];
  if (size) return [`${amount}${prefix === 'k' && !binary ? 'k' : prefix.toUpperCase()}${binary}B`];
  return line ? [`${amount}${prefix === 'm' ? 'M' : prefix}bit/s`] : [];
}

/** YAML 1.2 takes these for texts. */
const YES_AND_NO: Readonly<Record<string, boolean>> = {
  yes: true,
  on: true,
  true: true,
  no: false,
  off: false,
  false: false,
};

function asName(text: string): string {
  return text.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
}
