import { memo } from 'react';

import { useTexts } from '../../hooks/useTexts';
import type { Entry } from '../../logic/entries';
import { clockTime } from '../../logic/time';
import { heading, outcome } from '../../logic/view';

/** One of up to a thousand: drawn anew only when it is another one. */
export const EntryRow = memo(function EntryRow({ entry }: { readonly entry: Entry }) {
  const texts = useTexts();
  const head = heading(entry, texts);
  const state = 'state' in entry ? entry.state : 'final';
  return (
    <article
      className="row"
      data-kind={entry.kind}
      data-state={state}
      data-dropped={'dropped' in entry && entry.dropped !== ''}
    >
      <time dateTime={new Date(entry.at * 1000).toISOString()}>{clockTime(entry.at)}</time>
      <div>
        {head !== '' && <small className="head">{head}</small>}
        <p dir="auto">{entry.text.trim()}</p>
        <small className="outcome">{outcome(entry, texts)}</small>
      </div>
    </article>
  );
});
