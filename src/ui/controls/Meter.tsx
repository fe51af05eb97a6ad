interface MeterProps {
  label: string;
  value: number | null;
  /** A ring for a second value: before data consistency. */
  before?: number | null;
  /** Ends of the three zones: low up to [0], check up to [1], high up to [2]. */
  zones: readonly [number, number, number];
  words: readonly [low: string, check: string, high: string];
}

export const zoneOf = (value: number, zones: MeterProps['zones']): 0 | 1 | 2 => (value < zones[0] ? 0 : value < zones[1] ? 1 : 2);

/** Three grey zones with words under them; only the marker takes colour. */
export function Meter({ label, value, before, zones, words }: MeterProps) {
  const max = zones[2];
  const place = (v: number) => `${(Math.min(max, Math.max(0, v)) / max) * 100}%`;
  const zone = value === null ? null : zoneOf(value, zones);
  return (
    <div
      className="meter"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max}
      aria-valuenow={value === null ? 0 : Math.min(max, Number(value.toFixed(2)))}
      aria-valuetext={zone === null || value === null ? '–' : `${value.toFixed(1)}, ${words[zone]}`}
    >
      <div className="bar" style={{ gridTemplateColumns: `${zones[0]}fr ${zones[1] - zones[0]}fr ${zones[2] - zones[1]}fr` }}>
        <span className="zone" />
        <span className="zone" />
        <span className="zone" />
        {before != null && <span className="ring" style={{ left: place(before) }} />}
        {value !== null && <span className={`mark ${['', 'check', 'high'][zone ?? 0]}`} style={{ left: place(value) }} />}
      </div>
      <div className="words" aria-hidden="true">
        <span>0</span>
        <span className={zone === 0 ? 'here' : ''}>{words[0]}</span>
        <span>{zones[0]}</span>
        <span className={zone === 1 ? 'here' : ''}>{words[1]}</span>
        <span>{zones[1]}</span>
        <span className={zone === 2 ? 'here' : ''}>{words[2]}</span>
        <span>{zones[2]}</span>
      </div>
    </div>
  );
}
