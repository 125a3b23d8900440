import { describe, expect, it } from 'vitest';
import { Masker } from '../../src/bundle/secrets.ts';
import { maskedYaml } from '../../src/bundle/yaml-text.ts';

const SECRET = 'Kanarie+9/geel';

function masked(text: string, ...secrets: readonly string[]): string {
  const masker = new Masker();
  for (const secret of secrets) masker.learn(secret);
  return masker.masked(text);
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a secret that is known', () => {
  it.each([
    ['plain', SECRET],
    ['in hexadecimal', Buffer.from(SECRET).toString('hex')],
    ['in large hexadecimal', Buffer.from(SECRET).toString('hex').toUpperCase()],
    ['in a URL', encodeURIComponent(SECRET)],
    ['in base64', base64(SECRET)],
    ['in base64 for URLs', Buffer.from(SECRET).toString('base64url')],
  ])('is taken out %s', (_what, form) => {
    expect(masked(`a ${form} b`, `${SECRET}\n`)).toBe('a ••• b');
  });

  it.each(['', 'a', 'ab', 'abc'])('is taken out of base64 with "%s" before it', (before) => {
    const own = masked(base64(`${before}${SECRET}:after`), SECRET);
    // What is left are signs that it shares with its neighbours.
    expect(Buffer.from(own.replaceAll('•', ''), 'base64').toString()).not.toMatch(/anarie|gee/);
    expect(own).toContain('•••');
  });

  it('is taken out line by line where it has several, and whole where it is a key', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\nByqGSM49AgEG\n-----END PRIVATE KEY-----\n';
    expect(masked('x ByqGSM49AgEG y', key)).toBe('x ••• y');
    expect(masked(`before ${key} after`)).toBe('before •••\n after');
  });

  it('leaves the rest as it is', () => {
    expect(masked('a=1 b', SECRET)).toBe('a=1 b');
    // Three letters stand in every other word.
    expect(masked('abcdef', 'abc')).toBe('abcdef');
  });
});

describe('what looks like a secret', () => {
  it.each([
    ['mqtt://gw:geheim@city.example:1883', 'mqtt://•••@city.example:1883'],
    ['password=geheim rest', 'password=••• rest'],
    ['"apiKey": "ge heim", "a": 1', '"apiKey": •••, "a": 1'],
    ['MQTT_TOKEN=geheim', 'MQTT_TOKEN=•••'],
    ['msg="{\\"password\\":\\"geheim\\",1}"', 'msg="{\\"password\\":•••,1}"'],
    ['Authorization: Bearer geheim rest', 'Authorization: ••• rest'],
  ])('%s', (text, without) => {
    expect(masked(text)).toBe(without);
  });

  it('is no path, and no word that only sounds like it', () => {
    for (const text of ['passwordFile: city.pass', 'keepalive: 60s', 'code=uplink-lost'])
      expect(masked(text)).toBe(text);
  });
});

describe('the text of a config', () => {
  const found: string[] = [];
  const yaml = (text: string) => maskedYaml(text, (secret) => found.push(secret));

  it.each([
    ['beside its key', 'a: 1\npassword: geheim1\nb: 2', 'a: 1\npassword: •••\nb: 2'],
    ['quoted', `'password' : "geheim2 # not"`, 'password: •••'],
    ['in braces', '{ url: x, password: geheim3, b: 1 }', '{ url: x, password: •••, b: 1 }'],
    ['in a block', 'k:\n  secret: |\n    geheim4\n\n    geheim5\n  b: 1', 'k:\n  secret: •••\n  b: 1'],
    ['in a list', 'tokens:\n- geheim6\n- geheim7\nb: 1', 'tokens: •••\nb: 1'],
    ['in a mapping', 'credentials:\n  user: geheim8\nb: 1', 'credentials: •••\nb: 1'],
    ['in a comment', 'a: 1 # geheim9\n# geheim10\nb: "#1"', 'a: 1 \n\nb: "#1"'],
  ])('holds none %s', (_what, text, without) => {
    expect(yaml(text)).toBe(without);
  });

  it('tells of each value, so that it can be looked for elsewhere', () => {
    const values = ['geheim1', 'geheim2 # not', 'geheim3', 'geheim4', 'geheim5', 'geheim6', 'geheim7', 'geheim8'];
    expect(found.filter(Boolean)).toEqual([...values.slice(0, 3), '|', ...values.slice(3)]);
  });

  it('stays as it is where it holds none', () => {
    const text = "uplinks:\n  city: { url: mqtts://a:8883, passwordFile: city.pass } \nb: it's # 5";
    expect(yaml(text)).toBe(text.replace('# 5', ''));
  });
});
