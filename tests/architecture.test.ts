import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isType: boolean;
  /** Loaded when it is needed, not when its importer is. */
  readonly isLater: boolean;
}

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => posix.join(folder, name));
}

const files = [...filesIn('src'), ...filesIn('drivers')];
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

const imports: Import[] = files.flatMap((from) => {
  const text = textOf(from);
  const statics = text.matchAll(/^(?:import|export)( type)?[^'"]*?from '([^']+)'/gm);
  const dynamics = text.matchAll(/import\('([^']+)'\)/g);
  const found = [
    ...Array.from(statics, ([, type, to = '']) => ({ to, isType: type !== undefined, isLater: false })),
    ...Array.from(dynamics, ([, to = '']) => ({ to, isType: false, isLater: true })),
  ];
  return found.map(({ to, isType, isLater }) => ({
    from,
    to: to.startsWith('.') ? posix.join(posix.dirname(from), to) : to,
    isType,
    isLater,
  }));
});

const isOurs = ({ to }: Import) => to.startsWith('src/') || to.startsWith('drivers/');

/**
 * Who may import whom. A room is a folder of `src/`, or one of the files beside them; `types` are rooms whose contracts
 * may be named, without running any of their code.
 */
const rooms: Readonly<Record<string, { readonly may: readonly string[]; readonly types?: readonly string[] }>> = {
  model: { may: [] },
  protocol: { may: ['model', 'hal'] },
  hal: { may: ['model', 'protocol'], types: ['driver-kit.ts'] },
  'driver-kit.ts': { may: ['model', 'hal', 'protocol', 'config'] },
  config: { may: ['model'], types: ['driver-kit.ts', 'hal', 'pipeline', 'uplink'] },
  pipeline: { may: ['model'] },
  sampling: { may: ['model', 'hal'], types: ['driver-kit.ts', 'config', 'pipeline'] },
  scanning: { may: ['config', 'hal', 'model', 'protocol'], types: ['driver-kit.ts'] },
  store: { may: ['model'], types: ['hal'] },
  uplink: { may: ['model', 'hal'], types: ['driver-kit.ts', 'config', 'store'] },
  health: { may: ['model'], types: ['driver-kit.ts', 'hal', 'sampling', 'store', 'uplink'] },
  control: { may: ['config'], types: ['gateway.ts', 'hal', 'health', 'sampling', 'scanning'] },
  'gateway.ts': {
    may: ['config', 'uplink', 'health', 'own-device.ts', 'self-description.ts', 'sharing.ts', 'work.ts'],
    types: ['control', 'driver-kit.ts', 'hal', 'sampling', 'store'],
  },
  'sharing.ts': { may: ['model', 'scanning'], types: ['config', 'control', 'driver-kit.ts', 'hal', 'sampling'] },
  'work.ts': { may: ['hal', 'sampling', 'measure.ts'], types: ['config', 'uplink'] },
  'measure.ts': {
    may: ['config', 'counter-memory.ts', 'pipeline', 'sampling', 'uplink'],
    types: ['driver-kit.ts', 'hal', 'model', 'store'],
  },
  'own-device.ts': { may: ['health', 'model', 'sampling'], types: ['config', 'hal', 'measure.ts', 'store'] },
  'counter-memory.ts': { may: ['pipeline'], types: ['config', 'driver-kit.ts', 'hal', 'store'] },
  'self-description.ts': { may: ['uplink'], types: ['config', 'driver-kit.ts', 'hal', 'store'] },
  // What is looked at from outside the gateway: it is to work where the gateway does not.
  doctor: { may: ['hal', 'health', 'model', 'uplink'], types: ['config'] },
  bundle: { may: ['doctor'], types: ['config', 'health'] },
  // The judge of the feed knows the contract and nothing of the gateway, sets of numbers excepted: it cannot share its mistakes.
  feed: { may: ['model'] },
  cli: {
    // Of `hal` only what needs no board: conversations that are recorded and played.
    may: [
      ...['bundle', 'config', 'control', 'doctor', 'feed', 'hal', 'health', 'model', 'sampling', 'scanning', 'store'],
      'uplink',
    ],
    types: ['driver-kit.ts', 'gateway.ts'],
  },
};

const roomOf = (file: string) => file.split('/')[1] ?? '';

describe('who may import whom', () => {
  it('is read from every file', () => {
    expect(new Set(imports.map(({ from }) => from)).size).toBeGreaterThan(60);
    expect(imports).toContainEqual({ from: 'src/hal/linux/onoff.ts', to: 'onoff', isType: false, isLater: true });
  });

  it.each(Object.keys(rooms))('%s', (room) => {
    const { may = [], types = [] } = rooms[room] ?? {};
    const wrong = imports
      .filter((one) => one.from.startsWith('src/') && roomOf(one.from) === room && isOurs(one))
      .filter(({ to, isType }) => {
        const target = roomOf(to);
        return (
          !to.startsWith('src/') || !(target === room || may.includes(target) || (isType && types.includes(target)))
        );
      });
    expect(wrong).toEqual([]);
  });

  it('every folder and file of src/ has its rule', () => {
    const known = [...Object.keys(rooms), 'main.ts', 'dorpel.cts', 'decisions'];
    expect(readdirSync(join(root, 'src')).filter((name) => !known.includes(name))).toEqual([]);
  });

  it('of the model the judge of the feed knows sets of numbers and nothing else', () => {
    const known = imports.filter(({ from, to }) => from.startsWith('src/feed/') && to.startsWith('src/model/'));
    expect(new Set(known.map(({ to }) => to))).toEqual(new Set(['src/model/number-set.ts']));
  });

  it('nothing imports main.ts but the few lines that the program begins with', () => {
    expect(textOf('src/dorpel.cts').match(/import\(.*\)/g)).toEqual(["import('./main.js')"]);
    expect(imports.filter(({ to }) => to === 'src/main.ts')).toEqual([]);
  });

  it('a driver knows the driver kit and its own folder, and nothing else', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (!from.startsWith('drivers/') || from === 'drivers/index.ts') return false;
      return to !== 'src/driver-kit.ts' && dirname(to) !== dirname(from);
    });
    expect(wrong).toEqual([]);
  });

  it('what makes one board, store or broker is known to main.ts alone', () => {
    const concrete = /^src\/(hal\/(linux|sim)\/|store\/sqlite-outbox|uplink\/(mqtt-|encodings\/feed))/;
    const wrong = imports.filter(
      ({ from, to, isType }) =>
        !isType && concrete.test(to) && from !== 'src/main.ts' && dirname(from) !== dirname(to) && isOutside(from),
    );
    expect(wrong).toEqual([]);
  });
});

