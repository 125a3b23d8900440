import { defaultOptions } from '../config/default-options.ts';
import type { OneWireDriver } from '../driver-kit.ts';
import type { OneWireBus } from '../hal/onewire.ts';
import { SensorError } from '../model/errors.ts';
import { asked, NO_MEMORY, startedAndStopped } from './asking.ts';
import { found, type ScanEvent, type Scanning } from './scan.ts';

const AT_MOST_SECONDS = 10;

/** The parts that the kernel has found, each by the family that the first two digits of its number name. */
export async function* scanOneWire(
  { name, open }: { readonly name: string; readonly open: OneWireBus },
  { drivers, clock, signal, known, turn }: Scanning,
): AsyncGenerator<ScanEvent> {
  yield { event: 'step', bus: name, what: 'the parts that the kernel has found', atMostSeconds: AT_MOST_SECONDS };
  for (const id of await turn(() => open.list())) {
    if (signal.aborted) return;
    const device = known.get(id);
    const driver = drivers.find((one) => one.bus === 'onewire' && one.families.includes(id.slice(0, 2)));
    if (device !== undefined) yield { event: 'known', bus: name, place: id, device };
    else if (driver?.bus !== 'onewire') yield unknown(name, id, `no driver knows the family ${id.slice(0, 2)}`);
    else {
      const identity = await turn(() => asked(clock, () => identified(driver, open, id)));
      if (identity instanceof SensorError) yield unknown(name, id, identity.message);
      else yield found({ bus: name, place: id, id }, driver, { identity });
    }
  }
}

const unknown = (bus: string, place: string, said: string): ScanEvent => ({ event: 'unknown', bus, place, said });

async function identified(driver: OneWireDriver, bus: OneWireBus, id: string) {
  const options = defaultOptions(driver);
  if (!options) throw new SensorError('driver', `${driver.part} cannot be tried without options`);
  return startedAndStopped(driver.create(bus.device(id), options, NO_MEMORY));
}
