import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Driver } from '../driver-kit.ts';
import type { LineSettings } from '../hal/serial.ts';
import { quantities } from '../model/quantity.ts';
import type { Rules } from '../pipeline/pipeline.ts';
import type { BusConfig, Config, DeviceConfig, UplinkConfig } from './config.ts';
import { milliseconds } from './fields.ts';
import { checked } from './issues.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';
import type { ConfigFile } from './schema.ts';
import type { Source } from './source.ts';

interface Surroundings {
  readonly source: Source;
  readonly drivers: readonly Driver[];
  readonly directory: string;
}

type DeviceFile = ConfigFile['devices'][string];

/** Brings devices, drivers, buses and files together: a Config, and every problem that only shows then. */
export function resolved(file: ConfigFile, around: Surroundings): { config: Config; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const devices = Object.entries(file.devices).flatMap(([name, device]): DeviceConfig[] => {
    const found = resolvedDevice(name, device, file, around);
    problems.push(...found.problems);
    return found.device ? [found.device] : [];
  });
  problems.push(...clashes(devices, around.source));
  const buses = Object.entries(file.buses).flatMap(([name, bus]): BusConfig[] => {
    if (bus.kind !== 'serial') return [{ name, ...bus }];
    const parts = devices.filter((device) => device.bus === name);
    const found = lineOf(bus, parts);
    if (found.problem) problems.push(around.source.at(['buses', name], found.problem, 'set baudRate and parity here'));
    return [{ name, kind: 'serial', path: bus.path, ...found.line }];
  });
  const uplinks = Object.entries(file.uplinks).map(([name, uplink]) => resolvedUplink(name, uplink, file, around));
  problems.push(...uplinks.flatMap((uplink) => uplink.problems));

  const { id, owner } = file.gateway;
  const commitMs = file.storage.commit ?? (file.storage.profile === 'ssd' ? 1000 : 5000);
  const config: Config = {
    gateway: { id, owner },
    storage: { directory: resolve(around.directory, file.storage.path), commitMs },
    buses,
    devices,
    uplinks: uplinks.map(({ uplink }) => uplink),
  };
  return { config, problems };
}

function resolvedDevice(
  name: string,
  device: DeviceFile,
  file: ConfigFile,
  { source, drivers }: Surroundings,
): { device?: DeviceConfig; problems: readonly Problem[] } {
  const base = ['devices', name];
  const parts = drivers.map(({ part }) => part);
  const driver = drivers.find(({ part }) => part === device.driver);
  if (!driver) {
    const hint = didYouMean(device.driver, parts) ?? `drivers: ${parts.join(', ')}`;
    return { problems: [source.at([...base, 'driver'], `there is no driver called "${device.driver}"`, hint)] };
  }
  const options = checked(driver.options, device.options ?? {}, { source, base: [...base, 'options'] });
  const problems = [...options.problems, ...busProblems(base, device, driver, file, source)];
  const periodMs = device.period ?? milliseconds(driver.period.default);
  if (device.period !== undefined && periodMs < milliseconds(driver.period.least)) {
    problems.push(source.at([...base, 'period'], `${driver.part} can be read every ${driver.period.least} at most`));
  }
  for (const stream of Object.keys(device.streams)) {
    if (driver.measures.some((quantity) => quantity === stream)) continue;
    const hint = `it measures: ${driver.measures.join(', ')}`;
    problems.push(source.atKey([...base, 'streams', stream], `${driver.part} does not measure ${stream}`, hint));
  }
  if (!options.output || problems.length > 0) return { problems };

  const location = device.location ?? file.gateway.location;
  const governance = { ...file.gateway.governance, ...device.governance };
  return {
    problems,
    device: {
      name,
      driver,
      bus: device.bus,
      address: device.line ?? device.address ?? addressesOf(driver)?.[0] ?? 0,
      activeLow: device.activeLow,
      options: options.output,
      periodMs,
      part: device.part ?? driver.part.toUpperCase(),
      placement: device.placement,
      ...(location ? { location } : {}),
      ...(Object.keys(governance).length > 0 ? { governance } : {}),
      rules: rulesOf(device),
    },
  };
}

