import { useTalk } from '../../hooks/useTalk';
import { useByHttp, usePhase } from '../../hooks/useSessionStores';
import { useTexts } from '../../hooks/useTexts';
import { Icon } from '../parts/Icon';

/** Held to ask aloud: with a finger, the mouse, or the space bar. */
export function TalkButton() {
  const { ask } = useTexts();
  const byHttp = useByHttp();
  const live = usePhase().name === 'live';
  const { held, error, hold, letGo } = useTalk();
  if (byHttp) return null;
  return (
    <>
      <button
        type="button"
        className="talk tool"
        aria-pressed={held}
        aria-label={held ? ask.talking : ask.talk}
        title={`${ask.talk}, ${ask.talkHint}`}
        disabled={!live}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          hold();
        }}
        onPointerUp={letGo}
        onPointerCancel={letGo}
        onBlur={letGo}
        onContextMenu={(event) => {
          event.preventDefault(); // what a long press opens on a phone
        }}
        onKeyDown={(event) => {
          if ((event.key === ' ' || event.key === 'Enter') && !event.repeat) hold();
        }}
        onKeyUp={(event) => {
          if (event.key === ' ' || event.key === 'Enter') letGo();
        }}
      >
        <Icon name="microphone" />
      </button>
      <p className="talk-state" role="status" data-bad={error !== ''}>
        {held ? ask.talking : error}
      </p>
    </>
  );
}
