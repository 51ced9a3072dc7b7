export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * What a shell sources. It knows no command: at each Tab it asks `countersign complete` with the words up to the cursor, so
 * that there is one place that knows what can follow, for all shells and each version. The commands are commander's already;
 * a library for this would want to be told of them a second time.
 */
export const completionScripts: Readonly<Record<Shell, string>> = {
  // Without anything to offer, Bash offers files.
  bash: `_countersign() {
  local value about
  COMPREPLY=()
  while IFS=$'\\t' read -r value about; do
    COMPREPLY+=("$value")
  done < <(countersign complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _countersign countersign`,
  zsh: `#compdef countersign
_countersign() {
  local -a offers
  local value about
  while IFS=$'\\t' read -r value about; do
    offers+=("\${value//:/\\\\:}:$about")
  done < <(countersign complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#offers} )); then _describe countersign offers; else _files; fi
}
compdef _countersign countersign`,
  fish: `function __countersign_complete
  set -l before (commandline -opc)
  set -l current (commandline -ct)
  countersign complete -- $before[2..] "$current" 2>/dev/null
end
complete -c countersign -a '(__countersign_complete)'`,
};
