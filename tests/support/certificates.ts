import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './temporary.ts';

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A certificate and its private key, as files. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate authority, made by openssl. */
export interface Authority extends Certificate {
  /** Signs a certificate for somebody at this machine. */
  sign(name: string): Certificate;
}

/** An authority of its own, valid for a day. */
export function certificateAuthority(): Authority {
  const folder = temporaryDirectory();
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const filesOf = (name: string) => ({ certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) });
  const own = filesOf('ca');
  openssl(
    'req',
    '-x509',
    ...NEW_KEY,
    '-keyout',
    own.key,
    '-out',
    own.certificate,
    '-subj',
    '/CN=Test CA',
    '-days',
    '1',
  );
  writeFileSync(join(folder, 'here.txt'), 'subjectAltName = IP:127.0.0.1\n');
  return {
    ...own,
    sign: (name) => {
      const files = filesOf(name);
      openssl('req', '-new', ...NEW_KEY, '-keyout', files.key, '-out', 'request.pem', '-subj', `/CN=${name}`);
      const signer = ['-CA', own.certificate, '-CAkey', own.key, '-CAcreateserial', '-extfile', 'here.txt'];
      openssl('x509', '-req', '-in', 'request.pem', '-out', files.certificate, '-days', '1', ...signer);
      return files;
    },
  };
}
