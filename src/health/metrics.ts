import type { Status } from './status.ts';

/** Named values of one metric, each with its labels. */
interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];
}

/** What `metricsText` is, for the header (Prometheus, "Exposition formats", "Text format details"). */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The status for Prometheus. A value that is not known is absent, never 0. */
export function metricsText(status: Status): string {
  return [...ofGateway(status), ...ofDevices(status), ...ofOutbox(status), ...ofUplinks(status)]
    .filter(({ samples }) => samples.length > 0)
    .map(shown)
    .join('');
}

function shown({ name, type, help, samples }: Metric): string {
  const lines = samples.map(([labels, value]) => `${name}${shownLabels(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function shownLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

const escaped = (value: string) =>
  value.replaceAll('\\', String.raw`\\`).replaceAll('"', String.raw`\"`).replaceAll('\n', String.raw`\n`);

const gauge = (name: string, help: string, samples: Metric['samples']): Metric => ({
  name,
  type: 'gauge',
  help,
  samples,
});
const counter = (name: string, help: string, samples: Metric['samples']): Metric => {
  return { name: `${name}_total`, type: 'counter', help, samples };
};

function ofGateway({ gateway: { id, owner, version }, upSeconds, clock }: Status): Metric[] {
  return [
    gauge('dorpel_info', 'Which gateway this is, and which program.', [[{ gateway: id, owner, version }, 1]]),
    gauge('dorpel_up_seconds', 'Since the start of the program.', [[{}, upSeconds]]),
    gauge('dorpel_clock_synchronised', '1: by a time server.', [[{ clock }, Number(clock === 'ntp')]]),
  ];
}

function ofDevices({ devices, outbox: { heads } }: Status): Metric[] {
  const streams = devices.flatMap(({ device, streams }) => {
    return streams.map((stream) => ({ labels: { device, quantity: stream.quantity }, ...stream }));
  });
  return [
    gauge(
      'dorpel_device_well',
      '1: it answers.',
      devices.map(({ device, driver, state }) => [{ device, driver }, Number(state === 'well')]),
    ),
    counter(
      'dorpel_observations',
      'Numbers given in this epoch.',
      Object.entries(heads).map(([device, head]) => [{ device }, head]),
    ),
    gauge(
      'dorpel_reading',
      'The newest value, in the unit of its quantity.',
      streams.flatMap(({ labels, value }) => (value === null ? [] : [[labels, value]])),
    ),
    gauge(
      'dorpel_reading_ok',
      '1: nothing speaks against the newest value.',
      streams.map(({ labels, quality }) => [labels, Number(quality === 'ok')]),
    ),
    gauge(
      'dorpel_reading_age_seconds',
      'Since the newest reading.',
      streams.map(({ labels, ageSeconds }) => [labels, ageSeconds]),
    ),
  ];
}

function ofOutbox({ outbox: { rows, sizeBytes, quotaBytes, waiting, losses } }: Status): Metric[] {
  return [
    gauge('dorpel_outbox_rows', 'Rows kept.', [[{}, rows]]),
    gauge('dorpel_outbox_bytes', 'The file and its log.', [[{}, sizeBytes]]),
    gauge('dorpel_outbox_quota_bytes', 'What they may take.', quotaBytes === undefined ? [] : [[{}, quotaBytes]]),
    gauge(
      'dorpel_outbox_waiting',
      'Rows that wait, by lane.',
      Object.entries(waiting).flatMap(([uplink, { alert, live, backlog }]) => {
        return Object.entries({ alert, live, backlog }).map(([lane, count]) => [{ uplink, lane }, count] as const);
      }),
    ),
    counter(
      'dorpel_losses',
      'Numbers declared lost since the start.',
      losses.map(({ reason, priority = '', count }) => [{ reason, priority }, count]),
    ),
  ];
}

function ofUplinks({ uplinks }: Status): Metric[] {
  const each = (value: (uplink: Status['uplinks'][number]) => number): Metric['samples'] =>
    uplinks.map((uplink) => [{ uplink: uplink.uplink }, value(uplink)]);
  return [
    gauge(
      'dorpel_uplink_connected',
      '1: there is a session.',
      each(({ isConnected }) => Number(isConnected)),
    ),
    gauge(
      'dorpel_uplink_in_flight',
      'Told, not yet acknowledged.',
      each(({ inFlight }) => inFlight),
    ),
    counter(
      'dorpel_uplink_accepted',
      'Messages acknowledged since the start.',
      each(({ accepted }) => accepted),
    ),
    gauge(
      'dorpel_uplink_set_aside',
      'Rows that the platform refuses for now.',
      each(({ setAside }) => setAside),
    ),
  ];
}
