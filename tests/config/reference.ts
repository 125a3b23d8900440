import { addressesOf, shownAddresses } from '../../src/config/address.ts';
import { configSchema } from '../../src/config/schema.ts';
import { bare, branches, helpOf, requiredKeys, type Shape } from '../../src/config/shape.ts';
import type { Driver } from '../../src/driver-kit.ts';

/** The reference page of the config: every key, what it takes, its default and its help, and every driver's options. */
export function configReference(drivers: readonly Driver[]): string {
  const seen = new Map<Shape, string>();
  const sections = Object.entries(configSchema.entries as Readonly<Record<string, Shape>>).map(([key, shape]) => {
    return `## ${key}\n\n${table(rowsOf({ path: key, shape, isRequired: key === 'gateway' }, seen))}`;
  });
  const parts = drivers.map((driver) => `### ${driver.part}\n\n${factsOf(driver)}\n\n${optionsOf(driver)}`);
  return `${[HEADER, ...sections, DRIVERS, ...parts].join('\n\n')}\n`;
}

const HEADER = `# Every key of a config

Made from the schema by \`npm run schema\`; [gateway.example.yaml](gateway.example.yaml) shows each in its place. NAME is a
name of small letters, digits and hyphens that you choose, 0 each thing of a list. *Required* is what must stand where
its surroundings stand. In a value, \`\${NAME}\` is what the environment holds under that name, and \`$\${\` a plain \`\${\`.`;

const DRIVERS = `## Options of the drivers

What stands under \`options:\` of a device. What each driver tells, and how its part is wired, is in its README.`;

/** A key, and where it stands. */
interface Key {
  readonly path: string;
  readonly shape: Shape;
  readonly isRequired: boolean;
  /** The kind of bus of which alone it is. */
  readonly kind?: string;
}

/** `seen`: where schemas stood whose keys need not be told again. */
function rowsOf(key: Key, seen: Map<Shape, string>): string[] {
  const { path, shape, isRequired, kind } = key;
  const { help, unit } = helpIn(shape);
  const inside = below(shape, path, seen);
  const earlier = seen.get(shape);
  const said = earlier === undefined ? takenBy(shape) : `as \`${earlier}\``;
  if (inside.length > 0) seen.set(shape, earlier ?? path);
  const takes = unit ? `${said}, in ${unit}` : said;
  const name = kind === undefined ? `\`${path}\`` : `\`${path}\` (${kind})`;
  const row = [name, takes, isRequired ? '*required*' : defaultOf(shape), help].map((cell) =>
    cell.replaceAll('|', '\\|'),
  );
  return [`| ${row.join(' | ')} |`, ...(earlier === undefined ? inside : [])];
}

function below(shape: Shape, path: string, seen: Map<Shape, string>): string[] {
  return branches(shape).flatMap((branch, _, all): string[] => {
    if (branch.value) return below(branch.value, `${path}.NAME`, seen);
    if (branch.item) return below(branch.item, `${path}.0`, seen);
    const required = requiredKeys(branch);
    const kind = all.length > 1 ? { kind: String(bare(branch.entries?.['kind'] as Shape).literal) } : {};
    return Object.entries(branch.entries ?? {}).flatMap(([key, entry]) =>
      rowsOf({ path: `${path}.${key}`, shape: entry, isRequired: required.includes(key), ...kind }, seen),
    );
  });
}

function table(rows: readonly string[]): string {
  return ['| key | takes | default | |', '|---|---|---|---|', ...rows].join('\n');
}

/** The help; that of a number may end with its unit in brackets. */
function helpIn(shape: Shape): { readonly help: string; readonly unit: string | undefined } {
  const help = helpOf(shape) ?? '';
  const isNumber = messagesOf(shape).some((message) => message.includes('number between'));
  const [, before = help, unit] = (isNumber ? /^(.*) \[(.*)\]$/s.exec(help) : undefined) ?? [];
  return { help: before, unit: unit?.replace('Cel', '°C') };
}

/** What is said of a wrong value, after "should be". */
function takenBy(shape: Shape): string {
  const said = messagesOf(shape);
  if (said.length > 0) return said.join('; ');
  const { type, literal, value } = bare(shape);
  if (value && bare(value).type === 'unknown') return 'keys with values';
  if (type === 'literal') return `\`${String(literal)}\``;
  return KINDS[type] ?? type;
}

const KINDS: Readonly<Record<string, string>> = {
  strict_object: 'keys, as below',
  variant: 'keys, as below',
  record: 'names, each with keys as below',
  string: 'a text',
  unknown: 'anything',
};

/** Of each layer of a schema the last word, which is the narrowest. */
function messagesOf(shape: Shape): string[] {
  if (shape.wrapped) return messagesOf(shape.wrapped);
  const [first, ...actions] = shape.pipe ?? [];
  if (!first || first === shape) return messageOf(shape);
  const said = actions.flatMap(messageOf).at(-1);
  // What the kind of value is, the layer above says more narrowly; a layer that is itself a pipe says something else.
  const inner = first.pipe || said === undefined ? messagesOf(first) : [];
  return [...new Set([...inner, ...(said === undefined ? [] : [said])])];
}

function messageOf(part: unknown): string[] {
  const { message } = Object(part) as { message?: unknown };
  return typeof message === 'string' ? [message] : [];
}

function defaultOf(shape: Shape): string {
  const value = shape.type === 'nullish' ? undefined : shape.default;
  return value === undefined ? '' : `\`${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}\``;
}

function factsOf(driver: Driver): string {
  const { part, bus, period } = driver;
  const addresses = addressesOf(driver) ? ` at address ${shownAddresses(driver)}` : '';
  const why = period.why ? `: ${period.why}` : '';
  const often =
    period.default === '0s' ? 'every sample is kept' : `every ${period.default}, at most every ${period.least}${why}`;
  return `[drivers/${part}](../drivers/${part}/README.md), on a bus of kind ${bus}${addresses}; ${often}.`;
}

function optionsOf({ options }: Driver): string {
  const rows = below(options as Shape, 'options', new Map());
  return rows.length > 0 ? table(rows) : 'No options.';
}
