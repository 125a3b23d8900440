import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import type { BusConfig, Config } from '../config/config.ts';
import { didYouMean } from '../config/nearest.ts';
import { ask } from '../control/client.ts';
import { PATHS } from '../control/control.ts';
import type { NamedBus } from '../scanning/yaml.ts';
import { type Context, UsageError } from './command.ts';
import { unlessAbsent } from './through-gateway.ts';

/** What was said of the buses to scan. */
export interface Wanted {
  /** A bus by its name, or by its device file. */
  readonly bus?: string | undefined;
  readonly paths: readonly string[];
  readonly config?: Config | undefined;
  /** Where a gateway may answer; undefined: none is asked. */
  readonly socket?: string | undefined;
}

/** A bus to scan; `shared` is its name in the gateway that runs and has it open. */
export interface ToScan extends NamedBus {
  readonly shared?: string;
}

/** The buses to scan: those that were named, else the config's, else the gateway's, else all that the board shows. */
export async function busesToScan(wanted: Wanted, context: Pick<Context, 'boardBuses'>): Promise<readonly ToScan[]> {
  const { socket } = wanted;
  const running = socket === undefined ? [] : ((await unlessAbsent(() => ask<NamedBus[]>(socket, PATHS.buses))) ?? []);
  const known = wanted.config ? wanted.config.buses.map(named) : running;
  return (await chosen(wanted, known, context)).map((bus) => {
    const same = running.find(({ path, kind }) => kind === bus.kind && realPath(path) === realPath(bus.path));
    return same ? { ...bus, shared: same.name } : bus;
  });
}

async function chosen(
  { bus, paths }: Wanted,
  known: readonly NamedBus[],
  { boardBuses }: Pick<Context, 'boardBuses'>,
): Promise<readonly NamedBus[]> {
  const given = [...paths, ...(bus?.startsWith('/') ? [bus] : [])].map((path) => atPath(path, known));
  if (given.length > 0) return given;
  if (bus === undefined) return known.length > 0 ? known : (await boardBuses()).map(({ path }) => atPath(path, []));
  const found = known.find(({ name }) => name === bus);
  if (found) return [found];
  const names = known.map(({ name }) => name);
  const hint = didYouMean(bus, names) ?? (names.length > 0 ? `buses: ${names.join(', ')}` : 'name its device file');
  throw new UsageError(`there is no bus called ${bus}; ${hint}`);
}

const named = (bus: BusConfig): NamedBus => {
  const { name, kind } = bus;
  return { name, kind, path: bus.kind === 'gpio' ? bus.chip : bus.path };
};

/** The bus of that device file: what its path says of its kind, and a name of the file's. */
function atPath(path: string, known: readonly NamedBus[]): NamedBus {
  const same = known.find((bus) => realPath(bus.path) === realPath(path));
  if (same) return same;
  const kind = path.startsWith('/dev/i2c-') ? 'i2c' : path.startsWith('/sys/') ? 'onewire' : 'serial';
  const words = basename(path)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
  return { name: words.slice(-NAME_LENGTH).replaceAll(/^-+|-+$/g, '') || 'bus', kind, path };
}

// Room for what stands around it in the names of devices; an adapter's own number stands at the end of its name.
const NAME_LENGTH = 24;

/** What a link of /dev/serial/by-id leads to: one adapter may be named in several ways. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
