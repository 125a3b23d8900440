import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { UplinkError } from './uplink.ts';

/** Files that say who we are and whom we believe. They are read anew at each attempt: a renewal needs no restart. */
export interface CredentialFiles {
  readonly passwordFile?: string;
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
}

const KEYS = ['passwordFile', 'caFile', 'certificateFile', 'keyFile'] as const;

/** What stood in the files at one moment. */
export interface Credentials {
  readonly password?: string;
  readonly ca?: Buffer;
  readonly certificate?: Buffer;
  readonly key?: Buffer;
  /** Differs where any of them does. */
  readonly fingerprint: string;
}

/** Reads the files; rejects a missing one with an UplinkError. */
export function readCredentials(name: string, files: CredentialFiles): Credentials {
  const contents = contentsOf(files);
  const [password, ca, certificate, key] = contents.map((content) => {
    if (!(content instanceof Error)) return content;
    throw new UplinkError(`${name}: ${content.message}`, 'check the files that are named for it', { cause: content });
  });
  return {
    ...(password ? { password: password.toString('utf8').trimEnd() } : {}),
    ...(ca ? { ca } : {}),
    ...(certificate ? { certificate } : {}),
    ...(key ? { key } : {}),
    fingerprint: digest(contents),
  };
}

/** The fingerprint of what stands in the files now; a file that cannot be read has one, too. */
export function fingerprintOf(files: CredentialFiles): string {
  return digest(contentsOf(files));
}

type Content = Buffer | Error | undefined;

function contentsOf(files: CredentialFiles): Content[] {
  return KEYS.map((key) => {
    const path = files[key];
    try {
      return path === undefined ? undefined : readFileSync(path);
    } catch (cause) {
      return cause as Error;
    }
  });
}

function digest(contents: readonly Content[]): string {
  const hash = createHash('sha256');
  for (const content of contents) {
    const bytes = content instanceof Error ? content.message : (content ?? '');
    hash.update(`${Buffer.byteLength(bytes)} `).update(bytes);
  }
  return hash.digest('hex');
}

/**
 * Chooses what to connect with: what is on disk. Where the platform has refused that, what has connected before has
 * the next turn: a renewal that went wrong cuts nobody off. It is kept in memory only.
 */
export class Keyring {
  readonly #name: string;
  readonly #files: CredentialFiles;
  #proved: Credentials | undefined;
  /** The fingerprint that was refused at the last attempt. */
  #refused: string | undefined;

  constructor(name: string, files: CredentialFiles) {
    this.#name = name;
    this.#files = files;
  }

  /** What is on disk now. */
  get fingerprint(): string {
    return fingerprintOf(this.#files);
  }

  /** What is on disk now, read. */
  latest(): Credentials {
    return readCredentials(this.#name, this.#files);
  }

  /** What the next attempt is made with. */
  next(): Credentials {
    const { fingerprint } = this;
    const wasRefused = this.#refused === fingerprint;
    // Stays where a file is missing: the other has its turn then, too.
    this.#refused = wasRefused ? undefined : fingerprint;
    const chosen = wasRefused && this.#proved ? this.#proved : this.latest();
    this.#refused = undefined;
    return chosen;
  }

  /** The platform has let us in with these. */
  accepted(credentials: Credentials): void {
    this.#proved = credentials;
    this.#refused = undefined;
  }

  /** The platform does not let us in with these. */
  refused({ fingerprint }: Credentials): void {
    if (fingerprint !== this.#proved?.fingerprint) this.#refused = fingerprint;
  }
}
