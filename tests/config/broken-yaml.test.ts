import { describe, expect, it } from 'vitest';
import { complaints, parsed } from './told.ts';

/** Each row: what is wrong, the YAML, and all that must be told of it: `line:column key | message | hint`. */
const table: readonly (readonly [string, string, ...string[]])[] = [
  [
    'a tab for indentation',
    `gateway:
\tid: village
\towner: heihoek`,
    '2:1 | a tab where spaces should be | indent with spaces; YAML does not allow tabs there',
    '3:1 | a tab where spaces should be | indent with spaces; YAML does not allow tabs there',
  ],
  [
    'a key twice',
    `gateway: { id: village, owner: heihoek }
buses: {}
buses: {}`,
    '3:1 | this key stands above already | rename or remove one of the two',
  ],
  [
    'a quote that is not closed',
    `gateway:
  id: 'village
  owner: heihoek`,
    '2:7 | this quote is not closed | write the same quote at the end of the text',
  ],
  [
    'a bracket that is not closed',
    `gateway: { id: village, owner: heihoek
buses: {}`,
    '2:1 | this begins in the wrong column | keys of one level begin in one column; close brackets',
  ],
  [
    'a quote that is closed where nobody meant it',
    `gateway: { id: "village, owner: heihoek }
buses: {}`,
    '1:16 | this quote is not closed | write the same quote at the end of the text',
  ],
  [
    'a comma left out',
    `gateway: { id: village, owner: heihoek }
buses: { hall: { kind: i2c path: /dev/i2c-1 } }`,
    '2:24 | a comma is missing before this, or a bracket above is left open | inside { } and [ ] a comma stands between one thing and the next',
  ],
  [
    'keys of one level in two columns',
    `gateway:
  id: village
   owner: heihoek`,
    '2:7 | a key where none can be, here or in the next line | keys of one level begin in the same column; a text with ": " in it needs quotes',
  ],
  [
    'no space behind a colon',
    `gateway:
  id:village
  owner: heihoek`,
    '2:3 | a line without "key: value" | write a colon and a space behind the key',
  ],
  [
    'two documents',
    `gateway: { id: village, owner: heihoek }
---
buses: {}`,
    '2:1 | a second document begins here | remove the line with ---',
  ],
  [
    'an alias of nothing',
    `gateway: { id: village, owner: heihoek }
devices:
  air: *shared`,
    '3:8 | nothing above is marked &shared | mark what is meant with & before *, or put a text that begins with * in quotes',
  ],
  [
    'a merge of something that is no map',
    `gateway: { id: village, owner: heihoek }
devices:
  air: { <<: 5 }`,
    '1:1 | Merge sources must be maps or map aliases | write it out without aliases',
  ],
  ['an empty file', '', '1:1 | the file is empty | config/gateway.example.yaml shows every key'],
  [
    'nothing but comments',
    `# later
`,
    '1:1 | the file is empty | config/gateway.example.yaml shows every key',
  ],
  [
    'a list',
    `- gateway
- buses`,
    '1:1 | the file should be keys with values: gateway, buses, devices, uplinks | config/gateway.example.yaml shows every key',
  ],
  [
    'a text',
    'gateway',
    '1:1 | the file should be keys with values: gateway, buses, devices, uplinks | config/gateway.example.yaml shows every key',
  ],
  [
    'a file in another encoding',
    'gateway: { id: village, owner: heihoek } # caf�',
    '1:47 | the file is not in UTF-8 | save it as UTF-8; an editor may call that "Unicode (UTF-8)"',
  ],
];

describe('a config is refused for YAML that is none', () => {
  it.each(table)('%s', (_, yaml, ...told) => {
    expect(complaints(() => parsed(yaml))).toEqual(told);
  });
});
