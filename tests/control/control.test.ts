import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, ControlError, change, follow, perform } from '../../src/control/client.ts';
import { type Controlled, PATHS, type Told, type Trial } from '../../src/control/control.ts';
import { openControl } from '../../src/control/server.ts';
import type { Onlooker } from '../../src/health/overview.ts';
import type { Status } from '../../src/health/status.ts';
import type { Observation } from '../../src/model/observation.ts';
import type { ScanEvent } from '../../src/scanning/scan.ts';
import { statusOf } from '../support/status.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

function observationOf(device: string, note = ''): Observation {
  const readings = [{ quantity: 'air_temperature', value: 20, quality: 'ok', ...(note ? { why: note } : {}) }] as const;
  return { device, instant: { at: 0, uptimeMs: 0, clock: 'ntp' }, readings };
}

class FakeGateway implements Controlled {
  readonly onlookers = new Set<Onlooker>();

  async status() {
    return statusOf();
  }

  history(device: string, quantity: string) {
    if (device !== 'hall' || quantity !== 'air_temperature') return undefined;
    return { device, quantity: 'air_temperature' as const, recent: [], spans: [] };
  }

  onObservation(onlooker: Onlooker) {
    this.onlookers.add(onlooker);
    return () => this.onlookers.delete(onlooker);
  }

  /** Signals of those who asked for a sample. */
  readonly asked: AbortSignal[] = [];

  read(device: string, signal: AbortSignal) {
    if (device === 'nobody') return undefined;
    this.asked.push(signal);
    if (device === 'slow') return new Promise<never>(() => undefined);
    return Promise.resolve({ sample: { air_temperature: 20 }, agoSeconds: 3 });
  }

  buses() {
    return [{ name: 'hall', kind: 'i2c' as const, path: '/dev/i2c-1' }];
  }

  scan(bus: string, { isThorough }: { readonly isThorough: boolean }) {
    if (bus !== 'hall') return undefined;
    return (async function* (): AsyncGenerator<ScanEvent> {
      yield { event: 'unknown', bus, place: isThorough ? 'everywhere' : '0x44', said: 'nothing' };
    })();
  }

  log() {
    return ['code=first', 'code=last'];
  }

  readonly changes: unknown[] = [];

  async reload() {
    this.changes.push('reload');
    return { isDone: true, lines: ['nothing has changed'] };
  }

  async try(trial: Trial) {
    this.changes.push(trial);
    return { isDone: false, lines: ['no'] };
  }

  trial() {
    return undefined;
  }

  confirm() {
    return { isDone: false, lines: ['nothing is on trial'] };
  }

  keep(observation: Observation) {
    for (const onlooker of this.onlookers) onlooker(observation);
  }
}

async function opened() {
  const gateway = new FakeGateway();
  const path = join(temporaryDirectory(), 'control.sock');
  const control = await openControl(path, gateway);
  let isOpen = true;
  const close = async () => {
    if (isOpen) await control.close();
    isOpen = false;
  };
  onTestFinished(close);
  return { gateway, path, close };
}

