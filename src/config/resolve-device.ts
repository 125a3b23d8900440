import { dirname } from 'node:path';
import type { Driver } from '../driver-kit.ts';
import { type Quantity, quantities } from '../model/quantity.ts';
import type { Rules } from '../pipeline/pipeline.ts';
import { addressesOf, shownAddress, shownAddresses } from './address.ts';
import type { DeviceConfig } from './config.ts';
import { milliseconds } from './fields.ts';
import { given } from './given.ts';
import { checked } from './issues.ts';
import type { KnownDrivers } from './known-drivers.ts';
import { didYouMean } from './nearest.ts';
import type { Problem } from './problem.ts';
import type { Surroundings } from './resolve.ts';
import type { ConfigFile } from './schema.ts';
import { withoutSecrets, withSecrets } from './secrets.ts';
import type { Shape } from './shape.ts';
import type { Path, Source } from './source.ts';

type DeviceFile = ConfigFile['devices'][string];

/** A device as the file has it, with its driver. */
interface Known {
  readonly base: Path;
  readonly device: DeviceFile;
  readonly driver: Driver;
  readonly source: Source;
}

/** A device with its driver, and every problem of the two with each other and with the bus. */
export function resolvedDevice(
  name: string,
  device: DeviceFile,
  file: ConfigFile,
  { source, drivers }: Surroundings,
): { device?: DeviceConfig; problems: readonly Problem[] } {
  const base = ['devices', name];
  const found = drivers.loaded.get(device.driver);
  if (!found) {
    const unknown = unknownDriver(device.driver, drivers, (...words) => source.at([...base, 'driver'], ...words));
    return { problems: [...unknown, ...(file.buses[device.bus] ? [] : busProblems({ base, device, source }, file))] };
  }
  const { driver } = found;
  const known = { base, device, driver, source };
  const at = { source, base: [...base, 'options'] };
  const secrets = withSecrets(device.options, driver.options as Shape, {
    ...at,
    directory: dirname(source.fileAt(base)),
  });
  const options = checked(driver.options, secrets.options, at);
  const problems = [
    ...secrets.problems,
    ...options.problems,
    ...busProblems(known, file),
    ...addressProblems(known),
    ...oneWireProblems(known),
    ...periodProblems(known, options.output),
    ...streamProblems(known),
    ...(options.output ? functionProblems(known, options.output) : []),
  ];
  if (!options.output || problems.length > 0) return { problems };
  return { device: { ...found, ...placed(name, known, file), options: options.output }, problems };
}

function unknownDriver(
  name: string,
  { names, problems }: KnownDrivers,
  tell: (message: string, hint: string) => Problem,
): Problem[] {
  // It may be in a file that could not be loaded: that has been told.
  if (problems.length > 0) return [];
  return [tell(`there is no driver called "${name}"`, didYouMean(name, names) ?? `drivers: ${names.join(', ')}`)];
}

function placed(
  name: string,
  { device, driver }: Known,
  { gateway }: ConfigFile,
): Omit<DeviceConfig, 'driver' | 'options'> {
  const location = device.location ?? gateway.location;
  const governance = { ...gateway.governance, ...device.governance };
  return {
    name,
    bus: device.bus,
    address: device.line ?? device.address ?? addressesOf(driver)?.[0] ?? 0,
    ...(device.id === undefined ? {} : { id: device.id }),
    activeLow: device.activeLow,
    written: withoutSecrets(device.options, driver.options as Shape),
    periodMs: device.period ?? milliseconds(driver.period.default),
    deadlineMs: device.deadline ?? milliseconds(driver.deadline ?? DEADLINE),
    part: device.part ?? driver.part.toUpperCase(),
    placement: device.placement,
    priority: device.priority,
    ...(location ? { location } : {}),
    ...(Object.keys(governance).length > 0 ? { governance } : {}),
    rules: rulesOf(device),
  };
}

