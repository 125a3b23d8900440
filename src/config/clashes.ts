import { realpathSync } from 'node:fs';
import { OWN_DEVICE } from '../model/own-device.ts';
import { shownAddress } from './address.ts';
import type { BusConfig, DeviceConfig, UplinkConfig } from './config.ts';
import type { Problem } from './problem.ts';
import type { ConfigFile } from './schema.ts';
import type { Source } from './source.ts';

/** A device that is called as the gateway itself is; wrong also where that does not measure itself now, for it may later. */
export function reservedName({ devices }: Pick<ConfigFile, 'devices'>, source: Source): Problem[] {
  if (!(OWN_DEVICE in devices)) return [];
  const hint = 'give it another name, such as gateway-room';
  return [source.atKey(['devices', OWN_DEVICE], `${OWN_DEVICE} is what the gateway itself is called`, hint)];
}

/** Two devices in one place: on one address, one GPIO line, or a serial line that a part needs for itself. */
export function sharedPlaces(devices: readonly DeviceConfig[], source: Source): Problem[] {
  return devices.flatMap((device, index): Problem[] => {
    const { name, bus, driver, address } = device;
    const others = devices.slice(0, index).filter((other) => other.bus === bus);
    const alone = others.find((other) => isAlone(other) || isAlone(device));
    if (alone) {
      const message = isAlone(device)
        ? `${driver.part} needs a serial line for itself, and ${alone.name} is on ${bus} too`
        : `${alone.name} is on ${bus} too, and ${alone.driver.part} needs a serial line for itself`;
      return [source.at(['devices', name, 'bus'], message, 'give each a bus of its own')];
    }
    const twice = sharedLine(device, others);
    if (twice) return [source.at(['devices', name, twice.key], twice.message, 'give each a line of its own')];
    const same = others.find((other) => calledBy(other) === calledBy(device));
    if (!same) return [];
    const selected = selectionOf(device);
    if (selected !== undefined) {
      const message = `${same.name} is selected by ${selected} on ${bus} too`;
      return [source.at(['devices', name, 'options'], message, 'give each the number of its own part')];
    }
    const { id } = device;
    if (id !== undefined) {
      return [source.at(['devices', name, 'id'], `${same.name} is ${id} of ${bus} too`, 'give each its own number')];
    }
    const key = driver.bus === 'gpio' ? 'line' : 'address';
    const message = `${same.name} is at ${key} ${shownAddress(driver, address)} of ${bus} too`;
    const hint = driver.bus === 'gpio' ? 'give each a line of its own' : 'give each an address, or a bus, of its own';
    return [source.at(['devices', name, key], message, hint)];
  });
}

/** What is said of a GPIO line that has two parts on it, where one of them names it in its options. */
function sharedLine(
  device: DeviceConfig,
  others: readonly DeviceConfig[],
): { readonly key: 'line' | 'options'; readonly message: string } | undefined {
  const { bus, driver, address } = device;
  const further = furtherLines(device);
  if (further.includes(address)) {
    return { key: 'line', message: `${driver.part} needs different lines, and has ${address} of ${bus} twice` };
  }
  for (const other of others) {
    const theirs = [other.address, ...furtherLines(other)];
    const line = [address, ...further].find((line) => theirs.includes(line));
    const isNamed = line !== undefined && (line !== address || line !== other.address);
    const key = line === address ? 'line' : 'options';
    if (isNamed) return { key, message: `${other.name} is at line ${line} of ${bus} too` };
  }
  return undefined;
}

function furtherLines({ driver, options }: DeviceConfig): readonly number[] {
  return driver.bus === 'gpio' ? (driver.furtherLines?.(options) ?? []) : [];
}

/** Most devices are called by their address; some drivers' options name another way. */
function calledBy(device: DeviceConfig): string {
  return selectionOf(device) ?? device.id ?? String(device.address);
}

function selectionOf({ driver, options }: DeviceConfig): string | undefined {
  return driver.bus === 'serial' ? driver.selectedBy?.(options) : undefined;
}

function isAlone({ driver }: DeviceConfig): boolean {
  return driver.bus === 'serial' && !driver.addresses;
}

/** Two names for one bus: each would be asked without heed of the other. */
export function sharedBuses(buses: readonly BusConfig[], source: Source): Problem[] {
  return buses.flatMap((bus, index): Problem[] => {
    const other = buses.slice(0, index).find((other) => reached(placeOf(other)) === reached(placeOf(bus)));
    if (!other) return [];
    const hint = `remove one, and write its devices with bus: ${other.name}`;
    const key = bus.kind === 'gpio' ? 'chip' : 'path';
    const [place, otherPlace] = [placeOf(bus), placeOf(other)];
    const by = place === otherPlace ? '' : `: ${otherPlace} is the same`;
    return [source.at(['buses', bus.name, key], `${other.name} is ${place} too${by}`, hint)];
  });
}

function placeOf(bus: BusConfig): string {
  return bus.kind === 'gpio' ? bus.chip : bus.path;
}

/** What a path leads to, by way of links such as /dev/serial/by-id/…; itself where nothing is plugged in there. */
function reached(place: string): string {
  try {
    return realpathSync(place);
  } catch {
    return place;
  }
}

/** Two uplinks that a broker takes for one client: it would throw out each when the other comes in. */
export function sharedClients(uplinks: readonly UplinkConfig[], source: Source): Problem[] {
  return uplinks.flatMap(({ name, url, clientId }, index): Problem[] => {
    const other = uplinks.slice(0, index).find((other) => other.url === url && other.clientId === clientId);
    if (!other) return [];
    const message = `${other.name} tells the same broker the same client id, ${clientId}`;
    return [source.at(['uplinks', name, 'clientId'], message, 'give one of them a clientId of its own')];
  });
}
