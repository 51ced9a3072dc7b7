import type { Place } from './address.ts';
import type { Settings } from './settings.ts';

interface Link {
  readonly href: string;
  readonly label: string;
  /** The pages that belong under it. */
  readonly pages: readonly Place['page'][];
}

const EVERYWHERE: readonly Link[] = [{ href: '#/', label: 'Inbox', pages: ['inbox', 'order'] }];

/** What only the machine offers that runs the app. */
const OF_MACHINE: readonly Link[] = [
  { href: '#/machines', label: 'Workflows', pages: ['machines', 'machine', 'execution', 'map-run'] },
  { href: '#/tasks', label: 'Tasks', pages: ['tasks'] },
  { href: '#/time', label: 'Time', pages: ['time'] },
  { href: '#/outbox', label: 'Outbox', pages: ['outbox', 'mail'] },
  { href: '#/log', label: 'Log', pages: ['log'] },
];

function linksFor({ machine }: Settings): readonly Link[] {
  if (machine === undefined) return EVERYWHERE;
  return [...EVERYWHERE, ...OF_MACHINE.filter(({ href }) => href !== '#/time' || machine.timeTravel)];
}

export function Nav({ settings, at }: { settings: Settings; at: Place }) {
  const links = linksFor(settings);
  if (links.length < 2) return null;
  return (
    <nav aria-label="Pages">
      {links.map(({ href, label, pages }) => (
        <a key={href} href={href} {...(pages.includes(at.page) && { 'aria-current': 'page' })}>
          {label}
        </a>
      ))}
    </nav>
  );
}