// Most parts answer within a second. Ten leave room for a slow line, and for a start that asks several times.
const DEADLINE = '10s';

function busProblems(
  { base, device, driver, source }: Omit<Known, 'driver'> & { readonly driver?: Driver },
  { buses }: ConfigFile,
): Problem[] {
  const path = [...base, 'bus'];
  const bus = buses[device.bus];
  if (!bus) {
    // A bus that is wrong itself has been told already.
    if (source.has(['buses', device.bus])) return [];
    const names = Object.keys(buses);
    const hint =
      didYouMean(device.bus, names) ?? (names.length > 0 ? `buses: ${names.join(', ')}` : 'declare it under buses:');
    return [source.at(path, `there is no bus called "${device.bus}"`, hint)];
  }
  if (!driver || bus.kind === driver.bus) return [];
  const fit = Object.entries(buses).flatMap(([name, { kind }]) => (kind === driver.bus ? [name] : []));
  const hint = fit.length > 0 ? `of that kind: ${fit.join(', ')}` : `declare one with kind: ${driver.bus} under buses:`;
  return [source.at(path, `${driver.part} needs a bus of kind ${driver.bus}; ${device.bus} is ${bus.kind}`, hint)];
}

function addressProblems({ base, device, driver, source }: Known): Problem[] {
  if (driver.bus === 'gpio') {
    const wrong = device.address === undefined ? [] : [['address', 'it has a line instead: remove this'] as const];
    const hint = 'line: the offset in the chip, on a Raspberry Pi the BCM number';
    return [
      ...wrong.map(([key, hint]) => source.atKey([...base, key], `${driver.part} has no address`, hint)),
      ...(device.line === undefined ? [source.atKey(base, '"line" is missing', hint)] : []),
    ];
  }
  const onGpio = [device.line === undefined ? '' : 'line', device.activeLow ? 'activeLow' : ''].filter(Boolean);
  const problems = onGpio.map((key) =>
    source.atKey([...base, key], `"${key}" is for GPIO, and ${driver.part} is not on GPIO`, 'remove this'),
  );
  const { address } = device;
  if (address === undefined || addressesOf(driver)?.includes(address)) return problems;
  const path = [...base, 'address'];
  if (driver.bus === 'onewire' || !driver.addresses)
    return [...problems, source.atKey(path, `${driver.part} has no address`, 'remove this')];
  const message = `${driver.part} cannot have address ${shownAddress(driver, address)}`;
  return [...problems, source.at(path, message, `it can have ${shownAddresses(driver)}`)];
}

function oneWireProblems({ base, device: { id }, driver, source }: Known): Problem[] {
  if (driver.bus !== 'onewire') {
    if (id === undefined) return [];
    return [source.atKey([...base, 'id'], `"id" is for 1-Wire, and ${driver.part} is not on 1-Wire`, 'remove this')];
  }
  if (id === undefined) return [source.atKey(base, '"id" is missing', 'id: a folder of /sys/bus/w1/devices')];
  if (driver.families.includes(id.slice(0, 2))) return [];
  const hint = `its number begins with ${driver.families.join(', ')}`;
  return [source.at([...base, 'id'], `${driver.part} cannot have the number ${id}`, hint)];
}

function periodProblems({ base, device, driver, source }: Known, options: object | undefined): Problem[] {
  const { least, why } = driver.period;
  const periodMs = device.period ?? milliseconds(driver.period.default);
  const problem = (seldom: string, because: string | undefined): Problem => {
    const message = `${driver.part} cannot be read so often${because ? `: ${because}` : ''}`;
    const hint = `write a period of ${seldom} or more`;
    return device.period === undefined
      ? source.atKey(base, message, hint)
      : source.at([...base, 'period'], message, hint);
  };
  if (periodMs < milliseconds(least)) return [problem(least, why)];
  const own = options && driver.leastPeriod?.(options);
  return own && periodMs < own.seconds * 1000 ? [problem(shownSeconds(own.seconds), own.why)] : [];
}

