import type { ComponentChildren } from 'preact';

/** No brackets and no quotes: what stands around an address in a sentence is none of it. */
const ADDRESS = /https?:\/\/[^\s<>"'()]+[^\s<>"'().,;:!?]/g;

/** A text in which addresses can be followed; nothing else of it is anything but text. */
export function LinkedText({ text }: { text: string }): ComponentChildren {
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const { 0: address, index } of text.matchAll(ADDRESS)) {
    parts.push(
      text.slice(end, index),
      <a key={index} href={address} target="_blank" rel="noreferrer">
        {address}
      </a>,
    );
    end = index + address.length;
  }
  return [...parts, text.slice(end)];
}
