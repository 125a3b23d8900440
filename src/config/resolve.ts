import { dirname, resolve } from 'node:path';
import type { LineSettings } from '../hal/serial.ts';
import { overfullBuses } from './bus-budget.ts';
import { reservedName, sharedBuses, sharedClients, sharedPlaces } from './clashes.ts';
import type { BusConfig, Config, DeviceConfig, HealthConfig, StorageConfig } from './config.ts';
import { given } from './given.ts';
import type { KnownDrivers } from './known-drivers.ts';
import type { Problem } from './problem.ts';
import { resolvedDevice } from './resolve-device.ts';
import { resolvedUplink } from './resolve-uplink.ts';
import type { ConfigFile } from './schema.ts';
import type { Source } from './source.ts';

/** What the file is read with. */
export interface Surroundings {
  readonly source: Source;
  readonly drivers: KnownDrivers;
}

/** Brings devices, drivers, buses and files together: a Config, and every problem that only shows then. */
export function resolved(file: ConfigFile, around: Surroundings): { config: Config; problems: readonly Problem[] } {
  const { source } = around;
  const found = Object.entries(file.devices).map(([name, device]) => resolvedDevice(name, device, file, around));
  const devices = found.flatMap(({ device }) => device ?? []);
  const lines = Object.entries(file.buses).map(([name, bus]) => resolvedBus(name, bus, devices, source));
  const buses = lines.map(({ bus }) => bus);
  const told = Object.entries(file.uplinks).map(([name, uplink]) => resolvedUplink(name, uplink, file, around));
  const uplinks = told.map(({ uplink }) => uplink);

  const { id, owner } = file.gateway;
  const health = resolvedHealth(file.gateway);
  return {
    config: {
      gateway: { id, owner },
      ...(health ? { health } : {}),
      ...(file.metrics ? { metrics: file.metrics } : {}),
      storage: resolvedStorage(file.storage, dirname(source.fileAt(['storage', 'path']))),
      buses,
      devices,
      uplinks,
    },
    problems: [
      ...[...found, ...lines, ...told].flatMap(({ problems }) => problems),
      ...reservedName(file, source),
      ...sharedPlaces(devices, source),
      ...sharedBuses(buses, source),
      ...overfullBuses(buses, devices, source),
      ...sharedClients(uplinks, source),
    ],
  };
}

function resolvedHealth({ health, location, governance }: ConfigFile['gateway']): HealthConfig | undefined {
  if (health === false) return undefined;
  return { periodMs: health, ...(location ? { location } : {}), ...(governance ? { governance } : {}) };
}

function resolvedStorage(storage: ConfigFile['storage'], directory: string): StorageConfig {
  const { path, commit, profile, quota, thinning, durability, clockWait } = storage;
  const commitMs = commit ?? (profile === 'ssd' ? 1000 : 5000);
  const limits = given({ quotaBytes: quota, thinning });
  return { directory: resolve(directory, path), commitMs, ...limits, durability, clockWaitMs: clockWait };
}

function resolvedBus(
  name: string,
  bus: ConfigFile['buses'][string],
  devices: readonly DeviceConfig[],
  source: Source,
): { bus: BusConfig; problems: readonly Problem[] } {
  if (bus.kind !== 'serial') return { bus: { name, ...bus }, problems: [] };
  const parts = devices.flatMap(({ bus, driver }) => (bus === name && driver.bus === 'serial' ? [driver] : []));
  const { kind, path, ...settings } = bus;
  const line: LineSettings = { ...STANDARD, ...parts[0]?.line, ...given(settings) };
  const rates = new Map(parts.map(({ part, line }) => [part, line.baudRate]));
  const isDisputed = new Set(rates.values()).size > 1 && bus.baudRate === undefined;
  const message = `its parts leave the factory with different baud rates: ${spoken(rates)}`;
  const hint = 'set them all to one rate, and write it here as baudRate';
  return {
    bus: { name, kind, path, ...line },
    problems: isDisputed ? [source.atKey(['buses', name], message, hint)] : [],
  };
}

const STANDARD: LineSettings = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 };

function spoken(rates: ReadonlyMap<string, number>): string {
  return Array.from(rates, ([part, rate]) => `${part} ${rate}`).join(', ');
}
