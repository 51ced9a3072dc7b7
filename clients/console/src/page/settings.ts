/** What the page is told beside itself, in `settings.json`: where the API is, and whom to sign in with. */
export interface Settings {
  /** Before the paths of the API; empty where it is at the page's own origin. */
  readonly api: string;
  /** Absent where the API asks nobody who they are. */
  readonly signIn?: {
    readonly issuer: string;
    readonly clientId: string;
    readonly scopes: readonly string[];
    /**
     * Where the issuer forgets the browser, in the form of Amazon Cognito's logout endpoint. Without it the next sign-in asks
     * the issuer to ask who it is, which Cognito's classic pages do not heed.
     */
    readonly signOutUrl?: string;
  };
  /**
   * What the machine that runs the app offers beside it, below `/_countersign/` of the page's own origin. Absent on AWS, and
   * where others can reach the machine.
   */
  readonly machine?: { readonly timeTravel: boolean };
}
