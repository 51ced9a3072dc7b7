/**
 * Remembers what was made of a text. Definitions come from strangers, so it forgets the oldest texts beyond a limit and does
 * not take long ones; what is not remembered is only made anew.
 */
export function rememberByText<T>(make: (text: string) => T): (text: string) => T {
  const made = new Map<string, T>();
  return (text) => {
    if (text.length > TEXT_LENGTH_MAX) return make(text);
    let value = made.get(text);
    if (value === undefined) {
      value = make(text);
      if (made.size >= TEXTS_MAX) made.delete(made.keys().next().value ?? '');
      made.set(text, value);
    }
    return value;
  };
}

const TEXTS_MAX = 5000;
const TEXT_LENGTH_MAX = 500;
