import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { register } from '../drivers/index.ts';
import { loadConversations } from '../src/config/conversations.ts';
import type { Conversation } from '../src/hal/replay/conversation.ts';
import { isAsWritten, type Replayed, replayed } from '../src/hal/replay/replaying.ts';
import { quantityNames } from '../src/model/quantity.ts';
import { drivers } from './support/every-driver.ts';

const folder = (part: string) => new URL(`../drivers/${part}/`, import.meta.url);

const vectorsOf = async (driver: string) => {
  const file = fileURLToPath(new URL('vectors.yaml', folder(driver)));
  const played = await loadConversations(file, { register, driver, secrets: {} });
  return played.map((one) => ({ name: one.conversation.name, ...one }));
};

it('the register has every folder of drivers/, each under the name that its driver has', () => {
  const folders = readdirSync(new URL('../drivers/', import.meta.url), { withFileTypes: true });
  const names = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(Object.keys(register).toSorted()).toEqual(names.toSorted());
  expect(drivers.map(({ driver }) => driver.part)).toEqual(Object.keys(register));
});

describe.each(drivers.map(({ driver }) => driver))('$part', async (driver) => {
  const vectors = await vectorsOf(driver.part);

  it.each(vectors)('vector: $name', async ({ conversation, options }) => {
    const parts: Replayed[] = [];
    for await (const part of replayed(driver, conversation, options)) parts.push(part);
    for (const part of parts) if (!isAsWritten(part)) expect(part.now, part.what).toEqual(part.written);
    expect(
      parts.some(({ written }) => written),
      'something to compare',
    ).toBe(true);
  });

  it('has vectors that say where they come from, and shows a fault', () => {
    expect(vectors.length).toBeGreaterThanOrEqual(2);
    for (const { conversation, name } of vectors) expect(conversation.origin, name).toMatch(/\w{4}/);
    const showsFault = ({ error, expect }: Conversation) => error ?? JSON.stringify(expect).includes('fault');
    expect(vectors.some(({ conversation }) => showsFault(conversation))).toBe(true);
  });

  it('has a README whose table of quantities is the driver’s', () => {
    const readme = readFileSync(new URL('README.md', folder(driver.part)), 'utf8');
    const section = readme.split(/^## /m).find((part) => part.startsWith('Quantities')) ?? '';
    const named = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    // A driver of whatever its config describes has no table of its own.
    if (driver.measures === quantityNames) expect(section).toContain('Any quantity of `src/model/quantity.ts`');
    else expect(named.toSorted()).toEqual(driver.measures.toSorted());
    for (const heading of ['Wiring', 'Options', 'Quantities', 'Quirks', 'Datasheet']) {
      expect(readme).toContain(`## ${heading}`);
    }
  });
});
