import { lookup } from 'node:dns/promises';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type DetailedPeerCertificate } from 'node:tls';
import { type CredentialFiles, readCredentials } from '../uplink/credentials.ts';

/** One certificate of a chain; times are UTC milliseconds. */
export interface Link {
  readonly subject: string;
  readonly issuer: string;
  readonly from: number;
  readonly to: number;
  /** The names that it is for, as `DNS:a, IP Address:b`. */
  readonly names: string;
}

/** A server's certificates, its own first, and OpenSSL's word for why they are not believed. */
export interface Chain {
  readonly links: readonly Link[];
  readonly refusal?: string;
}

/** Where a platform listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The way to a platform, step by step; each rejects with what the network says. */
export interface Network {
  addresses(host: string): Promise<readonly string[]>;
  reach(address: Address): Promise<void>;
  chain(address: Address, files: CredentialFiles): Promise<Chain>;
}

const STEP_MS = 4000;

/** The network that this board is on. */
export const thisNetwork: Network = {
  addresses: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  reach: (address) =>
    new Promise((resolve, reject) => {
      const socket = connectTcp({ ...address, timeout: STEP_MS }, () => {
        socket.destroy();
        resolve();
      });
      socket.once('timeout', () => socket.destroy(silence()));
      socket.once('error', reject);
    }),
  chain: (address, files) =>
    new Promise((resolve, reject) => {
      const { ca, certificate, key } = readCredentials(address.host, files);
      const ours = { ...(ca ? { ca } : {}), ...(certificate ? { cert: certificate } : {}), ...(key ? { key } : {}) };
      const named = /^[\d.]+$|:/.test(address.host) ? {} : { servername: address.host };
      // To look at what is not believed: nothing is sent, and the gateway itself never connects like this.
      const looking = { rejectUnauthorized: false, timeout: STEP_MS };
      const socket = connectTls({ ...address, ...ours, ...named, ...looking }, () => {
        const links = linksOf(socket.getPeerCertificate(true));
        const refusal = socket.authorized ? undefined : codeOf(socket.authorizationError);
        socket.destroy();
        resolve({ links, ...(refusal === undefined ? {} : { refusal }) });
      });
      socket.once('timeout', () => socket.destroy(silence()));
      socket.once('error', reject);
    }),
};

const silence = () => Object.assign(new Error(`no answer in ${STEP_MS / 1000} s`), { code: 'ETIMEDOUT' });

/** Node gives the word itself, or an error that carries it. */
function codeOf(refusal: Error | string | undefined): string {
  return typeof refusal === 'object' ? ((refusal as NodeJS.ErrnoException).code ?? refusal.message) : `${refusal}`;
}

function linksOf(first: DetailedPeerCertificate): Link[] {
  const links: Link[] = [];
  const seen = new Set<string>();
  let one: DetailedPeerCertificate | undefined = first;
  while (one?.fingerprint256 && !seen.has(one.fingerprint256)) {
    seen.add(one.fingerprint256);
    const { subject, issuer, valid_from, valid_to, subjectaltname = '' } = one;
    const times = { from: Date.parse(valid_from), to: Date.parse(valid_to) };
    links.push({ subject: nameIn(subject), issuer: nameIn(issuer), ...times, names: subjectaltname });
    one = one.issuerCertificate;
  }
  return links;
}

function nameIn({ CN, O }: DetailedPeerCertificate['subject']): string {
  return [CN ?? O ?? 'without a name'].flat().join(', ');
}
