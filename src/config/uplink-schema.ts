import * as v from 'valibot';
import { choice, duration, flag, number, rate } from './fields.ts';
import { NAME, names, optionalSecretFile, optionalText, SEGMENT, text } from './texts.ts';

/** A platform, as the file has it. */
export const uplink = v.strictObject({
  url: v.pipe(
    v.string('mqtt://host:1883 or mqtts://host:8883'),
    v.check((url) => !url.includes('@'), 'an address without name and password'),
    v.regex(/^mqtts?:\/\/[^/@\s]+$/, 'mqtt://host:1883 or mqtts://host:8883'),
    v.check(URL.canParse, 'mqtt://host:1883 or mqtts://host:8883'),
    v.description('mqtt://host:1883, or mqtts://host:8883 for TLS. Name and password go to username and passwordFile.'),
  ),
  protocol: v.optional(
    v.pipe(
      v.picklist([5, '3.1.1'], '5 or 3.1.1'),
      v.description('MQTT version; 3.1.1 where the broker knows no better (NATS).'),
    ),
    5,
  ),
  root: v.optional(
    v.pipe(v.string(NAME), v.regex(SEGMENT, NAME), v.description('First segment of every topic.')),
    'feed',
  ),
  clientId: v.optional(v.pipe(text("Default: the gateway's id."), v.maxLength(65, 'a text of at most 65 letters'))),
  username: optionalText('Who we say we are.'),
  passwordFile: optionalSecretFile('A file with the password; never the password itself.'),
  caFile: optionalText('CA certificates (PEM) to trust; default: those of the system.'),
  certificateFile: optionalText('Our certificate (PEM), where the broker asks for one.'),
  keyFile: optionalSecretFile('Its private key (PEM).'),
  devices: names('The devices that it is told of. Default: all.'),
  quantities: names('The quantities that it is told of. Default: all.'),
  batches: choice(['backlog', 'deflate', 'never'], {
    default: 'backlog',
    help: 'A backlog is told in batches of observations; deflate: compressed; never: one message for each, always.',
  }),
  drainRate: rate({ default: '1000kbit/s', help: 'How fast a backlog is told, beside what is new.' }),
  drainDelay: duration({
    default: '30s',
    max: '1h',
    help: 'A backlog begins after a random time up to this: a village does not come back all at once.',
  }),
  refusedFor: duration({
    default: '1h',
    max: '30d',
    help: 'What the platform refuses is told again for so long, then declared lost to it.',
  }),
  keepalive: duration({
    default: '60s',
    min: '5s',
    max: '18h',
    help: 'A line on which nothing came for so long, and half as long again, is taken for dead.',
  }),
  canary: flag({
    default: true,
    help: 'On 3.1.1, a message of our own must come back before anything is deleted: brokers acknowledge what they refuse.',
  }),
  maxInFlight: number({
    default: 20,
    min: 1,
    max: 1000,
    whole: true,
    help: "Messages under way at most; the broker's own limit counts too.",
  }),
});
