import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { isSecretKey, type Masker } from './secrets.ts';

/** Where secrets may be known from. */
export interface Sources {
  /** The config's text, and where it stands. */
  readonly text: string | undefined;
  readonly file: string | undefined;
  readonly config: Config | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** `passwordFile: city.pass`, in a line of its own or in braces. */
const FILE_KEY = /["']?(\w*(?:pass|key|secret|token|psk)\w*file)["']?\s*:\s*("[^"]*"|'[^']*'|[^\s,}#]+)/gi;
const USERINFO = /\b[a-z][a-z0-9+.-]*:\/\/([^\s/@'"]+)@/gi;

/**
 * Has the masker learn every secret that the gateway may have come across, so that it can be taken out of logs: the files
 * are read for that alone, and nothing of them is kept. Gives those that could not be read.
 */
export function learnSecrets(masker: Masker, { text = '', file, config, environment }: Sources): readonly string[] {
  for (const [key, value] of Object.entries(environment)) if (value && isSecretKey(key)) masker.learn(value);
  // An uplink may stand in a file that the config includes, and its password in the environment.
  const urls = [text, ...(config?.uplinks ?? []).map(({ url }) => url)].join('\n');
  for (const [, userinfo = ''] of urls.matchAll(USERINFO)) {
    for (const part of userinfo.split(':').slice(1)) masker.learn(decoded(part));
  }
  for (const { options, written } of config?.devices ?? []) {
    for (const key of written.withheld) masker.learn(String((options as Readonly<Record<string, unknown>>)[key]));
  }
  const unread: string[] = [];
  for (const path of new Set(filesIn(text, file, config))) {
    try {
      masker.learn(readFileSync(path, 'utf8'));
    } catch {
      unread.push(path);
    }
  }
  return unread;
}

function filesIn(text: string, file: string | undefined, config: Config | undefined): string[] {
  const named = [...text.matchAll(FILE_KEY)].map(([, , path = '']) => path.replaceAll(/^["']|["']$/g, ''));
  const beside = named.map((path) => resolve(file === undefined ? '.' : dirname(file), path));
  const ofUplinks = (config?.uplinks ?? []).flatMap(({ passwordFile, keyFile }) => [passwordFile, keyFile]);
  return [...beside, ...ofUplinks.filter((path) => path !== undefined)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that stands for itself
  }
}
