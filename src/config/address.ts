import type { Driver } from '../driver-kit.ts';

/** The addresses that a part can have; undefined where it has none. */
export function addressesOf(driver: Driver): readonly number[] | undefined {
  return driver.bus === 'gpio' ? undefined : driver.addresses;
}

/** As the datasheets of its kind write it: I2C in hexadecimal, Modbus and GPIO in decimal. */
export function shownAddress(driver: Driver, address: number): string {
  return driver.bus === 'i2c' ? `0x${address.toString(16).padStart(2, '0')}` : String(address);
}

/** All addresses of a part, in few words. */
export function shownAddresses(driver: Driver): string {
  const addresses = (addressesOf(driver) ?? []).map((address) => shownAddress(driver, address));
  return addresses.length > 8 ? `${addresses[0]} to ${addresses.at(-1)}` : addresses.join(', ');
}