/** `hal/sim` and `hal/replay` may use each other's neighbours inside `hal/`. */
const isOutside = (file: string) => !file.startsWith('src/hal/');

/** Each native or network package has exactly one importer, so that it can be replaced in one place. */
const importers: Readonly<Record<string, string>> = {
  'i2c-bus': 'src/hal/linux/i2c-bus.ts',
  serialport: 'src/hal/linux/serialport.ts',
  onoff: 'src/hal/linux/onoff.ts',
  'better-sqlite3': 'src/store/database.ts',
  mqtt: 'src/uplink/mqtt-client.ts',
  'mqtt/lib/client': 'src/uplink/mqtt-client.ts',
  'mqtt-packet': 'src/uplink/mqtt-client.ts',
  'node-cron': 'src/sampling/schedule.ts',
  aedes: 'src/cli/demo.ts',
  yaml: 'src/config/yaml-text.ts',
};

describe('packages', () => {
  it('each has its one importer', () => {
    const foreign = imports.filter((one) => !isOurs(one) && !one.to.startsWith('node:') && one.to !== 'valibot');
    const found = [...new Set(foreign.map(({ from, to }) => `${to} ← ${from}`))].toSorted();
    expect(found).toEqual(
      Object.entries(importers)
        .map(([name, file]) => `${name} ← ${file}`)
        .toSorted(),
    );
  });

  it('valibot is known to config/ alone', () => {
    const users = imports.filter(({ to }) => to === 'valibot').map(({ from }) => from);
    expect(users.filter((file) => !file.startsWith('src/config/'))).toEqual([]);
  });

  it('those that the program needs are dependencies, and nothing else is', () => {
    const { dependencies, optionalDependencies } = JSON.parse(textOf('package.json')) as {
      dependencies: object;
      optionalDependencies: object;
    };
    const needed = [...new Set(['valibot', ...Object.keys(importers).map((name) => name.split('/')[0] ?? '')])];
    // The demo's broker is for clones only.
    expect([...Object.keys(dependencies), ...Object.keys(optionalDependencies)].toSorted()).toEqual(
      needed.filter((name) => name !== 'aedes').toSorted(),
    );
  });
});

/** All that is loaded at once with these files. */
function loadedWith(...first: readonly string[]): Set<string> {
  const loaded = new Set(first);
  for (const file of loaded) {
    const needed = imports.filter(({ from, isType, isLater }) => from === file && !isType && !isLater);
    for (const { to } of needed) loaded.add(to);
  }
  return loaded;
}

describe('whoever only looks', () => {
  it('loads no driver, no schema, no YAML, no store and no broker', () => {
    const commands = ['status', 'watch', 'tail', 'history', 'queue'].map((name) => `src/cli/${name}.ts`);
    const heavy =
      /^(valibot|yaml|mqtt|better-sqlite3|serialport)|^drivers\/(?!index)|^src\/(config\/(load|schema)|store|uplink\/mqtt)/;
    const loaded = loadedWith('src/main.ts', ...commands);
    expect(loaded).toContain('src/control/client.ts');
    expect([...loaded].filter((file) => heavy.test(file))).toEqual([]);
  });
});

describe('time and chance', () => {
  it('come from the clock in hal/ and from main.ts, nowhere else', () => {
    const asks =
      /\bDate\.now\(|\bnew Date\(\)|(?<!\.)\bset(Timeout|Interval)\(|\bperformance\.now|\bMath\.random|process\.hrtime/;
    const wrong = files.filter((file) => asks.test(textOf(file)) && !file.startsWith('src/hal/'));
    expect(wrong).toEqual(['src/main.ts']);
  });
});
