/** What went wrong, told at once also to those who hear the page; nothing where nothing did. */
export function Fault({ text }: { text: string | undefined }) {
  if (text === undefined || text === '') return null;
  return (
    <p class="wrong" role="alert">
      {text}
    </p>
  );
}
