import { useStore } from '../../hooks/useStore';
import { useTexts } from '../../hooks/useTexts';
import { prefer, preferences } from '../../session/preferences';
import type { Preferences } from '../../session/preferences';
import { Check } from '../parts/Check';
import { Icon } from '../parts/Icon';
import { Menu } from '../parts/Menu';

export function SoundMenu() {
  const { tools } = useTexts();
  const liked = useStore(preferences);
  const silent = liked.voiceMuted || liked.voiceVolume === 0;
  return (
    <Menu icon={silent ? 'soundOff' : 'sound'} label={tools.sound}>
      <Volume name={tools.voice} volume="voiceVolume" muted="voiceMuted" />
      <Volume name={tools.source} volume="sourceVolume" muted="sourceMuted" />
      <Check
        label={tools.ducking}
        checked={liked.ducking}
        set={(ducking) => {
          prefer({ ducking });
        }}
      />
    </Menu>
  );
}

interface Props {
  readonly name: string;
  readonly volume: 'voiceVolume' | 'sourceVolume';
  readonly muted: 'voiceMuted' | 'sourceMuted';
}

function Volume({ name, volume, muted }: Props) {
  const { tools } = useTexts();
  const liked: Preferences = useStore(preferences);
  const percent = Math.round(liked[volume] * 100);
  return (
    <div className="volume">
      <button
        type="button"
        className="tool"
        aria-pressed={liked[muted]}
        aria-label={tools.mute(name)}
        onClick={() => {
          prefer({ [muted]: !liked[muted] });
        }}
      >
        <Icon name={liked[muted] ? 'soundOff' : 'sound'} />
      </button>
      <label className="field">
        <span>{name}</span>
        <input
          type="range"
          min={0}
          max={100}
          step={5}
          value={percent}
          aria-label={tools.volume(name)}
          aria-valuetext={tools.percent(percent)}
          onChange={(event) => {
            prefer({ [volume]: Number(event.target.value) / 100, [muted]: false });
          }}
        />
      </label>
    </div>
  );
}
