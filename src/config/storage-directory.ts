import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { YamlText } from './yaml-text.ts';

/**
 * Where the gateway of a config keeps its data, by the YAML alone: whoever only asks a gateway that runs needs neither
 * the schema nor the drivers, 8 MB. Undefined where it takes more to know, or where something is wrong.
 */
export function storageDirectory(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    if (/\$\{|^include:/m.test(text)) return undefined;
    const environment = { variables: {}, used: new Map<string, string>() };
    const { value } = new YamlText(file, text, { holds: 'keys', environment });
    const path: unknown = Object(Object(value)['storage'])['path'];
    return typeof path === 'string' ? resolve(dirname(file), path) : undefined;
  } catch {
    return undefined; // the whole of the config is loaded then, and says what is wrong
  }
}
