import * as v from 'valibot';
import { didYouMean } from './nearest.ts';
import { type Shape, wordsOf } from './shape.ts';

/** What was probably meant by `input` where `schema` refuses it: a word like it, or the first cure that the schema takes. */
export function suggestion(input: unknown, schema: Shape): string | undefined {
  const cured = cures(input).find(({ value }) => v.is(schema, value));
  return cured?.hint ?? didYouMean(String(input), wordsOf(schema));
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
  const meant = [text, text.replace(/\s/g, ''), text.replace(/\s*m(inutes?)?$/, 'min'), asName(text)];
  return [
    ...(text === '' ? [] : [{ value: Number(text), hint: `without quotes: ${text}` }]),
    { value: YES_AND_NO[text], hint: `write ${YES_AND_NO[text]}` },
    ...meant.map((value) => ({ value, hint: `did you mean ${value}?` })),
  ];
}

/** YAML 1.2 takes these for texts. */
const YES_AND_NO: Readonly<Record<string, boolean>> = { yes: true, on: true, true: true, no: false, off: false, false: false };

function asName(text: string): string {
  return text
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40);
}