/** As people write it, where it is whole minutes or hours. */
function shownSeconds(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}min` : `${seconds}s`;
}

// Beyond this, the list of what a part measures is in its README.
const LISTED = 12;

function streamProblems({ base, device, driver, source }: Known): Problem[] {
  const { part, measures } = driver;
  const list = measures.length > LISTED ? `drivers/${part}/README.md lists them` : `it measures ${measures.join(', ')}`;
  return Object.entries(device.streams).flatMap(([stream, { min, max, alert }]): Problem[] => {
    const path = [...base, 'streams', stream];
    if (!measures.some((quantity) => quantity === stream)) {
      return [source.atKey(path, `${part} does not measure "${stream}"`, didYouMean(stream, measures) ?? list)];
    }
    const range = quantities[stream as Quantity];
    const believed = { min: min ?? range.min, max: max ?? range.max };
    if (believed.min < believed.max) return alert ? alertProblems(alert, believed, [...path, 'alert'], source) : [];
    const message = `no value is between ${believed.min} and ${believed.max}`;
    const hint = `without min and max: ${range.min} to ${range.max} ${range.unit}`;
    return [source.at([...path, min === undefined ? 'max' : 'min'], message, hint)];
  });
}

/** A driver's own functions of its options: what fails here would fail again at run time, for all devices. */
function functionProblems({ base, driver, source }: Known, options: object): Problem[] {
  const { part, measures } = driver;
  try {
    const streams = driver.streams?.(options) ?? measures;
    if (driver.bus === 'serial') driver.selectedBy?.(options);
    if (driver.bus === 'serial') driver.busyMs?.(options, { baudRate: driver.line.baudRate, periodMs: 1000 });
    if (driver.bus === 'onewire') driver.busyMs?.(options);
    if (driver.bus === 'gpio') driver.furtherLines?.(options);
    if (Array.isArray(streams) && streams.every((one) => measures.includes(one))) return [];
    throw new TypeError('its streams(options) should be a list of what it measures');
  } catch (cause) {
    const message = `${part} fails with these options: ${String(cause)}`;
    return [source.atKey([...base, 'options'], message, 'a bug of the driver: tell who wrote it')];
  }
}

type AlertFile = NonNullable<DeviceFile['streams'][string]['alert']>;

/** An alert that always holds, or never can: what is told as out_of_range is not believed, and raises none. */
function alertProblems(
  { above, below }: AlertFile,
  { min, max }: { readonly min: number; readonly max: number },
  path: Path,
  source: Source,
): Problem[] {
  const problems: Problem[] = [];
  if (above !== undefined && above >= max) {
    const hint = `write less than ${max}, or raise max`;
    problems.push(source.at([...path, 'above'], `values above ${max} are not believed, so none is an alert`, hint));
  }
  if (below !== undefined && below <= min) {
    const hint = `write more than ${min}, or lower min`;
    problems.push(source.at([...path, 'below'], `values below ${min} are not believed, so none is an alert`, hint));
  }
  if (above !== undefined && below !== undefined && above <= below) {
    const message = `every value is above ${above} or below ${below}`;
    problems.push(source.at([...path, 'above'], message, 'above is the greater of the two'));
  }
  return problems;
}

function rulesOf({ streams }: DeviceFile): Rules {
  const rules = Object.entries(streams).map(([quantity, stream]) => {
    const { calibrate, stuckAfter, ratePerMinute, priority, alert } = stream;
    const { min, max } = { ...quantities[quantity as Quantity], ...given({ min: stream.min, max: stream.max }) };
    const rule = { calibration: calibrate, stuckAfterMs: stuckAfter, ratePerMinute, priority };
    return [quantity, { min, max, ...given(rule), ...(alert ? { alert: given(alert) } : {}) }];
  });
  return Object.fromEntries(rules);
}
