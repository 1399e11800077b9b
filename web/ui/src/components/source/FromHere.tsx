import { useCameras } from '../../hooks/useCameras';
import { useStore } from '../../hooks/useStore';
import { useTexts } from '../../hooks/useTexts';
import { useSession } from '../../session/session';
import { canCaptureFile } from '../../showing/capture';
import { Icon } from '../parts/Icon';
import { Select } from '../parts/Select';
import { SelfView } from './SelfView';

/** A camera, a screen or a film of this device. */
export function FromHere() {
  const { showing } = useSession();
  const { kind, label, opening, video } = useStore(showing);
  const { source } = useTexts();
  const cameras = useCameras(kind === 'camera');
  const facing = video?.getSettings().facingMode;
  // An insecure page has no devices, a phone no screens.
  const { mediaDevices } = navigator as { mediaDevices?: Partial<MediaDevices> };
  const screens = mediaDevices?.getDisplayMedia !== undefined;
  return (
    <section>
      <h2>{source.here}</h2>
      <div className="choices">
        <button
          type="button"
          className="tool"
          aria-pressed={kind === 'camera'}
          onClick={() => void showing.camera()}
        >
          <Icon name="camera" />
          <span>{source.camera}</span>
        </button>
        {screens && (
          <button
            type="button"
            className="tool"
            aria-pressed={kind === 'screen'}
            onClick={() => void showing.screen()}
          >
            <Icon name="screen" />
            <span>{source.screen}</span>
          </button>
        )}
        {canCaptureFile() && (
          <label className="tool file" data-on={kind === 'file'}>
            <Icon name="file" />
            <span>{source.file}</span>
            <input
              type="file"
              accept="video/*"
              onChange={({ target }) => {
                const [film] = target.files ?? [];
                if (film) void showing.film(film);
                target.value = ''; // the same one may be chosen again
              }}
            />
          </label>
        )}
      </div>
      <p className="hint" role="status">
        {opening
          ? source.opening
          : kind === undefined
            ? ''
            : kind === 'file'
              ? source.showing.file(label)
              : source.showing[kind]}
      </p>
      {video && (
        <div className="mine">
          <SelfView video={video} label={source.you} />
          <div className="choices">
            {kind === 'camera' && cameras.length > 1 && (
              <Select
                label={source.which}
                value={video.getSettings().deviceId ?? ''}
                options={cameras.map((one, index) => [
                  one.deviceId,
                  one.label === '' ? source.cameraNumber(index + 1) : one.label,
                ])}
                choose={(deviceId) => void showing.camera({ deviceId })}
              />
            )}
            {kind === 'camera' && facing !== undefined && (
              <button
                type="button"
                className="tool"
                onClick={() => {
                  const other = facing === 'environment' ? 'user' : 'environment';
                  void showing.camera({ facing: other });
                }}
              >
                <Icon name="flip" />
                <span>{source.flip}</span>
              </button>
            )}
            <button
              type="button"
              className="tool"
              onClick={() => {
                showing.stop();
              }}
            >
              <Icon name="cameraOff" />
              <span>{source.stop}</span>
            </button>
          </div>
        </div>
      )}
    </section>
  );
}
