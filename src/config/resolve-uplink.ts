import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { UplinkConfig } from './config.ts';
import { given } from './given.ts';
import type { Problem } from './problem.ts';
import type { Surroundings } from './resolve.ts';
import type { ConfigFile } from './schema.ts';
import type { Source } from './source.ts';

type UplinkFile = ConfigFile['uplinks'][string];

const FILES = ['passwordFile', 'caFile', 'certificateFile', 'keyFile'] as const;
const TLS_FILES = ['caFile', 'certificateFile', 'keyFile'] as const;

/** An uplink with its files found, and every problem of its keys with each other. */
export function resolvedUplink(
  name: string,
  uplink: UplinkFile,
  { gateway }: ConfigFile,
  { source, directory }: Surroundings,
): { uplink: UplinkConfig; problems: readonly Problem[] } {
  const { url, protocol, root, maxInFlight, batches, username, clientId = gateway.id } = uplink;
  const paths = FILES.flatMap((key) => {
    const path = uplink[key];
    return path === undefined ? [] : [[key, resolve(directory, path)] as const];
  });
  const missing = paths.flatMap(([key, path]): Problem[] => {
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) return [];
    const hint = 'put it there, or correct the path; it is relative to this file';
    return [source.at(['uplinks', name, key], `there is no file ${path}`, hint)];
  });
  const named = { name, url, protocol, root, maxInFlight, batches, clientId, ...given({ username }) };
  return {
    uplink: { ...named, ...Object.fromEntries(paths) },
    problems: [...missing, ...disagreements(name, uplink, source)],
  };
}

/** Keys that need or exclude each other. */
function disagreements(name: string, uplink: UplinkFile, source: Source): Problem[] {
  const { url, protocol, username, passwordFile, certificateFile, keyFile } = uplink;
  const base = ['uplinks', name];
  const problems: Problem[] = [];
  const unused = TLS_FILES.find((key) => uplink[key] !== undefined);
  if (unused && url.startsWith('mqtt:')) {
    const hint = 'write mqtts:// and the TLS port, usually 8883';
    problems.push(source.at([...base, 'url'], `mqtt:// is without TLS, so ${unused} would not be used`, hint));
  }
  if ((certificateFile === undefined) !== (keyFile === undefined)) {
    const [has, lacks] = keyFile === undefined ? ['certificateFile', 'keyFile'] : ['keyFile', 'certificateFile'];
    problems.push(source.atKey([...base, has], `"${has}" is of no use without "${lacks}"`, `write ${lacks} as well`));
  }
  // MQTT 3.1.1, 3.1.2.9: without a user name there must be no password. MQTT 5 allows it.
  if (protocol === '3.1.1' && passwordFile !== undefined && username === undefined) {
    const message = 'MQTT 3.1.1 has no password without a user name';
    problems.push(source.atKey([...base, 'passwordFile'], message, 'write username as well'));
  }
  return problems;
}
