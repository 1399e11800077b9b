import type { ReactNode, RefObject } from 'react';

import { useByHttp } from '../../hooks/useSessionStores';
import { useFullScreen } from '../../hooks/useFullScreen';
import { usePictureInPicture } from '../../hooks/usePictureInPicture';
import { useStore } from '../../hooks/useStore';
import { useTexts } from '../../hooks/useTexts';
import { useSession } from '../../session/session';
import { Icon } from '../parts/Icon';
import { CaptionMenu } from './CaptionMenu';
import { SoundMenu } from './SoundMenu';

interface Props {
  readonly show: RefObject<HTMLDivElement | null>;
  readonly children: ReactNode;
}

export function Toolbar({ show, children }: Props) {
  const { showing } = useSession();
  const { kind, opening } = useStore(showing);
  const { tools } = useTexts();
  const byHttp = useByHttp();
  const fullScreen = useFullScreen(show);
  const pictureInPicture = usePictureInPicture(show);
  const on = kind === 'camera';
  return (
    <div className="toolbar" role="group" aria-label={tools.label}>
      <button
        type="button"
        className="tool"
        data-named
        aria-pressed={on}
        aria-busy={opening}
        disabled={byHttp}
        onClick={() => {
          if (on) showing.stop();
          else void showing.camera();
        }}
      >
        <Icon name={on ? 'camera' : 'cameraOff'} />
        <span>{tools.camera}</span>
      </button>
      <SoundMenu />
      <CaptionMenu />
      {pictureInPicture && !byHttp && (
        <button
          type="button"
          className="tool"
          data-tool="picture-in-picture"
          onClick={pictureInPicture}
        >
          <Icon name="pictureInPicture" />
          <span>{tools.pictureInPicture}</span>
        </button>
      )}
      {fullScreen && (
        <button
          type="button"
          className="tool"
          data-tool="full-screen"
          aria-pressed={fullScreen.on}
          onClick={fullScreen.toggle}
        >
          <Icon name={fullScreen.on ? 'leaveFullScreen' : 'fullScreen'} />
          <span>{fullScreen.on ? tools.leaveFullScreen : tools.fullScreen}</span>
        </button>
      )}
      {children}
    </div>
  );
}