describe('the control socket', () => {
  it('answers how the gateway is, to its user and group alone', async () => {
    const { path } = await opened();
    expect((await ask<Status>(path, PATHS.status)).gateway.id).toBe('hall');
    expect(statSync(path).mode & 0o777).toBe(0o660);
  });

  it('answers the last lines of the log', async () => {
    const { path } = await opened();
    expect(await ask(path, PATHS.log)).toEqual(['code=first', 'code=last']);
  });

  it('answers what a stream has said, or that it has said nothing', async () => {
    const { path } = await opened();
    expect(await ask(path, `${PATHS.history}hall/air_temperature`)).toMatchObject({ device: 'hall' });
    await expect(ask(path, `${PATHS.history}hall/pm25`)).rejects.toThrow('nothing has been heard of hall/pm25');
  });

  it('names what it knows to whoever asks for something else', async () => {
    const { path } = await opened();
    await expect(ask(path, '/v1/secrets')).rejects.toThrow('/v1/secrets is not known here; known: /v1/status');
  });

  it('changes what it is asked to change, and takes nothing for a trial that is none', async () => {
    const { gateway, path } = await opened();
    expect(await change<Told>(path, PATHS.reload)).toEqual({ isDone: true, lines: ['nothing has changed'] });
    const trial = { text: 'gateway: {}', seconds: 300 };
    expect(await change<Told>(path, PATHS.trial, trial)).toEqual({ isDone: false, lines: ['no'] });
    for (const wrong of [{}, { text: 'x', seconds: 0 }, { text: 1, seconds: 1 }]) {
      await expect(change(path, PATHS.trial, wrong)).rejects.toThrow('a trial is');
    }
    expect(gateway.changes).toEqual(['reload', trial]);
    // To look changes nothing.
    await expect(ask(path, PATHS.reload)).rejects.toThrow('/v1/reload is not known here');
    expect(await ask(path, PATHS.trial)).toBeNull();
  });

  it('shows observations of one device for as long as somebody listens', async () => {
    const { gateway, path } = await opened();
    const stop = new AbortController();
    const seen: Observation[] = [];
    const listening = (async () => {
      for await (const one of follow<Observation>(path, `${PATHS.observations}?device=hall`, stop.signal)) {
        seen.push(one);
        if (seen.length === 2) stop.abort();
      }
    })();
    await until('somebody listens', () => gateway.onlookers.size === 1);
    gateway.keep(observationOf('hall'));
    gateway.keep(observationOf('elsewhere'));
    gateway.keep(observationOf('hall'));
    await listening;
    expect(seen).toEqual([observationOf('hall'), observationOf('hall')]);
    await until('nobody listens', () => gateway.onlookers.size === 0);
  });

  it('does not wait for one who listens slowly, and says how much was left out', async () => {
    const { gateway, path } = await opened();
    const stop = new AbortController();
    const lines = follow<Observation | { skipped: number }>(path, PATHS.observations, stop.signal);
    const first = lines.next();
    await until('somebody listens', () => gateway.onlookers.size === 1);
    const long = observationOf('hall', 'x'.repeat(100_000));
    for (let count = 0; count < 200; count += 1) gateway.keep(long);
    await first;
    let skipped = 0;
    let seen = 1;
    await until('what waits is read', async () => {
      gateway.keep(observationOf('hall'));
      const { value } = await lines.next();
      if (value && 'skipped' in value) skipped += value.skipped;
      else seen += 1;
      return skipped > 0;
    });
    expect(skipped).toBeGreaterThan(100);
    expect(seen).toBeLessThan(100);
    stop.abort();
  });

  it('asks a device, and a bus, for whoever is there to hear it', async () => {
    const { gateway, path } = await opened();
    const stop = new AbortController();
    const told = async (what: string) => {
      const lines: unknown[] = [];
      for await (const line of perform(path, what, stop.signal)) lines.push(line);
      return lines;
    };
    expect(await ask(path, PATHS.buses)).toEqual(gateway.buses());
    expect(await told(`${PATHS.read}hall`)).toEqual([{ sample: { air_temperature: 20 }, agoSeconds: 3 }]);
    expect(await told(`${PATHS.scan}hall?all`)).toMatchObject([{ event: 'unknown', place: 'everywhere' }]);
    await expect(told(`${PATHS.read}nobody`)).rejects.toThrow('there is no device called nobody');
    await expect(told(`${PATHS.scan}attic`)).rejects.toThrow('there is no bus called attic');
    const waiting = told(`${PATHS.read}slow`);
    const [, signal] = await until('it is asked', () => (gateway.asked.length === 2 ? gateway.asked : undefined));
    stop.abort();
    expect(await waiting).toEqual([]);
    await until('the gateway knows that nobody waits', () => signal?.aborted);
  });

  it('takes the place of a socket that a killed gateway has left behind, and not that of one that answers', async () => {
    const { path, close } = await opened();
    await expect(openControl(path, new FakeGateway())).rejects.toThrow(`another gateway answers at ${path}`);
    await close();
    writeFileSync(path, '');
    const control = await openControl(path, new FakeGateway());
    expect((await ask<Status>(path, PATHS.status)).gateway.id).toBe('hall');
    await control.close();
    expect(existsSync(path)).toBe(false);
  });

  it('closes though somebody still listens, who is told', async () => {
    const { gateway, path, close } = await opened();
    const lines = follow(path, PATHS.observations, new AbortController().signal);
    const next = lines.next();
    await until('somebody listens', () => gateway.onlookers.size === 1);
    const outcome = expect(next).rejects.toThrow('the gateway has gone');
    await close();
    await outcome;
  });
});

describe('whoever asks where no gateway answers', () => {
  it('hears so, and what to do', async () => {
    const path = join(temporaryDirectory(), 'none.sock');
    const failure = await ask(path, PATHS.status).catch((cause: unknown) => cause);
    expect(failure).toBeInstanceOf(ControlError);
    expect(failure).toMatchObject({ message: `no gateway answers at ${path}` });
    expect((failure as ControlError).hint).toContain('systemctl status dorpel');
  });

  it('hears so, where something else answers', async () => {
    const path = join(temporaryDirectory(), 'other.sock');
    const server = createServer((socket) => socket.end('220 mail\r\n'));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => void server.close());
    chmodSync(path, 0o666);
    await expect(ask(path, PATHS.status)).rejects.toThrow(path);
  });
});
