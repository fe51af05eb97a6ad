import { X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { cardOf } from '../../state/modelCard';
import { setView } from '../../state/view';
import { IconButton } from '../controls/IconButton';
import { t } from '../strings/t';

type Json = null | string | number | boolean | Json[] | { [key: string]: Json };

/** A model's card as it stands in its file: purpose, data, figures with their commands, limits. */
export default function CardSheet({ modelId }: { modelId: string }) {
  const [card, setCard] = useState<{ [key: string]: Json } | null>(null);
  useEffect(() => {
    let live = true;
    void cardOf(modelId).then((found) => live && setCard((found?.card ?? {}) as { [key: string]: Json }));
    return () => {
      live = false;
    };
  }, [modelId]);
  const title = typeof card?.title === 'string' ? card.title : modelId;
  return (
    <section className="card-sheet" aria-label={t('card.title')}>
      <div className="help-head">
        <h2 className="grow cut" lang="en">{title}</h2>
        <span className="hint">{modelId}</span>
        <IconButton label={t('app.close')} icon={<X size={16} strokeWidth={1.5} />} onClick={() => setView({ card: null })} />
      </div>
      {/* A card is one file in one language, whatever the interface speaks. */}
      <div className="card-body" lang="en" tabIndex={0} role="group" aria-label={title}>
        {card &&
          Object.entries(card)
            .filter(([key]) => !['id', 'title'].includes(key))
            .map(([key, value]) => (
              <section key={key}>
                <h3>{words(key)}</h3>
                <Value value={value} />
              </section>
            ))}
      </div>
    </section>
  );
}

const words = (key: string) => {
  const spaced = key.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/_/g, ' ').toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
};

function text(value: Json): string {
  if (value === null) return '–';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : Number(value.toPrecision(4)).toString();
  if (Array.isArray(value)) {
    const [mean, low, high] = value;
    if (value.length === 3 && typeof mean === 'number') return low == null || high == null ? text(mean) : `${text(mean)} (${text(low)} to ${text(high)})`;
    return value.map(text).join(', ');
  }
  if (typeof value === 'object') return Object.entries(value).map(([k, v]) => `${words(k)}: ${text(v)}`).join('; ');
  return String(value);
}

function Value({ value }: { value: Json }) {
  if (Array.isArray(value) && value.length > 0 && value.every((v) => typeof v === 'object' && v !== null && !Array.isArray(v))) {
    const rows = value as { [key: string]: Json }[];
    if (rows.some((r) => Array.isArray(r.table))) return rows.map((r, i) => <Figure key={i} figure={r} />);
    return <Table rows={rows} />;
  }
  if (Array.isArray(value) && value.every((v) => typeof v === 'string')) {
    return (
      <ul className="small">
        {value.map((v, i) => (
          <li key={i}>{text(v)}</li>
        ))}
      </ul>
    );
  }
  return <p className="small">{text(value)}</p>;
}

function Figure({ figure }: { figure: { [key: string]: Json } }) {
  return (
    <div className="card-figure">
      <p>
        <strong>{text(figure.name ?? '')}</strong>
      </p>
      {figure.note && <p className="hint">{text(figure.note)}</p>}
      {figure.command && (
        <p className="hint">
          <code>{text(figure.command)}</code>
        </p>
      )}
      {Array.isArray(figure.table) ? <Table rows={figure.table as { [key: string]: Json }[]} /> : figure.value !== undefined && <p className="small">{text(figure.value)}</p>}
    </div>
  );
}

function Table({ rows }: { rows: { [key: string]: Json }[] }) {
  const columns = [...new Set(rows.flatMap((r) => Object.keys(r)))];
  return (
    <div className="card-table" tabIndex={0} role="group" aria-label={columns.map(words).join(', ')}>
      <table>
        <thead>
          <tr>
            {columns.map((c) => (
              <th key={c} scope="col">
                {words(c)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {columns.map((c) => (
                <td key={c}>{row[c] === undefined ? '' : text(row[c])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
