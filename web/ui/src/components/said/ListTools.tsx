import { useState } from 'react';

import { useTexts } from '../../hooks/useTexts';
import type { Entry } from '../../logic/entries';
import { exported, MEDIA_TYPES } from '../../logic/export';
import type { Format } from '../../logic/export';
import type { Filter } from '../../logic/view';
import { copyText } from '../../session/copyText';
import { Icon } from '../parts/Icon';
import { Menu } from '../parts/Menu';

const FORMATS: readonly (readonly [Format, string])[] = [
  ['txt', 'TXT'],
  ['json', 'JSON'],
  ['vtt', 'WebVTT'],
];

interface Props {
  readonly rows: readonly Entry[];
  readonly filter: Filter;
  readonly choose: (filter: Filter) => void;
  readonly wanted: string;
  readonly want: (words: string) => void;
}

/** Find something in the list, and take it along. */
export function ListTools({ rows, filter, choose, wanted, want }: Props) {
  const texts = useTexts();
  const { said } = texts;
  const [told, tell] = useState('');
  const copy = (): void => {
    copyText(exported(rows, 'txt', texts)).then(
      () => {
        tell(said.copied);
      },
      () => {
        tell(said.notCopied);
      },
    );
  };
  return (
    <>
      <input
        type="search"
        className="find"
        value={wanted}
        aria-label={said.search}
        placeholder={said.search}
        onChange={(event) => {
          want(event.target.value);
        }}
      />
      <Menu icon="filter" label={said.show}>
        {(Object.keys(said.filters) as Filter[]).map((one) => (
          <button
            key={one}
            type="button"
            className="tool"
            aria-pressed={one === filter}
            onClick={() => {
              choose(one);
            }}
          >
            {said.filters[one]}
          </button>
        ))}
      </Menu>
      <Menu icon="save" label={said.export}>
        <button type="button" className="tool" onClick={copy}>
          <Icon name="copy" />
          <span>{said.copy}</span>
        </button>
        {FORMATS.map(([format, name]) => (
          <button
            key={format}
            type="button"
            className="tool"
            onClick={() => {
              save(exported(rows, format, texts), format);
            }}
          >
            <Icon name="save" />
            <span>{said.save(name)}</span>
          </button>
        ))}
        <p className="hint" role="status">
          {told}
        </p>
      </Menu>
    </>
  );
}

function save(text: string, format: Format): void {
  const address = URL.createObjectURL(new Blob([text], { type: MEDIA_TYPES[format] }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `pressbox-${new Date().toISOString().slice(0, 16).replace(/\D/g, '')}.${format}`;
  link.click();
  URL.revokeObjectURL(address);
}
