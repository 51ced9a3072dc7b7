interface OpenApi {
  readonly apiId: string;
  readonly url: string;
  /** Plain, for this host. */
  readonly ownUrl: string;
}

/** Where an API of this machine is that is called `a1b2c3.execute-api.REGION.amazonaws.com` on AWS. */
export function urlOfApi(apis: readonly OpenApi[], apiEndpoint: string): string | undefined {
  const apiId = /^(\w+)\.execute-api\./v.exec(apiEndpoint)?.[1];
  // Whoever takes the name from the API's ApiEndpoint has that of this machine.
  return apis.find((api) => api.apiId === apiId || new URL(api.url).host === apiEndpoint)?.ownUrl;
}
