import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { rounded } from '../../src/model/quantity.ts';
import { crc16 } from '../../src/protocol/crc.ts';
import { startBroker, subscribe } from '../support/broker.ts';
import { type Cable, layCable } from '../support/cable.ts';
import { newest, observationsIn } from '../support/capture.ts';
import { type FeedObservation, judged } from '../support/feed.ts';
import { logged, runGateway, writeConfig } from '../support/gateway.ts';
import { describeWith } from '../support/programs.ts';
import { countingMeter, telegram } from '../support/telegram.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { type Expected, expectedOf, readByHand } from '../vectors/dsmr-p1-names.ts';

// Other people's recordings, kept outside the project, as in third-party-vectors.test.ts.
const root = process.env['DORPEL_VECTORS'] ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url));
const folder = join(root, 'dsmr-p1');

interface Recording {
  /** A name that a device can have. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly expected: readonly Expected[];
}

/** Every telegram in the folder; those without a checksum also as DSMR 2.2 and 3.0 send them: 7 bits, even parity. */
function recordings(): Recording[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.txt'));
  return files.flatMap((file): Recording[] => {
    const name = file.replace('.txt', '').toLowerCase().replaceAll('_', '-');
    const bytes = asSent(readFileSync(join(folder, file)));
    const json = JSON.parse(readFileSync(join(folder, file.replace('.txt', '.json')), 'utf8')) as object;
    const listed = expectedOf(json).flatMap(([, objects]) => objects());
    const plain = { name, bytes, expected: [...listed, ...readByHand(bytes.toString('latin1'))] };
    const isOld = /!\s*$/.test(bytes.toString('latin1')) && bytes.every((byte) => byte < 0x80);
    return isOld ? [plain, { ...plain, name: `${name}-7e1`, bytes: withEvenParity(bytes) }] : [plain];
  });
}

/** Line ends that went through a text editor become those of a meter again, if the checksum asks for them. */
function asSent(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  const end = text.lastIndexOf('!') + 1;
  const isRight = crc16(bytes.subarray(0, end), 0) === Number.parseInt(text.slice(end), 16);
  return isRight || text.includes('\r') ? bytes : Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1');
}

/** What 7E1 looks like on a line of 8 bits, which is all that a pseudo-terminal carries. */
function withEvenParity(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => (byte.toString(2).replaceAll('0', '').length % 2 === 0 ? byte : byte | 0x80));
}

const onLine = (name: string) => ({ driver: 'dsmr-p1', bus: name, period: '1s' });

describeWith(['socat', 'mosquitto', 'mosquitto_sub'], 'P1 telegrams on a serial line', () => {
  const isThere = existsSync(folder);
  if (!isThere) console.warn(`P1 telegrams on a serial line: skipped, there are no recordings in ${folder}`);

  it.skipIf(!isThere)('of other people’s meters arrive with the values they hold', { timeout: 120_000 }, async () => {
    const all = recordings();
    const broker = await startBroker();
    const [feed, cables] = await Promise.all([subscribe(broker.port), Promise.all(all.map(() => layCable()))]);
    const buses = all.map(({ name }, index) => [name, { kind: 'serial', path: cables[index]?.near }]);
    runGateway(
      writeConfig(temporaryDirectory(), {
        buses: Object.fromEntries(buses),
        devices: Object.fromEntries(all.map(({ name }) => [name, onLine(name)])),
        uplinks: { city: { url: `mqtt://127.0.0.1:${broker.port}` } },
      }),
    );
    for (const [index, { bytes }] of all.entries()) cables[index]?.speak(1000, () => bytes);

    const untold = () => {
      const told = observationsIn(feed.received);
      return all.filter((recording) => !isTold(recording, told)).map(({ name }) => name);
    };
    await until('every recording is told', () => untold().length === 0).catch(() => expect(untold()).toEqual([]));

    expect(all.length).toBeGreaterThan(10);
    const told = observationsIn(feed.received);
    for (const { name, expected } of all) {
      expect(expected.length, name).toBeGreaterThan(0);
      for (const { quantity, value, at } of expected) {
        const reading = newest(of(name, told), quantity);
        const what = `${quantity} of ${name}`;
        expect.soft(reading?.v, what).toBe(value === null ? null : rounded(quantity, value));
        if (at !== undefined) expect.soft(reading?.t, `time of ${what}`).toBe(new Date(at).toISOString());
      }
    }
    expect(judged(feed.received)).toEqual([]);
  });

  it('that are garbled give no value and hold up nobody', { timeout: 240_000 }, async () => {
    const [bad, good, broker] = await Promise.all([layCable(), layCable(), startBroker()]);
    const feed = await subscribe(broker.port);
    const gateway = runGateway(
      writeConfig(temporaryDirectory(), {
        buses: { bad: { kind: 'serial', path: bad.near }, good: { kind: 'serial', path: good.near } },
        devices: { bad: onLine('bad'), good: onLine('good') },
        uplinks: { city: { url: `mqtt://127.0.0.1:${broker.port}` } },
      }),
    );
    const last = (device: string) => newest(observationsIn(feed.received, device), 'active_energy_import_t1');
    good.speak(250, countingMeter());
    bad.speak(250, () => telegram(1));
    await until('both meters are told', () => last('bad') && last('good'));

    speakGarbage(bad);
    // The driver waits half a minute for a good telegram before it complains.
    await until('the fault is told', () => last('bad')?.q === 'fault', 120_000);
    expect(last('bad')).toMatchObject({ v: null, why: 'checksum' });
    const before = observationsIn(feed.received, 'good').length;
    await until('the good meter goes on', () => observationsIn(feed.received, 'good').length >= before + 3);
    expect(last('good')).toMatchObject({ q: 'ok' });

    bad.speak(250, () => telegram(3));
    await until('the bad meter is told again', () => last('bad')?.q === 'ok');
    const values = observationsIn(feed.received, 'bad').flatMap(({ obs }) => obs.map(({ n, v }) => [n, v] as const));
    const energies = values.filter(([name]) => name === 'active_energy_import_t1').map(([, value]) => value);
    expect(new Set(energies), 'what was garbled held 2 and 666').toEqual(new Set([1, null, 3]));
    expect(logged(gateway, 'device-fault', 'bad')).toHaveLength(1);
    expect(logged(gateway, 'device-healed', 'bad')).toHaveLength(1);
    expect(logged(gateway, 'device-fault', 'good')).toEqual([]);
    expect(judged(feed.received)).toEqual([]);
  });
});

const of = (device: string, told: readonly FeedObservation[]) => told.filter(({ dev }) => dev === device);

function isTold({ name, expected }: Recording, told: readonly FeedObservation[]): boolean {
  const own = of(name, told);
  return expected.every(({ quantity }) => newest(own, quantity));
}

/** Telegrams in which a digit changed on the way, telegrams cut short, and noise, in turn. */
function speakGarbage(line: Cable): void {
  let turn = 0;
  const altered = Buffer.from(Buffer.from(telegram(2)).toString('latin1').replace('2.000', '666.000'), 'latin1');
  const cutShort = telegram(2).subarray(0, 60);
  const noise = Uint8Array.from({ length: 300 }, (_, index) => (index * 73 + 11) & 0xff);
  const kinds = [altered, cutShort, noise, altered, altered];
  line.speak(100, () => kinds[turn++ % kinds.length] ?? noise);
}
