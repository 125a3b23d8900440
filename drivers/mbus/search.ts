/**
 * Every meter on a line: first by wildcards in the secondary address, digit by digit where several answer at once, then
 * those that know no selection by their primary address.
 */
import { SensorError, type SerialDevice, type SharedLine, type Sighting } from '../../src/driver-kit.ts';
import { type Header, identityOf } from './header.ts';
import { deselect, readMeter, reset, secondaryBytes, shownSecondary, type Target } from './link.ts';
import { kinds, MEDIA } from './meanings.ts';

const PATIENCE_MS = 150;
const DIGITS = '0123456789';
const NUMBER_DIGITS = 8;

/** One reading per meter, of its first telegram; a meter that is found by its number takes a second one. */
export async function* metersOn(
  device: SerialDevice,
  { addresses, turn }: SharedLine,
): AsyncGenerator<Sighting & { readonly address?: number }> {
  const known = new Set<string>();
  for await (const header of selected(device, '', turn)) {
    const secondary = shownSecondary(header.secondary);
    if (known.has(secondary)) continue;
    known.add(secondary);
    yield sighting(header, { secondary });
  }
  for (const address of addresses) {
    const target = targetAt({ ...device, address });
    const header = await turn(() => primary(target));
    if (header === 'silent' || (header && known.has(shownSecondary(header.secondary)))) continue;
    yield { ...sighting(header), address };
  }
}

type Turn = SharedLine['turn'];

/** The meters whose number begins with `digits`. */
async function* selected(device: SerialDevice, digits: string, turn: Turn): AsyncGenerator<Header> {
  const found = await turn(() => bySelection(device, digits.padEnd(NUMBER_DIGITS, 'F')));
  if (found === 'several' && digits.length < NUMBER_DIGITS) {
    for (const digit of DIGITS) yield* selected(device, digits + digit, turn);
  } else if (typeof found === 'object') yield found;
}

async function bySelection(device: SerialDevice, pattern: string): Promise<Header | 'none' | 'several'> {
  const target = { ...targetAt(device), secondary: secondaryBytes(pattern) };
  try {
    await deselect(target);
    const [telegram] = await readMeter(target);
    return telegram?.header ?? 'none';
  } catch (cause) {
    if (!(cause instanceof SensorError) || cause.kind === 'bus') throw cause;
    // Acknowledgements that come at once look like one; what follows does not.
    return cause.kind === 'checksum' ? 'several' : 'none';
  }
}

/** Undefined for a meter that is there, and does not say which it is. */
async function primary(target: Target): Promise<Header | 'silent' | undefined> {
  if (!(await reset(target, target.device.address))) return 'silent';
  try {
    const [telegram] = await readMeter(target);
    return telegram?.header;
  } catch (cause) {
    if (!(cause instanceof SensorError) || cause.kind === 'bus') throw cause;
    return undefined;
  }
}

function sighting(header: Header | undefined, selection: object = {}): Sighting {
  const meter = header && kinds.find((kind) => MEDIA[kind].includes(header.medium));
  const unsaid = 'what it measures it does not say, or not so that it is known here';
  return {
    identity: identityOf(header),
    options: { meter: meter ?? kinds[0], ...selection },
    ...(meter === undefined && { unsaid }),
  };
}

const targetAt = (device: SerialDevice): Target => ({ device, patienceMs: PATIENCE_MS, mostTelegrams: 1 });
