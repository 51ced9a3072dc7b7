/** Where mails to people and groups go. */
export interface Addresses {
  /** By person; one who looks like an address needs none. */
  readonly people: Readonly<Record<string, string>>;
  readonly groups: Readonly<Record<string, string>>;
}

export function addressOfPerson({ people }: Addresses, person: string): string | undefined {
  if (Object.hasOwn(people, person)) return people[person];
  return isAddress(person) ? person : undefined;
}

export function addressOfGroup({ groups }: Addresses, group: string): string | undefined {
  return Object.hasOwn(groups, group) ? groups[group] : undefined;
}

/** Plain enough to be one and no more than one; whether it exists, the mail will tell. */
export function isAddress(text: string): boolean {
  return text.length <= 254 && /^[^\s@<>\(\)\[\]\\,;:"]+@[a-z0-9\-]+(\.[a-z0-9\-]+)+$/iv.test(text);
}
