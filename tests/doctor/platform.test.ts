import { describe, expect, it } from 'vitest';
import type { UplinkConfig } from '../../src/config/config.ts';
import { type Check, examined, type Found } from '../../src/doctor/check.ts';
import type { Chain, Link, Network } from '../../src/doctor/network.ts';
import { type Knocked, platformChecks, type Ways } from '../../src/doctor/platform.ts';
import { statusOf, uplinkStatus } from '../support/status.ts';

const NOW = Date.UTC(2026, 10, 24);
const DAY = 86_400_000;
const CITY = { name: 'city', url: 'mqtts://city.example', root: 'feed', clientId: 'gw' } as UplinkConfig;
const LINK: Link = {
  subject: 'city.example',
  issuer: 'City CA',
  from: NOW - DAY,
  to: NOW + 90 * DAY,
  names: 'DNS:city.example',
};

const failing = (code: string) => () => Promise.reject(Object.assign(new Error(`connect ${code}`), { code }));

function network(parts: Partial<Network> = {}, chain: Partial<Chain> = {}): Network {
  return {
    addresses: async () => ['192.0.2.1'],
    reach: async () => undefined,
    chain: async () => ({ links: [LINK], ...chain }),
    ...parts,
  };
}

const LET_IN: Knocked = { kind: 'let-in', mayWrite: 'yes', why: '' };

async function look(ways: Partial<Ways>): Promise<readonly Found[]> {
  const knock = async () => LET_IN;
  const [check] = platformChecks([CITY], { network: network(), now: NOW, status: undefined, knock, ...ways });
  return (await check?.look()) ?? [];
}

const wrong = async (ways: Partial<Ways>) => {
  const found = (await look(ways)).filter(({ verdict }) => verdict !== 'ok');
  return found.map(({ verdict, what, hint }) => `${verdict}: ${what} → ${hint}`);
};

describe('the way to a platform', () => {
  it('is told step by step', async () => {
    expect((await look({})).map(({ what }) => what)).toEqual([
      'city.example is 192.0.2.1; port 8883 answers',
      'certificate of city.example, by City CA: valid from 2026-11-23 to 2027-02-22, 90 days left',
      'lets us in and takes what we tell',
    ]);
  });

  it.each<[string, Partial<Ways>, RegExp]>([
    [
      'an unknown name',
      { network: network({ addresses: failing('ENOTFOUND') }) },
      /name city\.example is not found.*url right/,
    ],
    ['no name server', { network: network({ addresses: failing('EAI_AGAIN') }) }, /no name server answers/],
    ['nobody listens', { network: network({ reach: failing('ECONNREFUSED') }) }, /port 8883.*nothing listens there/],
    ['a firewall', { network: network({ reach: failing('ETIMEDOUT') }) }, /firewall/],
    ['a port without TLS', { network: network({ chain: failing('EPROTO') }) }, /without TLS: write mqtt:/],
    [
      'an end that is near',
      { network: network({}, { links: [{ ...LINK, to: NOW + 5 * DAY }] }) },
      /^warning: .*5 days left → renew it in time/,
    ],
  ])('%s', async (_what, ways, line) => {
    expect(await wrong(ways)).toEqual([expect.stringMatching(line)]);
  });

  it('who is not believed is not logged in to', async () => {
    const knocked: string[] = [];
    const knock = async ({ name }: UplinkConfig) => {
      knocked.push(name);
      return LET_IN;
    };
    await look({ network: network({}, { refusal: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' }), knock });
    expect(knocked).toEqual([]);
  });

  it('a gateway that runs is asked, and nobody connects in its name', async () => {
    const knock = () => Promise.reject(new Error('thrown out'));
    const status = (parts: Parameters<typeof uplinkStatus>[1]) => statusOf({ uplinks: [uplinkStatus('city', parts)] });
    expect(await wrong({ knock, status: status({}) })).toEqual([]);
    expect(await wrong({ knock, status: status({ isConnected: false, lastError: 'bad password' }) })).toEqual([
      expect.stringMatching(/^wrong: the gateway is not connected: bad password/),
    ]);
    expect(await wrong({ knock, status: status({ refused: ['feed/v1/a'] }) })).toEqual([
      expect.stringMatching(/^wrong: the platform refuses feed\/v1\/a/),
    ]);
  });

  it('where a gateway may be running that does not answer, nobody connects', async () => {
    const [check] = platformChecks([CITY], { network: network(), now: NOW, status: undefined });
    expect((await check?.look())?.at(-1)).toMatchObject({
      verdict: 'unknown',
      what: expect.stringContaining('not tried'),
    });
  });
});

describe('a check-up', () => {
  const ok: Check = { subject: 'one', look: () => [{ subject: 'one', verdict: 'ok', what: 'well' }] };
  // The check's own patience ends at once: what would not end does so before.
  const clock = { sleep: async () => undefined };
  const patient = { sleep: () => new Promise<void>(() => undefined) };

  it('gives up what hangs, says so of what fails, and goes on', async () => {
    const hangs: Check = { subject: 'two', patienceMs: 3000, look: () => new Promise(() => undefined) };
    expect(await examined([hangs], clock)).toEqual([
      expect.objectContaining({ subject: 'two', verdict: 'wrong', what: 'gave no answer in 3 s' }),
    ]);
    const fails: Check = { subject: 'three', look: () => Promise.reject(new Error('broken')) };
    expect((await examined([ok, fails], patient)).map(({ verdict, what }) => `${verdict} ${what}`)).toEqual([
      'unknown could not be looked at: broken',
      'ok well',
    ]);
  });

  it('tells what is wrong first', async () => {
    const bad: Check = { subject: 'bad', look: () => [{ subject: 'bad', verdict: 'wrong', what: 'no' }] };
    expect((await examined([ok, bad], patient)).map(({ subject }) => subject)).toEqual(['bad', 'one']);
  });
});
