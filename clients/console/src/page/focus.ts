// Whoever uses the keyboard loses their place when what they have pressed goes away, unless they are led on.

/** As a `ref`: the element is where they go on as soon as it is there. */
export function focusWhenShown(element: HTMLElement | null): void {
  element?.focus();
}

export function focusHeading(): void {
  document.querySelector<HTMLElement>('h1')?.focus();
}
