import * as v from 'valibot';
import type { Driver, DriverRegister } from '../driver-kit.ts';
import type { Conversation } from '../hal/replay/conversation.ts';
import type { Step } from '../hal/replay/steps.ts';
import type { SensorFault } from '../model/errors.ts';
import { checked } from './issues.ts';
import { registered } from './known-drivers.ts';
import { textOf } from './load.ts';
import { didYouMean } from './nearest.ts';
import { ConfigError, type Problem } from './problem.ts';
import { withSecrets } from './secrets.ts';
import type { Shape } from './shape.ts';
import type { Path, Source } from './source.ts';
import { YamlText } from './yaml-text.ts';

const hexBytes = v.pipe(v.string(), v.regex(/^([0-9a-f]{2}\s*)*$/i));
const level = v.picklist([0, 1]);
const line = v.exactOptional(v.number());
const faults = [
  ...['no-acknowledge', 'timeout', 'checksum', 'not-ready', 'refused', 'wrong-device', 'implausible', 'bus', 'driver'],
] as const satisfies readonly SensorFault[];
const fault = v.picklist(faults, `one of ${faults.join(', ')}`);

const step: v.GenericSchema<unknown, Step> = v.union(
  [
    v.strictObject({ write: hexBytes }),
    v.strictObject({ read: hexBytes, after: v.exactOptional(v.number()) }),
    v.strictObject({ writeRead: v.tuple([hexBytes, hexBytes]) }),
    v.strictObject({ sleep: v.number() }),
    v.strictObject({ silence: v.number() }),
    v.strictObject({ error: fault }),
    v.strictObject({ file: v.string(), text: v.nullable(v.string()) }),
    v.strictObject({ edge: level, at: v.number(), line }),
    v.strictObject({ quiet: v.number() }),
    v.strictObject({ level, line }),
  ],
  'a step such as { write: "fd" }, { read: "66 66" } or { sleep: 9 }',
);

const steps = v.exactOptional(v.array(step));
const made = { expect: v.exactOptional(v.unknown()), error: v.exactOptional(fault) };

const conversations: v.GenericSchema<unknown, readonly Conversation[]> = v.array(
  v.strictObject({
    name: v.string(),
    origin: v.string(),
    driver: v.exactOptional(v.string()),
    options: v.exactOptional(v.record(v.string(), v.unknown())),
    withheld: v.exactOptional(v.array(v.string())),
    line: v.exactOptional(v.strictObject({ address: v.number(), baudRate: v.number() })),
    memory: v.exactOptional(v.string()),
    start: steps,
    identity: v.exactOptional(v.unknown()),
    poll: steps,
    samples: steps,
    polls: v.exactOptional(v.array(v.strictObject({ at: v.number(), start: steps, poll: steps, ...made }))),
    ...made,
  }),
);

/** A conversation with the driver that is to play it, and its options as the driver's schema yields them. */
export interface Playable {
  readonly conversation: Conversation;
  readonly driver: Driver;
  readonly options: object;
}

/** What a file of conversations leaves open. */
export interface Known {
  readonly register: DriverRegister;
  /** The driver, whatever the file says; absent: as the file says. */
  readonly driver?: string | undefined;
  /** The files that hold what was withheld, by option. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Reads and checks a `vectors.yaml`. Throws a ConfigError with everything that is wrong. */
export async function loadConversations(file: string, known: Known): Promise<readonly Playable[]> {
  const source = new YamlText(file, textOf(file, 'dorpel record writes such a file'), { holds: 'list' });
  if (source.problems.length > 0) throw new ConfigError(source.problems);
  const { output = [], problems } = checked(conversations, source.value, { source });
  if (problems.length > 0) throw new ConfigError(problems);
  const resolving = output.map((conversation, index) => playable(conversation, [index], { ...known, source }));
  const resolved = await Promise.all(resolving);
  const wrong = resolved.flatMap((one) => ('problems' in one ? one.problems : []));
  if (wrong.length > 0) throw new ConfigError(wrong);
  return resolved.flatMap((one) => ('problems' in one ? [] : [one]));
}

async function playable(
  conversation: Conversation,
  base: Path,
  { source, register, driver: named, secrets }: Known & { readonly source: Source },
): Promise<Playable | { readonly problems: readonly Problem[] }> {
  const wanted = named ?? conversation.driver;
  if (wanted === undefined) {
    return { problems: [source.at(base, 'it does not say which driver it is of', 'name it with --driver NAME')] };
  }
  if (!Object.hasOwn(register, wanted)) {
    const parts = Object.keys(register);
    const hint = didYouMean(wanted, parts) ?? `drivers: ${parts.join(', ')}`;
    return { problems: [source.at([...base, 'driver'], `there is no driver called "${wanted}"`, hint)] };
  }
  const { driver } = await registered(register, wanted);
  const at = { source, base: [...base, 'options'] };
  const withheld = (conversation.withheld ?? []).filter((option) => secrets[option] === undefined);
  const missing = withheld.map((option) => {
    return source.at([...base, 'withheld'], `${option} was left out of the file`, `give it: --secret ${option}=FILE`);
  });
  const given = withSecrets(secrets, driver.options as Shape, { ...at, directory: process.cwd() });
  const options = checked(driver.options, { ...conversation.options, ...given.options }, at);
  const problems = [...missing, ...given.problems, ...options.problems];
  return options.output && problems.length === 0 ? { conversation, driver, options: options.output } : { problems };
}
