import { milliseconds } from '../config/fields.ts';
import { captured } from '../feed/captured.ts';
import { Judge } from '../feed/judge.ts';
import { parsed } from './arguments.ts';
import { linesOf } from './captures.ts';
import { type Command, type Context, type OptionTable, UsageError } from './command.ts';
import { JSON_OUT } from './options.ts';
import { verdictText } from './verdict-text.ts';

const MOST_EXAMPLES = 5;

const OPTIONS = {
  capture: { type: 'string', value: 'FILE', help: 'what was captured; - is standard input' },
  'from-first-seen': { type: 'boolean', default: false, help: 'the capture begins in the middle of a feed' },
  root: { type: 'string', default: 'feed', value: 'feed', help: 'what its topics begin with' },
  json: { ...JSON_OUT.json, default: false },
  for: { type: 'string', value: '60s', help: 'how long to listen; else until Ctrl-C' },
  username: { type: 'string', value: 'NAME', help: 'for the broker' },
  'password-file': { type: 'string', value: 'FILE', help: 'the file that holds the password' },
  protocol: { type: 'string', default: '5', value: '5|3.1.1', help: 'of MQTT' },
  'ca-file': { type: 'string', value: 'FILE', help: 'the authority that signed the broker’s certificate' },
  'certificate-file': { type: 'string', value: 'FILE', help: 'our certificate' },
  'key-file': { type: 'string', value: 'FILE', help: 'its key' },
} as const satisfies OptionTable;

const given = (args: readonly string[]) => parsed(args, OPTIONS);
type Given = ReturnType<typeof given>['values'];

export const verify: Command = {
  summary: 'Judges a captured or live feed: is every number accounted for?',
  usage: `dorpel verify --capture FILE [--from-first-seen] [--root feed] [--json]
       dorpel verify mqtt://HOST:PORT [--for 60s] [--root feed] [--json]
                [--username NAME --password-file FILE] [--protocol 5|3.1.1]
                [--ca-file FILE] [--certificate-file FILE --key-file FILE]`,
  options: OPTIONS,
  notes: `FILE holds what mosquitto_sub -v writes, or JSON lines with topic, payload
(payload_b64, payload_hex), qos, retain and at; - is standard input. Numbers
count from 1, with --from-first-seen and live from the lowest that is seen.`,
  example: "mosquitto_sub -h HOST -t 'feed/v1/#' -v | dorpel verify --capture -",
  exitCodes: { 0: 'complete', 1: 'not complete', 2: 'nothing could be judged' },
  async run(args, context) {
    const { values, positionals } = given(args);
    const [url, more] = positionals;
    if ((url === undefined) === (values.capture === undefined) || more !== undefined) {
      throw new UsageError('name one capture or one broker');
    }
    const isLive = url !== undefined;
    const judge = new Judge({
      root: values.root,
      isFromFirstSeen: isLive || values['from-first-seen'],
      isMetaNeeded: isLive || !values['from-first-seen'],
      isAsPublished: isLive && values.protocol === '5',
      mostExamples: MOST_EXAMPLES,
    });
    const isHeard = isLive ? await hearBroker(url, values, { judge, context }) : await hearFile(values, judge, context);
    if (!isHeard) return 2;
    const verdict = judge.verdict();
    context.stdout.write(values.json ? `${JSON.stringify(verdict)}\n` : verdictText(verdict));
    return verdict.isComplete ? 0 : 1;
  },
};

async function hearFile({ capture = '-' }: Given, judge: Judge, { stdin, stderr, stop }: Context): Promise<boolean> {
  let number = 0;
  try {
    for await (const line of linesOf(capture, stdin)) {
      if (stop.aborted) return false;
      number += 1;
      if (line.length === 0) continue;
      const message = captured(line);
      if (message) judge.hear(message);
      else judge.complain('unreadable', `line ${number}: ${line.toString('utf8', 0, 40)}`);
    }
    return true;
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    stderr.write(`${capture} cannot be read: ${cause.message}\n`);
    return false;
  }
}

async function hearBroker(
  url: string,
  values: Given,
  { judge, context }: { readonly judge: Judge; readonly context: Context },
): Promise<boolean> {
  const broker = brokerAt(url, values);
  const over = new AbortController();
  const stop = AbortSignal.any([context.stop, over.signal]);
  const forMs = durationOf(values.for);
  // Ends early where the connection is lost or the program is told to stop.
  if (forMs !== undefined) {
    void context.sleep(forMs, stop).then(
      () => over.abort(),
      () => undefined,
    );
  }
  const heard = (message: Parameters<Parameters<Context['subscribe']>[1]['heard']>[0]) => {
    judge.hear({ ...message, at: context.now() });
  };
  const lost = await context.subscribe(broker, { topic: `${values.root}/v1/#`, heard, stop });
  over.abort();
  if (lost) judge.complain('connection', lost.message);
  return true;
}

function durationOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const forMs = milliseconds(text);
  if (Number.isNaN(forMs)) throw new UsageError('--for is a duration such as 30s, 15min or 6h');
  return forMs;
}

function brokerAt(url: string, values: Given): Parameters<Context['subscribe']>[0] {
  const { protocol: scheme, username, password } = URL.canParse(url) ? new URL(url) : new URL('none:');
  if (scheme !== 'mqtt:' && scheme !== 'mqtts:') throw new UsageError('a broker is mqtt://HOST or mqtts://HOST');
  if (username || password) throw new UsageError('name and password go in --username and --password-file');
  const { protocol } = values;
  if (protocol !== '5' && protocol !== '3.1.1') throw new UsageError('--protocol is 5 or 3.1.1');
  return {
    name: 'broker',
    url,
    protocol: protocol === '5' ? 5 : protocol,
    clientId: '',
    ...(values.username === undefined ? {} : { username: values.username }),
    ...(values['password-file'] === undefined ? {} : { passwordFile: values['password-file'] }),
    ...(values['ca-file'] === undefined ? {} : { caFile: values['ca-file'] }),
    ...(values['certificate-file'] === undefined ? {} : { certificateFile: values['certificate-file'] }),
    ...(values['key-file'] === undefined ? {} : { keyFile: values['key-file'] }),
  };
}
