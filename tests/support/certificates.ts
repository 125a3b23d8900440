import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './temporary.ts';

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const DAY_MS = 86_400_000;

/** A certificate and its private key, as files. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** For when, and for where, a certificate is. */
export interface Terms {
  /** In days from now; default -1, an hour ago would do but for time zones. */
  readonly fromDays?: number;
  readonly untilDays?: number;
  /** As openssl writes a subject's other name; default this machine. */
  readonly where?: string;
}

/** A certificate authority, made by openssl. */
export interface Authority extends Certificate {
  /** Signs a certificate, for somebody at this machine where nothing else is said. */
  sign(name: string, terms?: Terms): Certificate;
  /** Revokes a certificate that it signed; gives its list of those, as a file. */
  revoke(revoked: Certificate): string;
}

/** What `openssl ca` keeps its books by. */
const BOOKS = `
[ca]
default_ca = own
[own]
database = index.txt
serial = serial.txt
new_certs_dir = .
default_md = sha256
default_crl_days = 1
unique_subject = no
policy = any
[any]
commonName = supplied
`;

/** An authority of its own, valid for a week. */
export function certificateAuthority(): Authority {
  const folder = temporaryDirectory();
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const filesOf = (name: string) => ({ certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) });
  const own = filesOf('ca');
  const subject = ['-subj', '/CN=Test CA', '-days', '7'];
  openssl('req', '-x509', ...NEW_KEY, '-keyout', own.key, '-out', own.certificate, ...subject);
  writeFileSync(join(folder, 'books.cnf'), BOOKS);
  writeFileSync(join(folder, 'index.txt'), '');
  writeFileSync(join(folder, 'serial.txt'), '01\n');
  const books = ['ca', '-config', 'books.cnf', '-cert', own.certificate, '-keyfile', own.key, '-batch', '-notext'];
  return {
    ...own,
    sign: (name, { fromDays = -1, untilDays = 1, where = 'IP:127.0.0.1' } = {}) => {
      const files = filesOf(name);
      writeFileSync(join(folder, 'where.txt'), `subjectAltName = ${where}\n`);
      openssl('req', '-new', ...NEW_KEY, '-keyout', files.key, '-out', 'request.pem', '-subj', `/CN=${name}`);
      const when = ['-startdate', inDays(fromDays), '-enddate', inDays(untilDays)];
      openssl(...books, '-in', 'request.pem', '-out', files.certificate, '-extfile', 'where.txt', ...when);
      return files;
    },
    revoke: ({ certificate }) => {
      const list = join(folder, 'list.crl');
      openssl(...books, '-revoke', certificate);
      openssl(...books, '-gencrl', '-out', list);
      return list;
    },
  };
}

/** As `openssl ca` reads a time: YYMMDDHHMMSSZ. */
function inDays(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString().replaceAll(/^..|[-:T]|\.\d+/g, '');
}
