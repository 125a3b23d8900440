import { createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../config/load.ts';
import { parsed } from './arguments.ts';
import { type Command, type Context, type OptionTable, UsageError } from './command.ts';
import { LiveView } from './live-view.ts';
import { logTo } from './logging.ts';
import { untilStopped } from './until-stopped.ts';

const HOST = '127.0.0.1';
const CONFIG = fileURLToPath(new URL('../../../config/demo.yaml', import.meta.url));

const OPTIONS = {
  'broker-port': { type: 'string', value: 'PORT', help: 'where its broker listens; else 1883, or a free one' },
} as const satisfies OptionTable;

export const demo: Command = {
  summary: 'Runs a village of simulated parts, with a broker of its own.',
  usage: 'dorpel demo [--broker-port PORT]',
  options: OPTIONS,
  example: 'dorpel demo --broker-port 1884',
  exitCodes: {
    0: 'stopped when asked to',
    1: 'the outbox failed',
    2: 'wrong usage, or its development packages are missing',
  },
  async run(args, context) {
    const { values } = parsed(args, OPTIONS);
    const wanted = brokerPort(values['broker-port']);
    const config = await loadConfig(CONFIG, context.drivers);
    const broker = await startBroker(wanted);
    const uplinks = config.uplinks.map((uplink) => ({ ...uplink, url: `mqtt://${HOST}:${broker.port}` }));
    const subscribe = `mosquitto_sub -h ${HOST} -p ${broker.port} -t 'feed/v1/#' -v`;
    const taken = broker.port === wanted ? '' : `port ${wanted} is taken: the broker listens on ${broker.port}`;
    try {
      return await runVillage({ ...config, uplinks }, context, { subscribe, taken });
    } finally {
      await broker.close();
    }
  },
};

type Village = Parameters<Context['start']>[0];

async function runVillage(
  config: Village,
  context: Context,
  { subscribe, taken }: { subscribe: string; taken: string },
): Promise<number> {
  const log = logTo(context.stdout, context.now);
  if (!context.stdout.isTTY) {
    if (taken) log('notice', 'broker-port', taken);
    log('notice', 'demo', `watch the feed with: ${subscribe}`);
    const gateway = await context.start(config, { isSimulated: true, log });
    return untilStopped(gateway, context.stop, log);
  }
  const title = `Dorpel: ${config.gateway.owner}/${config.gateway.id}`;
  const notice = [taken, `watch the feed with: ${subscribe}`].filter(Boolean).join('; ');
  const view = new LiveView(context, { title, notice });
  const gateway = await context.start(config, { isSimulated: true, log: view.log });
  view.show(() => gateway.status());
  const stop = AbortSignal.any([context.stop, view.stop]);
  // The terminal is given back first: what there is to say then, stays on it.
  return untilStopped(gateway, stop, log, () => view.leave());
}

function brokerPort(given: string | undefined): number {
  const port = Number(given ?? '1883');
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new UsageError('--broker-port is a number from 1 to 65535');
  return port;
}

/** A broker in this process: aedes, which only a clone has (a development dependency). */
async function startBroker(wanted: number): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { Aedes } = await import('aedes').catch((cause: unknown) => {
    throw new UsageError(`the demo needs its development packages: npm ci (${(cause as Error).message})`);
  });
  const broker = await Aedes.createBroker();
  const server = createServer(broker.handle);
  const port = await listening(server, wanted).catch(() => listening(server, 0));
  return {
    port,
    close: async () => {
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.removeListener('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
