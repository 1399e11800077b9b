import { useState } from 'react';

import { useTranscript } from '../../hooks/useSessionStores';
import { useStickToEnd } from '../../hooks/useStickToEnd';
import { useTexts } from '../../hooks/useTexts';
import { listed } from '../../logic/view';
import type { Filter } from '../../logic/view';
import { Icon } from '../parts/Icon';
import { AskBox } from './AskBox';
import { EntryRow } from './EntryRow';
import { ListTools } from './ListTools';

/** What was said, and a way to ask. */
export function Said() {
  const { entries } = useTranscript();
  const { said } = useTexts();
  const [filter, setFilter] = useState<Filter>('all');
  const [wanted, setWanted] = useState('');
  const rows = listed(entries, filter, wanted);
  const { ref, away, goThere } = useStickToEnd();
  const empty = filter === 'all' && wanted === '' ? said.empty : said.noMatch;
  return (
    <section className="said" aria-labelledby="said">
      <header>
        <h2 id="said">{said.heading}</h2>
        <ListTools
          rows={rows}
          filter={filter}
          choose={setFilter}
          wanted={wanted}
          want={setWanted}
        />
      </header>
      <div className="list">
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolled with the arrow keys */}
        <div ref={ref} role="log" aria-labelledby="said" tabIndex={0}>
          <div>
            {rows.length === 0 && <p className="empty">{empty}</p>}
            {rows.map((entry) => (
              <EntryRow key={`${entry.kind} ${entry.id}`} entry={entry} />
            ))}
          </div>
        </div>
        {away && (
          <button type="button" className="newest primary small" onClick={goThere}>
            <Icon name="down" />
            {said.newest}
          </button>
        )}
      </div>
      <AskBox />
    </section>
  );
}
