import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** What a file holds, or why it cannot be read; `hint` where a cure is known. */
export type FileText = { readonly text: string } | { readonly reason: string; readonly hint?: string };

/** Reads a file that a person has named. */
export function fileText(file: string): FileText {
  try {
    return { text: readFileSync(file, 'utf8') };
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const other = code === 'ENOENT' ? besides(file).find((name) => existsSync(name)) : undefined;
    if (other === undefined) return { reason: REASONS[code] ?? message };
    return { reason: `there is no such file, but there is ${basename(other)}`, hint: `rename it: mv ${other} ${file}` };
  }
}

/** What an editor, or Windows where it hides the ends of names, makes of the name. */
function besides(file: string): string[] {
  return [`${file}.txt`, file.replace(/\.yaml$/, '.yml'), file.replace(/\.yml$/, '.yaml')];
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'this is a directory, not a file',
  EACCES: 'the file may not be read by this user',
};
