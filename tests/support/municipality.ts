import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Child, startChild } from './child.ts';
import { freePort } from './free-port.ts';
import { pathOf } from './programs.ts';
import { temporaryDirectory } from './temporary.ts';

const DEPLOYED = resolve('deploy/broker');
const ON_THE_BROKER = ['ca.pem', 'revoked.crl', 'broker/broker.pem', 'broker/broker.key'];

/** What a client needs to come in, as paths of files. */
export interface Credentials {
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** How a command of the authority ended: its exit code, and what it said. */
export interface Said {
  readonly code: number | null;
  readonly text: string;
}

/** The small authority of `deploy/broker/ca.sh`, as an administrator uses it. */
export class MunicipalAuthority {
  readonly folder = join(temporaryDirectory(), 'ca');

  /** Runs a command that may fail. */
  try(...args: readonly string[]): Said {
    const env = { ...process.env, CA_DIR: this.folder };
    const { status, stdout, stderr } = spawnSync(join(DEPLOYED, 'ca.sh'), args, { env, encoding: 'utf8' });
    return { code: status, text: `${stdout}${stderr}` };
  }

  /** Runs a command that must not fail. */
  run(...args: readonly string[]): void {
    const { code, text } = this.try(...args);
    if (code !== 0) throw new Error(`ca.sh ${args.join(' ')}: ${text}`);
  }

  /** What was issued to a name; a renewal changes these files. */
  of(name: string): Credentials {
    const folder = join(this.folder, 'issued', name);
    const file = (base: string) => join(folder, base);
    return { caFile: file('ca.pem'), certificateFile: file('gateway.pem'), keyFile: file('gateway.key') };
  }

  /** A copy of what was issued, which stays as it is. */
  copyOf(name: string): Credentials {
    const folder = temporaryDirectory();
    const { caFile, certificateFile, keyFile } = this.of(name);
    const kept = { caFile: join(folder, 'ca'), certificateFile: join(folder, 'pem'), keyFile: join(folder, 'key') };
    copyFileSync(caFile, kept.caFile);
    copyFileSync(certificateFile, kept.certificateFile);
    copyFileSync(keyFile, kept.keyFile);
    return kept;
  }
}

const P256 = ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];

/** A request for a certificate, and the key that stays with whoever asks. `more` is what openssl is told besides. */
export function request(
  subject: string,
  { key = P256, more = [] }: { readonly key?: readonly string[]; readonly more?: readonly string[] } = {},
): { readonly csr: string; readonly keyFile: string } {
  const folder = temporaryDirectory();
  const files = { csr: join(folder, 'new.csr'), keyFile: join(folder, 'new.key') };
  const made = ['-keyout', files.keyFile, '-out', files.csr, '-subj', subject, ...more];
  execFileSync('openssl', ['req', '-new', '-nodes', '-newkey', ...key, ...made], { stdio: 'pipe' });
  return files;
}

/** A real mosquitto with the config of `deploy/broker`, on a free port, for the gateways of the owner `heihoek`. */
export class MunicipalBroker {
  readonly authority: MunicipalAuthority;
  readonly port: number;
  readonly #folder = temporaryDirectory();
  #mosquitto: Child | undefined;

  private constructor(authority: MunicipalAuthority, port: number) {
    this.authority = authority;
    this.port = port;
    const conf = readFileSync(join(DEPLOYED, 'mosquitto.conf'), 'utf8')
      .replace('listener 8883', `listener ${port} 127.0.0.1`)
      .replaceAll('/etc/mosquitto/dorpel/', `${this.#folder}/`)
      .replaceAll('/var/lib/mosquitto/', `${this.#folder}/`);
    // Else root's mosquitto becomes a user who cannot read the folder.
    const user = process.getuid?.() === 0 ? 'user root\n' : '';
    writeFileSync(join(this.#folder, 'mosquitto.conf'), `${user}${conf}`);
    const access = readFileSync(join(DEPLOYED, 'access.acl'), 'utf8').replaceAll('zuidpolder', 'heihoek');
    writeFileSync(join(this.#folder, 'access.acl'), access);
  }

  /** A running broker with an authority of its own that has issued to these names. */
  static async start(...names: readonly string[]): Promise<MunicipalBroker> {
    const authority = new MunicipalAuthority();
    authority.run('init');
    authority.run('broker', '127.0.0.1');
    for (const name of names) authority.run('issue', name);
    const broker = new MunicipalBroker(authority, await freePort());
    broker.#install();
    await broker.#run();
    return broker;
  }

  get url(): string {
    return `mqtts://127.0.0.1:${this.port}`;
  }

  /** As `systemctl reload` after what the authority has made anew was copied. */
  async reload(): Promise<void> {
    this.#install();
    this.#mosquitto?.signal('SIGHUP');
    await this.said(/Reloading config/);
  }

  async restart(): Promise<void> {
    await this.#mosquitto?.end('SIGTERM');
    await this.#run();
  }

  /** Waits for a line of its log. */
  async said(pattern: RegExp): Promise<string> {
    if (!this.#mosquitto) throw new Error('the broker does not run');
    return this.#mosquitto.line(pattern);
  }

  #install(): void {
    for (const path of ON_THE_BROKER) {
      copyFileSync(join(this.authority.folder, path), join(this.#folder, path.replace(/.*\//, '')));
    }
  }

  async #run(): Promise<void> {
    this.#mosquitto = startChild(pathOf('mosquitto'), ['-c', join(this.#folder, 'mosquitto.conf')]);
    await this.said(/mosquitto version .* running/);
  }
}
