import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { METRICS_TYPE, metricsText } from '../../src/health/metrics.ts';
import { openMetrics } from '../../src/health/metrics-server.ts';
import type { Status } from '../../src/health/status.ts';
import { deviceStatus, outboxStats, statusOf, streamStatus, uplinkStatus } from '../support/status.ts';

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Family {
  readonly type: string;
  readonly samples: Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** The exposition format, read strictly (Prometheus, "Text format details"): every line is one of three kinds. */
function exposed(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line must end with a line feed');
  const families = new Map<string, Family>();
  let helped: string | undefined;
  let current: string | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP (\S+) (.+)$/.exec(line);
    const type = /^# TYPE (\S+) (counter|gauge)$/.exec(line);
    if (help) helped = help[1];
    else if (type) {
      const [, name = '', kind = ''] = type;
      if (name !== helped || !NAME.test(name)) throw new Error(`no HELP before: ${line}`);
      if (families.has(name)) throw new Error(`a second group: ${line}`);
      if ((kind === 'counter') !== name.endsWith('_total')) throw new Error(`counters alone end in _total: ${line}`);
      families.set(name, { type: kind, samples: [] });
      current = name;
    } else {
      const { name, ...sample } = sampleIn(line);
      if (name !== current) throw new Error(`outside its group: ${line}`);
      families.get(name)?.samples.push(sample);
    }
  }
  for (const [name, { samples }] of families) {
    const keys = samples.map(({ labels }) => JSON.stringify(Object.entries(labels).toSorted()));
    if (new Set(keys).size !== keys.length || keys.length === 0) throw new Error(`${name}: twice, or none`);
  }
  return families;
}

function sampleIn(line: string): Sample & { readonly name: string } {
  const [, name = '', inside = '', number = ''] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.+)\})? (\S+)$/.exec(line) ?? [];
  const labels: Record<string, string> = {};
  let rest = inside;
  while (rest) {
    const [whole = '', label = '', value = ''] =
      /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)/.exec(rest) ?? [];
    if (!whole || label in labels) throw new Error(`no label: ${rest}`);
    labels[label] = value.replace(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));
    rest = rest.slice(whole.length);
  }
  if (!name || !/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(number)) throw new Error(`no sample: ${line}`);
  return { name, labels, value: Number(number) };
}

const shownValue = (text: string, name: string, labels: Readonly<Record<string, string>> = {}) =>
  exposed(text)
    .get(name)
    ?.samples.find((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))?.value;

const STATUS = statusOf({
  gateway: { id: 'hall', owner: 'hei "hoek"\\\n', version: '0.1.0', pid: 1 },
  devices: [
    deviceStatus('hall', {
      streams: [streamStatus(), streamStatus({ quantity: 'pm25', value: null, quality: 'fault' })],
    }),
    deviceStatus('attic', { state: 'fault', streams: [] }),
  ],
  outbox: outboxStats({
    heads: { hall: 4711 },
    backlog: { city: 6 },
    waiting: { city: { alert: 1, live: 2, backlog: 3, oldestAt: 0 } },
    losses: [{ reason: 'quota', priority: 'low', count: 30 }],
    quotaBytes: 2 ** 30,
  }),
  uplinks: [uplinkStatus('city'), uplinkStatus('region', { isConnected: false })],
});

describe('the metrics', () => {
  it('say what the status says, in the format that Prometheus reads', () => {
    const text = metricsText(STATUS);
    expect(shownValue(text, 'dorpel_info', { owner: 'hei "hoek"\\\n', version: '0.1.0' })).toBe(1);
    expect(shownValue(text, 'dorpel_device_well', { device: 'attic' })).toBe(0);
    expect(shownValue(text, 'dorpel_reading', { device: 'hall', quantity: 'air_temperature' })).toBe(21.5);
    expect(shownValue(text, 'dorpel_observations_total', { device: 'hall' })).toBe(4711);
    expect(shownValue(text, 'dorpel_outbox_waiting', { uplink: 'city', lane: 'backlog' })).toBe(3);
    expect(shownValue(text, 'dorpel_losses_total', { reason: 'quota', priority: 'low' })).toBe(30);
    expect(shownValue(text, 'dorpel_uplink_connected', { uplink: 'region' })).toBe(0);
    expect(shownValue(text, 'dorpel_outbox_quota_bytes')).toBe(2 ** 30);
  });

  it('have no value where there is none, and no group that is empty', () => {
    const families = exposed(metricsText(STATUS));
    expect(families.get('dorpel_reading')?.samples).toHaveLength(1);
    expect(families.get('dorpel_reading_ok')?.samples).toHaveLength(2);
    expect(exposed(metricsText(statusOf())).has('dorpel_reading')).toBe(false);
  });
});

async function opened(status: () => Promise<Status> = async () => STATUS) {
  const server = await openMetrics(0, status);
  onTestFinished(() => server.close());
  return server;
}

function asked(port: number, path: string, method = 'GET'): Promise<{ code: number; type: string; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method }, async (response) => {
      let text = '';
      for await (const piece of response.setEncoding('utf8')) text += piece;
      resolve({ code: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text });
    });
    sent.once('error', reject);
    sent.end();
  });
}

describe('the port for Prometheus', () => {
  it('answers what it is asked for, and nothing else', async () => {
    const { port } = await opened();
    expect(await asked(port, '/metrics')).toEqual({ code: 200, type: METRICS_TYPE, text: metricsText(STATUS) });
    expect((await asked(port, '/')).code).toBe(404);
    expect((await asked(port, '/metrics', 'POST')).code).toBe(405);
    expect((await asked(port, '/metrics', 'HEAD')).text).toBe('');
  });

  it('says so where the status cannot be had, and answers on', async () => {
    let fails = true;
    const { port } = await opened(async () => {
      if (fails) throw new Error('the outbox is closed');
      return STATUS;
    });
    expect(await asked(port, '/metrics')).toMatchObject({ code: 500, text: 'Error: the outbox is closed\n' });
    fails = false;
    expect((await asked(port, '/metrics')).code).toBe(200);
  });

  it('listens on loopback alone', async () => {
    const { port } = await opened();
    expect(await isOpen('127.0.0.1', port)).toBe(true);
    const others = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter(({ internal }) => !internal));
    for (const host of ['127.0.0.2', '::1', ...others.map(({ address }) => address)]) {
      expect(await isOpen(host, port), host).toBe(false);
    }
  });

  it('is refused where it is taken', async () => {
    const { port } = await opened();
    await expect(openMetrics(port, async () => STATUS)).rejects.toThrow('EADDRINUSE');
  });
});

function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
