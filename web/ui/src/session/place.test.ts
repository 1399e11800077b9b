import { expect, it } from 'vitest';

import { forgetIfCopied, keepCamera, keepPlace, keptPlace } from './place';

function storage(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as unknown as Storage;
}

it('keeps who this tab is in one room, over a reload and in no copy', () => {
  const mine = storage();
  expect(keptPlace('lobby', mine)).toBeUndefined();
  const place = { room: 'lobby', identity: 'viewer-1', token: 'a.b.c', camera: false };
  keepPlace(place, mine);
  forgetIfCopied('reload', mine);
  expect(keptPlace('lobby', mine)).toEqual(place);
  expect(keptPlace('attic', mine)).toBeUndefined();
  keepCamera(true, mine);
  expect(keptPlace('lobby', mine)).toEqual({ ...place, camera: true });
  forgetIfCopied('navigate', mine);
  expect(keptPlace('lobby', mine)).toBeUndefined();
});
