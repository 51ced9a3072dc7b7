import type { ComponentChildren } from 'preact';
import { readable } from './words.ts';

/** Any JSON, to be read: members as a list of names and values, money as one line. All of it is text. */
export function DataView({ value }: { value: unknown }): ComponentChildren {
  if (Array.isArray(value)) {
    if (value.length === 0) return 'none';
    return (
      <ol>
        {value.map((item, index) => (
          <li key={index}>
            <DataView value={item} />
          </li>
        ))}
      </ol>
    );
  }
  if (typeof value !== 'object' || value === null) return plain(value);
  if (isMoney(value)) return `${value.value} ${value.currency}`;
  const members = Object.entries(value);
  if (members.length === 0) return 'none';
  return (
    <dl>
      {members.map(([name, member]) => (
        <div key={name}>
          <dt>{readable(name)}</dt>
          <dd>
            <DataView value={member} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function plain(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (value === null) return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isMoney(value: object): value is { value: string; currency: string } {
  return (
    Object.keys(value).length === 2 &&
    'value' in value &&
    'currency' in value &&
    typeof value.value === 'string' &&
    typeof value.currency === 'string'
  );
}
