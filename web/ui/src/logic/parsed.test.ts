import { expect, it } from 'vitest';

import { parseChoices } from './choices';
import { parseEngine } from './engine';
import { parseRules, ruleFrom } from './rules';
import { parsePreferences } from '../session/preferences';

it('reads rules in words, and names new ones as a name may be', () => {
  const rules = parseRules({
    rules: [
      { name: 'gate', when: 'the gate opens', enabled: false, last_hit: 7 },
      { name: 'visitor', if: { appears: 'person', region: [0, 0, 1, 1], motion: null } },
      'nonsense',
    ],
  });
  expect(rules).toMatchObject([
    { when: 'the gate opens', enabled: false, lastHit: 7 },
    { when: 'appears person', enabled: true, lastHit: 0 },
  ]);
  expect(ruleFrom('the "gate" opens!', rules)['name']).toBe('the gate opens');
  expect(ruleFrom('Gate', rules)['name']).toBe('Gate 2');
});

it('reads what may be chosen, and leaves nonsense out', () => {
  const found = parseChoices({
    profiles: [{ name: 'match', about: 'Sport.', questions: ['Who leads?', 7] }, null],
    presets: 'none',
    languages: [{ tag: 'de', name: 'Deutsch' }],
  });
  expect(found.profiles).toEqual([{ name: 'match', about: 'Sport.', questions: ['Who leads?'] }]);
  expect(found.presets).toEqual([]);
  expect(found.languages).toEqual([['de', 'Deutsch']]);
});

it('reads the figures of an engine that tells some of them', () => {
  const gpu = [{ name: 'H200', memory_used: 20 * 2 ** 30, memory_total: 140 * 2 ** 30 }];
  expect(parseEngine({ model: 'm', queue: 0, first_sound: null, gpu })).toEqual({
    model: 'm',
    queue: 0,
    firstSound: undefined,
    tokens: undefined,
    memory: '20.0 / 140 GiB',
  });
});

it('keeps no preference that makes no sense', () => {
  const kept = '{"captionSize":"huge","voiceVolume":"1","captionPlace":"over","other":1}';
  expect(parsePreferences(kept)).toEqual({ ...parsePreferences(''), captionPlace: 'over' });
  expect(parsePreferences('[')).toEqual(parsePreferences(''));
});
