import type { SyncSample } from '../../sync/meter';

const [WIDTH, HEIGHT] = [300, 72];
/** Seconds above and below which a point stays at the edge, and where words and picture agree. */
const [EDGE, EARLY, LATE] = [0.15, 0.04, -0.06];
const SHOWN = 60;

const y = (error: number): number =>
  HEIGHT / 2 - (Math.max(-EDGE, Math.min(EDGE, error)) / EDGE) * (HEIGHT / 2 - 3);

interface Props {
  readonly samples: readonly SyncSample[];
  readonly label: string;
}

/** The last errors, and the band in which nobody notices any. */
export function SyncChart({ samples, label }: Props) {
  const shown = samples.slice(-SHOWN);
  if (shown.length === 0) return null;
  const points = shown.map(({ error }, index) => {
    const x = ((index + SHOWN - shown.length + 0.5) / SHOWN) * WIDTH;
    return [x, y(error)] as const;
  });
  return (
    <svg className="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <rect x="0" y={y(EARLY)} width={WIDTH} height={y(LATE) - y(EARLY)} />
      <line x1="0" x2={WIDTH} y1={y(0)} y2={y(0)} />
      <polyline points={points.map((point) => point.join(',')).join(' ')} />
      {points.map(([cx, cy]) => (
        <circle key={cx} cx={cx} cy={cy} r="2.2" />
      ))}
    </svg>
  );
}
