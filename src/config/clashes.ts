import { shownAddress } from './address.ts';
import type { BusConfig, DeviceConfig, UplinkConfig } from './config.ts';
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';

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
    const same = others.find((other) => other.address === address);
    if (!same) return [];
    const key = driver.bus === 'gpio' ? 'line' : 'address';
    const message = `${same.name} is at ${key} ${shownAddress(driver, address)} of ${bus} too`;
    const hint = driver.bus === 'gpio' ? 'give each a line of its own' : 'give each an address, or a bus, of its own';
    return [source.at(['devices', name, key], message, hint)];
  });
}

function isAlone({ driver }: DeviceConfig): boolean {
  return driver.bus === 'serial' && !driver.addresses;
}

/** Two names for one bus: each would be asked without heed of the other. */
export function sharedBuses(buses: readonly BusConfig[], source: Source): Problem[] {
  return buses.flatMap((bus, index): Problem[] => {
    const other = buses.slice(0, index).find((other) => placeOf(other) === placeOf(bus));
    if (!other) return [];
    const hint = `remove one, and write its devices with bus: ${other.name}`;
    const key = bus.kind === 'gpio' ? 'chip' : 'path';
    return [source.at(['buses', bus.name, key], `${other.name} is ${placeOf(bus)} too`, hint)];
  });
}

function placeOf(bus: BusConfig): string {
  return bus.kind === 'gpio' ? bus.chip : bus.path;
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
