import type { Driver } from '../driver-kit.ts';

/** The addresses that a part can have; undefined where it has none. */
export function addressesOf(driver: Driver): readonly number[] | undefined {
  return driver.bus === 'gpio' || driver.bus === 'onewire' ? undefined : driver.addresses;
}

/** As the datasheets of its kind write it: I2C in hexadecimal, Modbus and GPIO in decimal. */
export function shownAddress(driver: Driver, address: number): string {
  return driver.bus === 'i2c' ? `0x${address.toString(16).padStart(2, '0')}` : String(address);
}

/** All addresses of a part, in few words. */
export function shownAddresses(driver: Driver): string {
  const addresses = addressesOf(driver) ?? [];
  if (addresses.length <= 8) return addresses.map((address) => shownAddress(driver, address)).join(', ');
  const runs: [number, number][] = [];
  for (const address of addresses) {
    const last = runs.at(-1);
    if (last && address === last[1] + 1) last[1] = address;
    else runs.push([address, address]);
  }
  const shown = runs.map((run) => [...new Set(run)].map((address) => shownAddress(driver, address)).join(' to '));
  return shown.join(', ');
}
