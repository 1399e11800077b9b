import { useId } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';

import { useTexts } from '../hooks/useTexts';

const TABS = ['said', 'source', 'settings'] as const;
export type Tab = (typeof TABS)[number];

interface Props {
  readonly tab: Tab;
  readonly choose: (tab: Tab) => void;
  readonly children: ReactNode;
}

/** Panels beside the picture, of which one is open: the picture keeps its size. */
export function Tabs({ tab, choose, children }: Props) {
  const { tabs } = useTexts();
  const id = useId();
  const move = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length];
    if (step === 0 || next === undefined) return;
    choose(next);
    document.getElementById(`${id}${next}`)?.focus();
  };
  return (
    <aside className="panels" aria-label={tabs.label}>
      <div className="tabs" role="tablist" aria-label={tabs.label}>
        {TABS.map((one) => (
          <button
            key={one}
            id={`${id}${one}`}
            type="button"
            role="tab"
            aria-selected={one === tab}
            aria-controls={`${id}panel`}
            tabIndex={one === tab ? 0 : -1}
            onKeyDown={move}
            onClick={() => {
              choose(one);
            }}
          >
            {tabs[one]}
          </button>
        ))}
      </div>
      <div id={`${id}panel`} className="panel" role="tabpanel" aria-labelledby={`${id}${tab}`}>
        {children}
      </div>
    </aside>
  );
}
