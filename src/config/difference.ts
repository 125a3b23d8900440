import { isDeepStrictEqual } from 'node:util';
import type { Config, DeviceConfig } from './config.ts';

/** What differs between two configs: names, each with the keys whose values are others. */
export interface Difference {
  readonly added: readonly Named[];
  readonly removed: readonly Named[];
  readonly changed: readonly (Named & { readonly keys: readonly string[] })[];
  /** What a gateway that runs cannot take over. */
  readonly needsRestart: readonly string[];
}

/** A thing in a config. */
export interface Named {
  readonly kind: 'bus' | 'device' | 'uplink';
  readonly name: string;
}

/** How `next` differs from `now`. What says the same in other words does not differ. */
export function difference(now: Config, next: Config): Difference {
  const kinds = [compared('bus', now.buses, next.buses), compared('device', now.devices, next.devices)];
  const uplinks = compared('uplink', now.uplinks, next.uplinks);
  const strange = [...uplinks.added, ...uplinks.removed];
  return {
    added: kinds.flatMap(({ added }) => added),
    removed: kinds.flatMap(({ removed }) => removed),
    changed: [...kinds, uplinks].flatMap(({ changed }) => changed),
    needsRestart: [
      ...changedKeys(now.gateway, next.gateway).map((key) => `gateway.${key}`),
      ...changedKeys(now.storage, next.storage).map((key) => `storage.${key}`),
      ...(isDeepStrictEqual(now.health, next.health) ? [] : ['gateway.health']),
      ...(isDeepStrictEqual(now.metrics, next.metrics) ? [] : ['metrics']),
      // The outbox keeps what each platform has had: which platforms there are it must know from its start.
      ...strange.map(({ name }) => `uplinks.${name}`),
    ],
  };
}

/** True where the second config means the same as the first. */
export function isSame({ added, removed, changed, needsRestart }: Difference): boolean {
  return added.length + removed.length + changed.length + needsRestart.length === 0;
}

/** The difference in words, a line for each thing. */
export function differenceText(difference: Difference): string[] {
  if (isSame(difference)) return ['nothing has changed'];
  const { added, removed, changed, needsRestart } = difference;
  return [
    ...added.map(({ kind, name }) => `+ ${kind} ${name}`),
    ...removed.map(({ kind, name }) => `- ${kind} ${name}`),
    ...changed.map(({ kind, name, keys }) => `~ ${kind} ${name}: ${keys.join(', ')}`),
    ...needsRestart.map((key) => `! ${key} takes a restart`),
  ];
}

type Part = { readonly name: string };

function compared(kind: Named['kind'], now: readonly Part[], next: readonly Part[]) {
  const before = new Map(now.map((part) => [part.name, part]));
  const after = new Map(next.map((part) => [part.name, part]));
  const named = (name: string): Named => ({ kind, name });
  return {
    added: next.filter(({ name }) => !before.has(name)).map(({ name }) => named(name)),
    removed: now.filter(({ name }) => !after.has(name)).map(({ name }) => named(name)),
    changed: next.flatMap((part) => {
      const keys = changedKeys(before.get(part.name) ?? part, part);
      return keys.length > 0 ? [{ ...named(part.name), keys }] : [];
    }),
  };
}

/** The keys whose values differ. */
function changedKeys(now: object, next: object): string[] {
  const [before, after] = [comparable(now), comparable(next)];
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].filter((key) => !isDeepStrictEqual(before.get(key), after.get(key)));
}

/**
 * What was loaded again is still the same: a driver is known by its name, and its simulated part goes with it. How the
 * options were written is not what they mean.
 */
function comparable(part: object): Map<string, unknown> {
  const { driver, simulation: _, written: __, ...rest } = part as Partial<DeviceConfig>;
  return new Map(Object.entries(driver === undefined ? rest : { driver: driver.part, ...rest }));
}
