import { useRef, useState } from 'react';

import { useBooth, useByHttp, usePhase } from '../../hooks/useSessionStores';
import { useBoothTrack } from '../../hooks/useBoothTrack';
import { useStore } from '../../hooks/useStore';
import { useTexts } from '../../hooks/useTexts';
import { delayLabel } from '../../logic/report';
import { preferences } from '../../session/preferences';
import { Notices } from '../Notices';
import type { Tab } from '../Tabs';
import { Caption } from './Caption';
import { DelayedVideo } from './DelayedVideo';
import { HttpPicture } from './HttpPicture';
import { Toolbar } from './Toolbar';

interface Props {
  readonly choose: (tab: Tab) => void;
}

/** The delayed picture, the words that belong to it, and what one can do with both. */
export function Show({ choose }: Props) {
  const track = useBoothTrack('delayed');
  const byHttp = useByHttp();
  const texts = useTexts();
  const { status } = useBooth();
  const { captionPlace, captionSize } = useStore(preferences);
  const show = useRef<HTMLDivElement>(null);
  const [ratio, setRatio] = useState(16 / 9);
  const delay = status?.delay;
  return (
    <div
      ref={show}
      className="show"
      data-caption={captionPlace}
      data-size={captionSize}
      data-upright={ratio < 1}
      style={{ '--ratio': ratio }}
    >
      <figure className="picture">
        {byHttp ? (
          <HttpPicture shape={setRatio} />
        ) : track ? (
          <DelayedVideo key={track.sid} track={track} shape={setRatio} />
        ) : (
          <Placeholder choose={choose} />
        )}
      </figure>
      <Notices />
      <Caption />
      <Toolbar show={show}>
        <p className="delay" data-testid="delay">
          {(track || byHttp) && delay !== undefined ? delayLabel(delay, texts) : ''}
        </p>
      </Toolbar>
    </div>
  );
}

function Placeholder({ choose }: Props) {
  const { picture } = useTexts();
  const live = usePhase().name === 'live';
  const nothing = useBooth().status?.source === '';
  if (!live || !nothing) {
    return <p className="curtain">{live ? picture.place : picture.offline}</p>;
  }
  return (
    <div className="curtain">
      <p>{picture.nothing}</p>
      <button
        type="button"
        className="quiet"
        onClick={() => {
          choose('source');
        }}
      >
        {picture.choose}
      </button>
    </div>
  );
}
