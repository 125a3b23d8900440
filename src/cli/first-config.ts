import { fileURLToPath } from 'node:url';
import { parseConfig } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import type { Context } from './command.ts';
import type { Answers, Key } from './questions.ts';

const SCHEMA = fileURLToPath(new URL('../../../config/dorpel.schema.json', import.meta.url));

/** A config of these answers; `parts` are its `buses:` and `devices:`. */
export function firstConfig(
  { id = '', owner = '', latitude, longitude, contact, url }: Answers,
  parts: string,
): string {
  const isPlaced = latitude !== undefined || longitude !== undefined;
  const place = {
    ...(latitude && { latitude: numeric(latitude) }),
    ...(longitude && { longitude: numeric(longitude) }),
  };
  return [
    `# yaml-language-server: $schema=${SCHEMA}`,
    '#',
    '# Written by dorpel init. dorpel check --config FILE says whether it is right; gateway.example.yaml, beside the schema,',
    '# explains every key.',
    '',
    'gateway:',
    `  id: ${JSON.stringify(id)}`,
    `  owner: ${JSON.stringify(owner)}`,
    ...(isPlaced ? [`  location: ${flow(place)}`] : []),
    ...(contact ? [`  governance: ${flow({ contact })}`] : []),
    '',
    parts,
    `uplinks:${url ? '' : ' {}'}`,
    ...(url ? [`  platform: ${flow({ url })}`] : []),
    '',
  ].join('\n');
}

const numeric = (text: string) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);

const flow = (facts: object) => {
  const shown = Object.entries(facts).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `{ ${shown.join(', ')} }`;
};

const STAND_IN: Answers = { id: 'gateway', owner: 'owner', latitude: '0', longitude: '0' };

/** What the loader says against one answer; undefined where it is right. */
export async function problemWith(key: Key, answer: string, drivers: Context['drivers']): Promise<string | undefined> {
  const text = firstConfig({ ...STAND_IN, [key]: answer }, '');
  try {
    await parseConfig(key, text, drivers);
    return undefined;
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    return cause.problems.map(({ message, hint }) => (hint ? `${message}; ${hint}` : message)).join('; ');
  }
}
