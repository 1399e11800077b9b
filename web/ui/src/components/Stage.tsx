import { useEffect, useRef } from 'react';

import { AskBox } from './AskBox';
import { Caption } from './Caption';
import { ConnectionNotice } from './ConnectionNotice';
import { Controls } from './Controls';
import { Picture } from './Picture';
import { Sources } from './Sources';
import { TopBar } from './TopBar';
import { TranscriptList } from './TranscriptList';

export function Stage() {
  const main = useRef<HTMLElement>(null);

  useEffect(() => {
    main.current?.focus({ preventScroll: true });
  }, []);

  return (
    <div className="stage">
      <TopBar />
      <ConnectionNotice />
      <main ref={main} tabIndex={-1} aria-label="The picture and the commentary">
        <div className="show">
          <Picture />
          <Caption />
          <Controls />
          <Sources />
        </div>
        <aside aria-label="What was said, and questions">
          <TranscriptList />
          <AskBox />
        </aside>
      </main>
    </div>
  );
}
