import { heeding } from './asking.ts';
import { found, type ScanEvent, type Scanning } from './scan.ts';
import { meterAddresses, meterSeconds, shownLine, withSearch } from './serial-plan.ts';
import type { OpenLine } from './serial-units.ts';

/** Every meter on a shared line that is not Modbus, as its driver looks for it. */
export async function* metersOn({ name, open, settings }: OpenLine, scanning: Scanning): AsyncGenerator<ScanEvent> {
  const { drivers, signal, isThorough, known, turn } = scanning;
  const addresses = meterAddresses(isThorough).filter((address) => !known.has(address));
  for (const { driver, search, told } of withSearch(drivers, 'askAll')) {
    const what = `${driver.part} meters by number, and 0 to ${addresses.at(-1)}, at ${shownLine(settings)}`;
    const atMostSeconds = meterSeconds(addresses.length, settings);
    yield { event: 'step', bus: name, what, atMostSeconds };
    for await (const { address, ...sighting } of search.askAll(heeding(open.device(0), signal), { addresses, turn })) {
      // By its number it answers whoever has it by its address.
      const { serialNumber = '' } = sighting.identity;
      if (known.has(serialNumber)) continue;
      const place = `${address === undefined ? 'by its number' : `address ${address}`} at ${shownLine(settings)}`;
      yield found({ bus: name, place, ...(address !== undefined && { address }), ...told(settings) }, driver, sighting);
    }
  }
}
