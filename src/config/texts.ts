import * as v from 'valibot';
import type { Schema } from './fields.ts';

/** The kinds of value that only the config file itself has. Messages complete "should be …". */

/** What can stand between two slashes of a topic. */
export const SEGMENT = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

export const NAME = 'a name of small letters, digits and hyphens';

/** A name that can stand in a topic: RabbitMQ breaks on dots, NATS on spaces. */
export const name = v.pipe(
  v.string(NAME),
  v.regex(SEGMENT, NAME),
  v.maxLength(40, 'a name of at most 40 letters'),
  v.description('A name of small letters, digits and hyphens; it stands in topics.'),
);

const INCLUDED = 'a file or a directory, or a list of them such as [buses.yaml, devices.d]';

/** A text that is not empty. */
export const text = (help: string) =>
  v.pipe(v.string('a text'), v.minLength(1, 'a text that is not empty'), v.description(help));

/** A text that may be left out. */
export const optionalText = (help: string) => v.optional(text(help));

/** A file that holds a secret, read when it is needed. */
export const optionalSecretFile = (help: string) => v.optional(v.pipe(text(help), v.metadata({ isSecretFile: true })));

/** A number without limits of its own. */
export const anyNumber = (help: string) => v.pipe(v.number('a number'), v.finite('a number'), v.description(help));

/** A part of the file that may be left out, or stand there with nothing below it. */
export function section<T>(schema: v.GenericSchema<unknown, T>): Schema<T> {
  return v.nullish(schema, {} as never) as Schema<T>;
}

/** Other files of the same config. */
export const include = v.nullish(
  v.pipe(
    v.union([v.string(), v.array(v.string())], INCLUDED),
    v.check((paths) => [paths].flat().every((path) => path !== ''), INCLUDED),
    v.description(
      'More files of this config, or directories of them (*.yaml), relative to this one. Read once each; put together by their top keys.',
    ),
  ),
);

const NAMES = 'a list of names such as [hall-air, hall-meter]';

/** A list of names that may be left out. */
export const names = (help: string) =>
  v.optional(
    v.pipe(v.array(v.string('a name'), NAMES), v.minLength(1, 'a list of at least one name'), v.description(help)),
  );
