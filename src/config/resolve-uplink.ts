import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { OWN_DEVICE } from '../model/own-device.ts';
import { isQuantity, quantityNames } from '../model/quantity.ts';
import type { UplinkConfig } from './config.ts';
import { given } from './given.ts';
import { namedFile } from './named-file.ts';
import { didYouMean } from './nearest.ts';
import type { Problem } from './problem.ts';
import type { Surroundings } from './resolve.ts';
import type { ConfigFile } from './schema.ts';
import type { Source } from './source.ts';
import { noSecretFile } from './without-secrets.ts';

type UplinkFile = ConfigFile['uplinks'][string];

const FILES = ['passwordFile', 'caFile', 'certificateFile', 'keyFile'] as const;
const TLS_FILES = ['caFile', 'certificateFile', 'keyFile'] as const;

/** An uplink with its files found, and every problem of its keys with each other. */
export function resolvedUplink(
  name: string,
  uplink: UplinkFile,
  file: ConfigFile,
  { source }: Surroundings,
): { uplink: UplinkConfig; problems: readonly Problem[] } {
  const paths = FILES.flatMap((key) => {
    const path = uplink[key];
    return path === undefined ? [] : [[key, namedFile(dirname(source.fileAt(['uplinks', name])), path)] as const];
  });
  const missing = paths.flatMap(([key, path]): Problem[] => {
    if (isReadable(path)) return [];
    return [source.at(['uplinks', name, key], ...noSecretFile(uplink[key] ?? '', path))];
  });
  return {
    uplink: { name, ...reached(uplink, file.gateway.id), ...told(uplink), ...Object.fromEntries(paths) },
    problems: [...missing, ...disagreements(name, uplink, source), ...selectionProblems(name, uplink, file, source)],
  };
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function reached({ url, protocol, clientId, username, keepalive, canary }: UplinkFile, id: string) {
  const keepaliveSeconds = Math.ceil(keepalive / 1000);
  return { url, protocol, clientId: clientId ?? id, keepaliveSeconds, canary, ...given({ username }) };
}

function told(uplink: UplinkFile) {
  const { root, maxInFlight, batches, drainRate, drainDelay, refusedFor, devices, quantities } = uplink;
  const pace = { maxInFlight, batches, drainRate, drainDelayMs: drainDelay, refusedForMs: refusedFor };
  return { root, ...pace, ...given({ devices, quantities: quantities?.filter(isQuantity) }) };
}

/** Names in a selection that nothing has: a typo here would be a gap that nobody sees. */
function selectionProblems(
  name: string,
  uplink: UplinkFile,
  { devices, gateway }: ConfigFile,
  source: Source,
): Problem[] {
  const base = ['uplinks', name];
  const own = gateway.health === false ? [] : [OWN_DEVICE];
  const known = Object.keys(devices);
  const strangers = (uplink.devices ?? []).flatMap((device, index): Problem[] => {
    // A device that is wrong itself has been told already.
    if (own.includes(device) || source.has(['devices', device])) return [];
    const listed = known.length > 0 ? `devices: ${known.join(', ')}` : 'there are none';
    const hint = didYouMean(device, [...known, ...own]) ?? listed;
    return [source.at([...base, 'devices', index], `there is no device called "${device}"`, hint)];
  });
  const unheard = (uplink.quantities ?? []).flatMap((quantity, index): Problem[] => {
    if (isQuantity(quantity)) return [];
    const hint = didYouMean(quantity, quantityNames) ?? 'the README of each driver lists what it measures';
    return [source.at([...base, 'quantities', index], `there is no quantity called "${quantity}"`, hint)];
  });
  return [...strangers, ...unheard];
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
