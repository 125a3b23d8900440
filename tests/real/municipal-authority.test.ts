import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MunicipalAuthority, request } from '../support/municipality.ts';
import { describeWith } from '../support/programs.ts';

const DAY_SECONDS = 86_400;
const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });
const serialOf = (file: string) => openssl('x509', '-in', file, '-noout', '-serial').trim().replace('serial=', '');
const revokedBy = ({ folder }: MunicipalAuthority) =>
  [...openssl('crl', '-in', join(folder, 'revoked.crl'), '-noout', '-text').matchAll(/Serial Number: (\w+)/g)].map(
    ([, serial]) => serial,
  );

/** Whether a file is the certificate of its key. */
function belong(certificateFile: string, keyFile: string): boolean {
  return openssl('x509', '-in', certificateFile, '-noout', '-pubkey') === openssl('pkey', '-in', keyFile, '-pubout');
}

function authority(): MunicipalAuthority {
  const made = new MunicipalAuthority();
  made.run('init');
  return made;
}

/** Everything in a folder that others than its owner may do something with. */
function open(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => (statSync(path).mode & 0o077) !== 0);
}

describeWith(['openssl'], 'the authority of a municipality', () => {
  it('issues keys on P-256 and certificates for clients, for two years, that nobody else may read', () => {
    const ca = authority();
    ca.run('issue', 'gw');
    ca.run('issue', 'reader.city');
    const { certificateFile, keyFile, caFile } = ca.of('gw');
    const told = openssl('x509', '-in', certificateFile, '-noout', '-text');
    expect(told).toMatch(/Subject: CN = gw\n/);
    expect(told).toMatch(/ASN1 OID: prime256v1/);
    expect(told).toMatch(/Extended Key Usage: \n\s+TLS Web Client Authentication\n/);
    expect(told).toMatch(/CA:FALSE/);
    expect(openssl('verify', '-CAfile', caFile, certificateFile)).toMatch(/: OK/);
    expect(belong(certificateFile, keyFile)).toBe(true);
    expect(serialOf(certificateFile)).toMatch(/^[0-9A-F]{30,40}$/);
    expect(serialOf(ca.of('reader.city').certificateFile)).not.toBe(serialOf(certificateFile));
    const ends = (days: number) =>
      spawnSync('openssl', ['x509', '-in', certificateFile, '-noout', '-checkend', `${days * DAY_SECONDS}`]).status;
    expect([ends(729), ends(731)]).toEqual([0, 1]);
    expect(open(ca.folder)).toEqual([]);
  });

  it.each([
    '',
    'GW',
    'a b',
    'a/b',
    '../gw',
    '-gw',
    'gw-',
    'gw.a',
    'gw+',
    '#',
    'reader.',
    'a\nb',
    'é',
    'x'.repeat(41),
    '/CN=gw',
  ])('refuses the name %j, wherever it is given', (name) => {
    const ca = authority();
    for (const command of ['issue', 'renew', 'revoke']) {
      expect(ca.try(command, name), command).toMatchObject({
        code: 1,
        text: expect.stringMatching(/is no gateway's id/),
      });
    }
    expect(readdirSync(join(ca.folder, 'issued'))).toEqual([]);
  });

  it('signs a request without ever seeing its key, and gives no rights that it asks for', () => {
    const ca = authority();
    const { csr, keyFile } = request('/O=Nobody/CN=gw');
    ca.run('sign', csr);
    const { certificateFile } = ca.of('gw');
    expect(belong(certificateFile, keyFile)).toBe(true);
    expect(openssl('x509', '-in', certificateFile, '-noout', '-subject').trim()).toBe('subject=CN = gw');
    expect(readdirSync(join(ca.folder, 'issued', 'gw')).sort()).toEqual(['ca.pem', 'gateway.pem']);

    const greedy = request('/CN=gw-b', { more: ['-addext', 'basicConstraints=critical,CA:TRUE'] });
    ca.run('sign', greedy.csr);
    expect(openssl('x509', '-in', ca.of('gw-b').certificateFile, '-noout', '-text')).not.toMatch(/CA:TRUE/);
  });

  it.each([
    ['of a name that may read everything', () => request('/CN=reader.city').csr, /is no gateway's id/],
    ['with two names', () => request('/CN=gw/CN=gw-b').csr, /is no gateway's id/],
    ['without a name', () => request('/O=gw').csr, /is no gateway's id/],
    [
      'with another kind of key',
      () => request('/O=ASN1 OID: prime256v1/CN=gw', { key: ['rsa:1024'] }).csr,
      /not EC P-256/,
    ],
    ['that was changed on its way', () => changed(request('/CN=gw').csr), /no intact request/],
    ['that is none', () => 'README.md', /no intact request/],
    ['that is not there', () => 'nowhere.csr', /there is no file/],
  ])('signs no request %s', (_, made, says) => {
    const ca = authority();
    expect(ca.try('sign', made())).toMatchObject({ code: 1, text: expect.stringMatching(says) });
    expect(readdirSync(join(ca.folder, 'issued'))).toEqual([]);
  });

  it('gives no second box the name of one that has a certificate, by neither way', () => {
    const ca = authority();
    ca.run('issue', 'gw');
    const taken = { code: 1, text: expect.stringMatching(/gw has a certificate already/) };
    expect(ca.try('issue', 'gw')).toMatchObject(taken);
    expect(ca.try('sign', request('/CN=gw').csr)).toMatchObject(taken);
    ca.run('revoke', 'gw');
    ca.run('issue', 'gw');
  });

  it('renews with a new key, or for a request of the same name; revoking ends every certificate of that name only', () => {
    const ca = authority();
    expect(ca.try('renew', 'gw')).toMatchObject({ code: 1, text: expect.stringMatching(/never was a certificate/) });
    for (const name of ['gw', 'gw-b']) ca.run('issue', name);
    const first = ca.copyOf('gw');
    ca.run('renew', 'gw');
    const second = ca.copyOf('gw');
    expect(readFileSync(second.keyFile)).not.toEqual(readFileSync(first.keyFile));
    const { csr, keyFile } = request('/CN=gw');
    expect(ca.try('renew', 'gw-b', csr)).toMatchObject({
      code: 1,
      text: expect.stringMatching(/is for gw, not for gw-b/),
    });
    ca.run('renew', 'gw', csr);
    const { certificateFile } = ca.of('gw');
    expect(belong(certificateFile, keyFile)).toBe(true);

    ca.run('revoke', 'gw');
    const all = [first.certificateFile, second.certificateFile, certificateFile].map(serialOf);
    expect(revokedBy(ca).sort()).toEqual(all.sort());
    ca.run('crl');
    expect(revokedBy(ca)).toHaveLength(3);
    expect(ca.try('revoke', 'gw')).toMatchObject({ code: 1, text: expect.stringMatching(/no valid certificate/) });
  });

  it.each([
    ['mqtt.heihoek.example', 'DNS:mqtt.heihoek.example'],
    ['10.1.2.3', 'IP Address:10.1.2.3'],
    ['fd00::1', 'IP Address:FD00:0:0:0:0:0:0:1'],
  ])('makes the broker a certificate for %s', (host, where) => {
    const ca = authority();
    ca.run('broker', host);
    const told = openssl('x509', '-in', join(ca.folder, 'broker/broker.pem'), '-noout', '-text');
    expect(told).toMatch(/TLS Web Server Authentication\n/);
    expect(told).toContain(`Subject Alternative Name: \n                ${where}\n`);
  });

  it('leaves an authority that is there as it is, and says where none is', () => {
    const ca = authority();
    const before = readFileSync(join(ca.folder, 'ca.pem'));
    expect(ca.try('init')).toMatchObject({ code: 1, text: expect.stringMatching(/exists already/) });
    expect(readFileSync(join(ca.folder, 'ca.pem'))).toEqual(before);
    const none = new MunicipalAuthority();
    for (const args of [['issue', 'gw'], ['crl'], ['sign', 'x.csr'], ['broker', 'a.example']]) {
      expect(none.try(...args)).toMatchObject({ code: 1, text: expect.stringMatching(/there is no authority/) });
    }
    expect(existsSync(none.folder)).toBe(false);
  });

  it.each(['issue', 'sign', 'init x', 'issue a b', '_'])('shows how it is used after %j', (line) => {
    const { code, text } = new MunicipalAuthority().try(...line.split(' '));
    expect({ code, text }).toEqual({ code: 2, text: expect.stringMatching(/^ca\.sh init /) });
  });
});

describeWith(['shellcheck'], 'its script', () => {
  it('is without fault by shellcheck', () => {
    expect(spawnSync('shellcheck', ['deploy/broker/ca.sh'], { encoding: 'utf8' }).stdout).toBe('');
  });
});

/** The request with another name in it than the one that was signed. */
function changed(csr: string): string {
  const der = execFileSync('openssl', ['req', '-in', csr, '-outform', 'DER']);
  der.write('gx', der.indexOf('gw'));
  const text = der.toString('base64').replace(/.{64}/g, '$&\n');
  writeFileSync(csr, `-----BEGIN CERTIFICATE REQUEST-----\n${text}\n-----END CERTIFICATE REQUEST-----\n`);
  return csr;
}
