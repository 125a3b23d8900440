/**
 * "Representation of COSEM objects": a telegram's lines as objects, each an OBIS code and what it holds in brackets.
 */

/** One object: `1-0:1.8.1(000004.426*kWh)` has medium 1, channel 0, code `1.8.1` and one value. */
export interface CosemObject {
  readonly medium: number;
  readonly channel: number;
  readonly code: string;
  /** What stands between brackets, in order, brackets removed. */
  readonly values: readonly string[];
}

// Meters after IEC 62056-21 that know nothing of DSMR write the storage number too: `1-0:1.8.0*255(…)`.
const OBJECT = /^(\d+)-(\d+):(\d+\.\d+\.\d+)(?:\*\d+)?((?:\([^()]*\))+)$/;

/** The objects of a telegram, and whether every line was one; text messages may hold anything, so a few may not be. */
export function objectsOf(lines: readonly string[]): { readonly objects: CosemObject[]; readonly areAll: boolean } {
  const whole = joined(lines);
  const objects = whole.flatMap((line) => {
    const [, medium, channel, code, values] = OBJECT.exec(line) ?? [];
    if (code === undefined || values === undefined) return [];
    return [{ medium: Number(medium), channel: Number(channel), code, values: values.slice(1, -1).split(')(') }];
  });
  return { objects, areAll: objects.length === whole.length };
}

/** DSMR 2.2 and 3.0 break the line before the value of a gas, heat or water meter: a line that starts with a bracket. */
function joined(lines: readonly string[]): string[] {
  const whole: string[] = [];
  for (const line of lines) {
    if (line.startsWith('(') && whole.length > 0) whole.push(`${whole.pop()}${line}`);
    else if (line !== '') whole.push(line);
  }
  return whole;
}

/**
 * The version that the telegram says it is written by: `DSMR 5.0` from the Dutch object (50), `e-MUCS 50217` from the
 * Belgian one. Undefined for DSMR 2.2 and 3.0, which do not say, and for meters of other countries.
 */
export function versionOf(objects: readonly CosemObject[]): string | undefined {
  const told = (medium: number, channel: number, code: string) =>
    objects.find((o) => o.medium === medium && o.channel === channel && o.code === code)?.values[0];
  const dutch = told(1, 3, '0.2.8');
  if (dutch) return `DSMR ${dutch.slice(0, 1)}.${dutch.slice(1)}`;
  const belgian = told(0, 0, '96.1.4');
  return belgian ? `e-MUCS ${belgian}` : undefined;
}
