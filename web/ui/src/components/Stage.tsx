import { useEffect, useRef, useState } from 'react';

import { usePlayedSounds } from '../hooks/usePlayedSounds';
import { useShortcuts } from '../hooks/useShortcuts';
import { useWakeLock } from '../hooks/useWakeLock';
import { Show } from './picture/Show';
import { Said } from './said/Said';
import { SettingsPanel } from './settings/SettingsPanel';
import { SourcePanel } from './source/SourcePanel';
import { Tabs } from './Tabs';
import type { Tab } from './Tabs';
import { TopBar } from './TopBar';

export function Stage() {
  const main = useRef<HTMLElement>(null);
  const [tab, setTab] = useState<Tab>('said');
  usePlayedSounds();
  useWakeLock();
  useShortcuts(setTab);

  useEffect(() => {
    main.current?.focus({ preventScroll: true });
  }, []);

  return (
    <div className="stage">
      <TopBar />
      <main ref={main} tabIndex={-1}>
        <Show choose={setTab} />
        <Tabs tab={tab} choose={setTab}>
          {tab === 'said' && <Said />}
          {tab === 'source' && <SourcePanel />}
          {tab === 'settings' && <SettingsPanel />}
        </Tabs>
      </main>
    </div>
  );
}
