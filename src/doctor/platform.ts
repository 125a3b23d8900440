import type { UplinkConfig } from '../config/config.ts';
import type { Status } from '../health/status.ts';
import { datesFound } from './certificates.ts';
import type { Check, Found } from './check.ts';
import type { Address, Chain, Network } from './network.ts';

/** What came of connecting as the gateway would. */
export type Knocked =
  | { readonly kind: 'let-in'; readonly mayWrite: 'yes' | 'no' | 'unproved'; readonly why: string }
  | { readonly kind: 'refused'; readonly message: string; readonly hint: string };

/** How the way to the platforms is looked at. */
export interface Ways {
  readonly network: Network;
  readonly now: number;
  /** Of the gateway that runs, its own account: a second connection under its clientId would throw it out. */
  readonly status: Status | undefined;
  /** Connects with the uplink's own credentials; absent where a gateway may be running that does not answer. */
  readonly knock?: (uplink: UplinkConfig) => Promise<Knocked>;
}

/** The way to each platform: its name, its port, its certificates, whether it lets us in and takes what we tell. */
export function platformChecks(uplinks: readonly UplinkConfig[], ways: Ways): Check[] {
  return uplinks.map((uplink) => ({
    subject: `uplink ${uplink.name}`,
    patienceMs: PATIENCE_MS,
    look: () => lookAtPlatform(uplink, ways),
  }));
}

/** Four steps of a few seconds each. */
const PATIENCE_MS = 20_000;

async function lookAtPlatform(uplink: UplinkConfig, ways: Ways): Promise<Found[]> {
  const { network, now } = ways;
  const subject = `uplink ${uplink.name}`;
  const { host, port, isTls } = addressOf(uplink.url);
  const reached = await reach(subject, { host, port }, network);
  if (reached.verdict !== 'ok') return [reached];
  const secured = isTls ? await lookAtChain(subject, { uplink, host, port }, { network, now }) : [];
  // Who is not believed is not logged in to.
  const isBelieved = secured.every(({ verdict }) => verdict !== 'wrong');
  return [reached, ...secured, ...(isBelieved ? [await login(uplink, ways)] : [])];
}

function addressOf(text: string) {
  const url = new URL(text);
  const isTls = url.protocol === 'mqtts:';
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port) || (isTls ? 8883 : 1883), isTls };
}

async function reach(subject: string, address: Address, network: Network): Promise<Found> {
  const { host, port } = address;
  try {
    const addresses = await network.addresses(host);
    try {
      await network.reach(address);
      return { subject, verdict: 'ok', what: `${host} is ${addresses.join(', ')}; port ${port} answers` };
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      const hint = REACH_HINTS[code ?? ''] ?? 'is the network up? ip route, and ping the router';
      return { subject, verdict: 'wrong', what: `${host} port ${port}: ${message}`, hint };
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const hint = code === 'ENOTFOUND' ? 'is the name in url right?' : 'no name server answers: is the network up?';
    return { subject, verdict: 'wrong', what: `the name ${host} is not found (${code})`, hint };
  }
}

const REACH_HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: is the broker running, is the port in url right?',
  ETIMEDOUT: 'a firewall on the way? Ask whether the port is open to this network',
};

async function lookAtChain(
  subject: string,
  { uplink, host, port }: Address & { readonly uplink: UplinkConfig },
  { network, now }: Pick<Ways, 'network' | 'now'>,
): Promise<Found[]> {
  try {
    return chainFound(subject, await network.chain({ host, port }, uplink), { host, now });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const isPlain = code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO';
    const hint = isPlain
      ? 'that port is without TLS: write mqtt://, or the TLS port, usually 8883'
      : 'does it ask for a certificate that it knows (certificateFile, keyFile)? Is caFile a PEM file?';
    return [{ subject, verdict: 'wrong', what: `TLS: ${message}`, hint }];
  }
}

/** A server's chain in words: who it says it is, who says so, until when, and why it is not believed. */
export function chainFound(
  subject: string,
  { links, refusal }: Chain,
  { host, now }: { readonly host: string; readonly now: number },
): Found[] {
  const dated = links.map((link) => {
    return datesFound(subject, { ...link, name: `certificate of ${link.subject}, by ${link.issuer}`, now });
  });
  if (refusal === undefined) return dated;
  // Dates tell more than OpenSSL's word for them.
  if (refusal.startsWith('CERT_') && dated.some(({ verdict }) => verdict === 'wrong')) return dated;
  const [own] = links;
  if (refusal === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const what = `its certificate is for ${own?.names || own?.subject}, not for ${host}`;
    return [
      ...dated,
      { subject, verdict: 'wrong', what, hint: 'correct url, or have the broker’s certificate changed' },
    ];
  }
  const issuer = links.at(-1)?.issuer ?? 'an unknown authority';
  const what = `its certificate is not believed: ${issuer} is not an authority that is known here (${refusal})`;
  return [
    ...dated,
    { subject, verdict: 'wrong', what, hint: 'set caFile to the CA that signed the broker’s certificate' },
  ];
}

async function login(uplink: UplinkConfig, { status, knock }: Ways): Promise<Found> {
  const subject = `uplink ${uplink.name}`;
  if (status) return askedFound(subject, uplink.name, status);
  if (!knock) {
    const what = 'login not tried: a gateway may be running, and the same clientId would throw it out';
    return { subject, verdict: 'unknown', what, hint: 'sudo dorpel doctor asks it; or stop it first' };
  }
  const knocked = await knock(uplink);
  if (knocked.kind === 'refused') return { subject, verdict: 'wrong', what: knocked.message, hint: knocked.hint };
  const { mayWrite, why } = knocked;
  if (mayWrite === 'no') {
    const hint = `whoever runs the broker must let ${uplink.username ?? uplink.clientId} write ${uplink.root}/v1/…/#`;
    return { subject, verdict: 'wrong', what: `lets us in, but not write: ${why}`, hint };
  }
  if (mayWrite === 'unproved') return { subject, verdict: 'unknown', what: `lets us in; ${why}` };
  return { subject, verdict: 'ok', what: 'lets us in and takes what we tell' };
}

/** By the account of the gateway that runs. */
function askedFound(subject: string, name: string, { uplinks }: Status): Found {
  const known = uplinks.find(({ uplink }) => uplink === name);
  if (!known) {
    return {
      subject,
      verdict: 'warning',
      what: 'the gateway that runs does not know it',
      hint: 'systemctl restart dorpel',
    };
  }
  const { isConnected, lastError, refused, accepted } = known;
  if (!isConnected) {
    const what = `the gateway is not connected${lastError ? `: ${lastError}` : ''}`;
    return { subject, verdict: 'wrong', what, hint: 'it keeps everything and tries again; dorpel queue' };
  }
  if (refused.length > 0) {
    const hint = 'whoever runs the broker must let it write there';
    return { subject, verdict: 'wrong', what: `the platform refuses ${refused.join(', ')}`, hint };
  }
  return { subject, verdict: 'ok', what: `the gateway is connected and has told ${accepted}` };
}
