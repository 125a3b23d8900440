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
      { value: `${input}s`, hint: `with its unit, such as ${input}s` },
    ];
  }
  if (typeof input === 'boolean') return [{ value: String(input), hint: `in quotes: '${input}'` }];
  if (typeof input !== 'string') return [];
  const text = input.trim().toLowerCase();
  const meant = [text, asName(text), text.replace(/\s/g, ''), text.replace(/\s*m(inutes?)?$/, 'min')];
  const isMeant = YES_AND_NO[text];
  return [
    ...(text === '' ? [] : [{ value: Number(text), hint: `without quotes: ${text}` }]),
    ...(isMeant === undefined ? [] : [{ value: isMeant, hint: `write ${isMeant}` }]),
    ...meant.map((value) => ({ value, hint: `did you mean ${value}?` })),
  ];
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