function busProblems(
  base: readonly string[],
  device: DeviceFile,
  driver: Driver,
  file: ConfigFile,
  source: Source,
): Problem[] {
  const bus = file.buses[device.bus];
  if (!bus) {
    const names = Object.keys(file.buses);
    const hint = didYouMean(device.bus, names) ?? `buses: ${names.join(', ') || 'none declared'}`;
    return [source.at([...base, 'bus'], `there is no bus called "${device.bus}"`, hint)];
  }
  if (bus.kind !== driver.bus) {
    return [source.at([...base, 'bus'], `${driver.part} needs a ${driver.bus} bus; ${device.bus} is ${bus.kind}`)];
  }
  if (driver.bus === 'gpio') {
    return device.line === undefined
      ? [source.atKey(base, '"line" is missing', 'line: the BCM number of the pin on a Raspberry Pi')]
      : [];
  }
  const addresses = addressesOf(driver);
  if (device.address === undefined) return [];
  if (!addresses) return [source.at([...base, 'address'], `${driver.part} has no address`, 'remove this line')];
  if (addresses.includes(device.address)) return [];
  const known =
    addresses.length > 8 ? `${addresses[0]} to ${addresses.at(-1)}` : addresses.map(shownAddress).join(', ');
  return [source.at([...base, 'address'], `${driver.part} cannot have address ${shownAddress(device.address)}`, known)];
}

/** Two devices in one place: on one address, one line, or a serial line that a part needs for itself. */
function clashes(devices: readonly DeviceConfig[], source: Source): Problem[] {
  return devices.flatMap((device, index): Problem[] => {
    const isAlone = device.driver.bus === 'serial' && !device.driver.addresses;
    const other = devices.slice(0, index).find(({ bus, address, driver }) => {
      const otherIsAlone = driver.bus === 'serial' && !driver.addresses;
      return bus === device.bus && (isAlone || otherIsAlone || address === device.address);
    });
    if (!other) return [];
    const place = isAlone ? `the line ${device.bus}` : `${device.bus}, ${shownAddress(device.address)}`;
    return [source.atKey(['devices', device.name], `${device.name} and ${other.name} are both on ${place}`)];
  });
}

function lineOf(
  bus: { [K in keyof LineSettings]?: LineSettings[K] | undefined },
  devices: readonly DeviceConfig[],
): { line: LineSettings; problem?: string } {
  const defaults: LineSettings = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 };
  const wanted = devices.flatMap(({ driver }) => (driver.bus === 'serial' ? [driver.line] : []));
  const line = { ...defaults, ...wanted[0], ...given(bus) };
  const settings: LineSettings = {
    baudRate: line.baudRate,
    dataBits: line.dataBits,
    parity: line.parity,
    stopBits: line.stopBits,
  };
  const isDisputed = wanted.some(({ baudRate }) => baudRate !== wanted[0]?.baudRate) && bus.baudRate === undefined;
  return isDisputed
    ? { line: settings, problem: 'its parts leave the factory with different baud rates' }
    : { line: settings };
}

function resolvedUplink(
  name: string,
  { root, maxInFlight, url, protocol, clientId, username, ...files }: ConfigFile['uplinks'][string],
  file: ConfigFile,
  { source, directory }: Surroundings,
): { uplink: UplinkConfig; problems: readonly Problem[] } {
  const paths = Object.fromEntries(
    Object.entries(files).flatMap(([key, path]) => (path === undefined ? [] : [[key, resolve(directory, path)]])),
  );
  const missing = Object.entries(paths).filter(([, path]) => !existsSync(path));
  return {
    uplink: {
      name,
      url,
      protocol,
      root,
      maxInFlight,
      clientId: clientId ?? file.gateway.id,
      ...(username === undefined ? {} : { username }),
      ...paths,
    },
    problems: missing.map(([key, path]) => source.at(['uplinks', name, key], `there is no file ${path}`)),
  };
}

function rulesOf(device: DeviceFile): Rules {
  return Object.fromEntries(
    Object.entries(device.streams).flatMap(([quantity, stream]) => {
      if (!stream) return [];
      const { min, max } = quantities[quantity as keyof typeof quantities];
      const { calibrate, stuckAfter, ratePerMinute } = stream;
      const rules = {
        min: stream.min ?? min,
        max: stream.max ?? max,
        ...given({ calibration: calibrate, stuckAfterMs: stuckAfter, ratePerMinute }),
      };
      return [[quantity, rules]];
    }),
  );
}

function addressesOf(driver: Driver): readonly number[] | undefined {
  return driver.bus === 'gpio' ? undefined : driver.addresses;
}

function shownAddress(address: number): string {
  return `0x${address.toString(16)}`;
}

function didYouMean(word: string, words: readonly string[]): string | undefined {
  const meant = nearest(word, words);
  return meant && `did you mean ${meant}?`;
}

/** Without the keys that are undefined. */
function given<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
